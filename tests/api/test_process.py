"""`readstone serve` as a process: greeting, first key, stop on SIGTERM, a configuration that cannot be used."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import requests

from pictures import drawn, encoded
from serving import KEY, server_process


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **environ}
    return subprocess.run(
        [sys.executable, "-m", "readstone", *arguments], env=environment, capture_output=True, text=True, timeout=60
    )


def test_first_start_prints_a_key_and_a_curl_line_that_works(tmp_path: Path) -> None:
    with server_process(tmp_path, {"READSTONE_KEYS": ""}) as server:
        assert server.process
        assert server.process.stdout
        greeting = [server.process.stdout.readline() for _ in range(3)]
        key = re.match(r"Key: ([0-9a-f]{32}) ", greeting[0])
        assert key, greeting
        curl = greeting[2].strip()
        assert curl.startswith("curl ")
        # The line's own words, sent without needing curl on the machine.
        words = shlex.split(curl)
        sample = requests.get(words[words.index("|") - 1], timeout=30).content
        answer = requests.post(words[-1], data=sample, headers=_headers(words), timeout=60)
        assert answer.status_code == 200
        text = [w["text"] for r in answer.json()["regions"] for line in r["lines"] for w in line["words"]]
        assert "READSTONE" in text
    with server_process(tmp_path, {"READSTONE_KEYS": ""}) as server:  # the key is not shown again, and still works
        assert server.process
        assert server.process.stdout
        assert key[1] not in "".join(server.process.stdout.readline() for _ in range(3))
        headers = {"Ocp-Apim-Subscription-Key": key[1]}
        assert requests.post(f"{server.url}/sts/v1.0/issueToken", headers=headers, timeout=30).status_code == 200
        assert key[1] not in (tmp_path / "server.log").read_text()


def _headers(words: list[str]) -> dict[str, str]:
    pairs = [words[i + 1].split(": ", 1) for i, word in enumerate(words) if word == "-H"]
    return dict((name, value) for name, value in pairs)  # noqa: C402 - pairs are lists


def test_sigterm_finishes_what_is_in_flight(tmp_path: Path) -> None:
    page = encoded(
        drawn([f"line {n} of a page that takes a while" for n in range(40)], size=(1600, 2200), font_size=36)
    )
    with server_process(tmp_path) as server:
        assert server.process
        where = urlsplit(server.url)
        with socket.create_connection((where.hostname or "", where.port or 0), 60) as client:
            client.sendall(
                f"POST /vision/v3.2/ocr HTTP/1.1\r\nHost: x\r\nOcp-Apim-Subscription-Key: {KEY}\r\n"
                f"Content-Type: application/octet-stream\r\nContent-Length: {len(page)}\r\n\r\n".encode()
                + page
            )
            time.sleep(0.2)  # it is being read by now
            stopped = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            said = b""
            while chunk := client.recv(65536):
                said += chunk
        assert said.startswith(b"HTTP/1.1 200 ")
        assert said.count(b'"text":') > 100
        server.process.wait(30)
        assert time.monotonic() - stopped < 30


def test_all_faults_at_once_and_exit_2() -> None:
    done = run("serve", "--port", "x", "--auth", "nobody", READSTONE_WORKERS="0")
    assert done.returncode == 2
    for name in ("READSTONE_PORT", "READSTONE_AUTH", "READSTONE_WORKERS"):
        assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor(tmp_path: Path) -> None:
    done = run("doctor", READSTONE_DATA_DIR=str(tmp_path), READSTONE_KEYS=KEY)
    assert done.returncode == 0, done.stdout
    assert KEY not in done.stdout
    for expected in ("READSTONE_PORT", "READSTONE_FETCH_ALLOW", "text-detector", "Apache-2.0", "Nothing is wrong."):
        assert expected in done.stdout
    wrong = run("doctor", READSTONE_DATA_DIR=str(tmp_path), READSTONE_PROT="1", READSTONE_KEYS=KEY)
    assert wrong.returncode == 1
    assert "READSTONE_PROT is set" in wrong.stdout


def test_keys_command(tmp_path: Path) -> None:
    made = run("keys", "create", "for the test", "--data-dir", str(tmp_path))
    assert re.fullmatch(r"[0-9a-f]{32}\n", made.stdout)
    listed = run("keys", "list", "--data-dir", str(tmp_path)).stdout
    assert "for the test" in listed
    assert made.stdout.strip() not in listed
    key_id = listed.split()[0]
    assert run("keys", "revoke", key_id, "--data-dir", str(tmp_path)).returncode == 0
    assert run("keys", "revoke", key_id, "--data-dir", str(tmp_path)).returncode == 1


def test_models_command() -> None:
    done = run("models", "verify")
    assert done.returncode == 0
    assert done.stdout.count("intact") >= 2
