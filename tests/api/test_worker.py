"""`readstone worker` as a process: probes, warm start, the end by SIGTERM, what it says when it cannot start."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from chaos.numbered import document, said
from echo_processes import ENDLESS
from serving import KEY
from topology import REAL, SECRET, Topology

KEYED = {"Ocp-Apim-Subscription-Key": KEY}
BYTES = {**KEYED, "Content-Type": "application/octet-stream"}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Topology]:
    """Processes of one machine over the embedded store."""
    made = Topology(tmp_path, {})
    yield made
    made.close()


def submit(url: str, data: bytes) -> str:
    answer = requests.post(f"{url}/vision/v3.2/read/analyze", data=data, headers=BYTES, timeout=30)
    assert answer.status_code == 202, answer.text
    return answer.headers["Operation-Location"].rpartition("/")[2]


def result(url: str, operation_id: str, seconds: float = 60) -> dict[str, object]:
    deadline = time.monotonic() + seconds
    while True:
        answer = requests.get(f"{url}/vision/v3.2/read/analyzeResults/{operation_id}", headers=KEYED, timeout=30)
        assert answer.status_code == 200, answer.text
        body: dict[str, object] = answer.json()
        if body["status"] not in ("notStarted", "running"):
            return body
        assert time.monotonic() < deadline, body
        time.sleep(0.05)


def test_a_worker_reads_what_a_server_accepts(here: Topology) -> None:
    api = here.start("serve").wait_until_ready()
    operation_id = submit(api.url, document([1, 2, 3]))
    time.sleep(1)
    assert result_status(api.url, operation_id) == "notStarted"  # the server does not read pages itself
    worker = here.start("worker").wait_until_ready()
    assert said(result(api.url, operation_id)) == [1, 2, 3]
    worker.terminate()
    assert worker.ended() == 0
    later = submit(api.url, document([4]))
    here.start("worker").wait_until_ready()
    assert said(result(api.url, later)) == [4]


def result_status(url: str, operation_id: str) -> object:
    answer = requests.get(f"{url}/vision/v3.2/read/analyzeResults/{operation_id}", headers=KEYED, timeout=30)
    return answer.json()["status"]


def test_probes(here: Topology) -> None:
    worker = here.start("worker", READSTONE_METRICS="key").wait_until_ready()

    def get(path: str, **headers: str) -> requests.Response:
        return requests.get(f"{worker.url}{path}", headers=headers, timeout=30)

    for path in ("/ready", "/startup", "/READY/"):
        assert (get(path).status_code, get(path).json()) == (200, {"ready": "ready"})
    assert get("/status").json()["apiStatus"] == "Valid"
    assert get("/ContainerLiveness").text == "Healthy"
    assert requests.head(f"{worker.url}/ready", timeout=30).status_code == 200
    assert get("/metrics").status_code == 401
    figures = get("/metrics", **KEYED)
    assert figures.status_code == 200
    assert "readstone_operation_oldest_queued_seconds" in figures.text
    for nothing in ("/vision/v3.2/ocr", "/", "/swagger"):
        assert get(nothing).status_code == 404
    assert (
        requests.post(f"{worker.url}/vision/v3.2/read/analyze", data=b"x", headers=BYTES, timeout=30).status_code == 404
    )


def test_not_ready_while_models_load_and_alive_all_the_time(here: Topology) -> None:
    here.program = REAL
    worker = here.start("worker")
    answer = requests.get(f"{worker.url}/ready", timeout=30)
    assert (answer.status_code, answer.json()) == (503, {"ready": "notReady"})
    assert requests.get(f"{worker.url}/startup", timeout=30).status_code == 503
    assert requests.get(f"{worker.url}/ContainerLiveness", timeout=30).status_code == 200
    worker.wait_until_ready()
    worker.terminate()
    assert worker.ended() == 0


def test_a_stop_while_it_starts(here: Topology) -> None:
    here.program = REAL
    worker = here.start("worker")
    worker.terminate()
    assert worker.ended() == 0


def test_a_page_that_does_not_end_is_given_back_and_the_process_ends(here: Topology) -> None:
    api = here.start("serve").wait_until_ready()
    worker = here.start("worker", ECHO_GRACE="0.5", READSTONE_WORKERS="1").wait_until_ready()
    endless = submit(api.url, document([ENDLESS]))
    while result_status(api.url, endless) != "running":
        time.sleep(0.05)
    started = time.monotonic()
    worker.terminate()
    time.sleep(0.2)
    assert requests.get(f"{worker.url}/ready", timeout=30).status_code == 503  # while it drains
    assert worker.ended() == 0
    assert time.monotonic() - started < 30
    assert "does not end" in worker.log.read_text()
    # Given back: the attempt does not count, and nobody waits for a lease.
    log = (here.folder / "serve-0.log").read_text()
    assert "lease" not in log


def test_a_data_folder_of_a_newer_release_is_one_clear_line(here: Topology) -> None:
    import sqlite3

    worker = here.start("worker").wait_until_ready()
    worker.terminate()
    assert worker.ended() == 0
    with sqlite3.connect(here.folder / "common" / "operations" / "operations.db") as database:
        database.execute("PRAGMA user_version = 999")
    database.close()
    failing = here.start("worker")
    assert failing.ended() == 1
    (line,) = [line for line in failing.log.read_text().splitlines() if line.startswith("readstone: ")]
    assert "newer Readstone" in line
    assert "Traceback" not in failing.log.read_text()


def test_without_a_database_it_says_whose_pages_it_reads(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("READSTONE_")}
    environment["READSTONE_DATA_DIR"] = str(tmp_path)
    command = [sys.executable, "-m", "readstone", "worker", "--port", "1"]  # a port it may not or cannot use
    done = subprocess.run(
        [*command[:-1], "70000"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "READSTONE_PORT" in done.stderr
    with subprocess.Popen(
        [*command[:-1], "0"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        assert re.search(r"probes are on http", process.stdout.readline())
        process.terminate()
        first = process.stderr.readline()
        process.stdout.read()
        process.stderr.read()
    assert "READSTONE_DATABASE" in first
    assert process.returncode == 0


def test_doctor_knows_what_several_processes_must_have_in_common(tmp_path: Path) -> None:
    def doubts(**settings: str) -> str:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("READSTONE_")}
        environment |= {"READSTONE_DATA_DIR": str(tmp_path), **{f"READSTONE_{k}": v for k, v in settings.items()}}
        command = [sys.executable, "-m", "readstone", "doctor"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False).stdout

    alone = doubts(DATABASE="postgresql://u:hidden@127.0.0.1:9/x")
    assert "READSTONE_KEYS is unset" in alone
    assert "READSTONE_TOKEN_SECRET is unset" in alone
    assert "hidden@" not in alone
    together = doubts(DATABASE="postgresql://127.0.0.1:9/x", KEYS=KEY, TOKEN_SECRET=SECRET)
    assert "is unset:" not in together
    assert SECRET not in together
    assert "READSTONE_INPUTS is set, but" in doubts(INPUTS="/mnt/documents", KEYS=KEY)
