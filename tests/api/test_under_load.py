"""Never blocks: a full line answers 429, a client that leaves is dropped, a bug is a body and not a hang."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from pictures import drawn, encoded
from readers import BrokenReader, HeldReader
from schemas import VERSIONS
from serving import KEY, RunningServer, server_in_thread

PNG = encoded(drawn(size=(120, 80)))
HEADERS = {"Content-Type": "application/octet-stream", "Ocp-Apim-Subscription-Key": KEY}


def ocr(server: RunningServer, version: str = "v3.2") -> requests.Response:
    return requests.post(f"{server.url}/vision/{version}/ocr", data=PNG, headers=HEADERS, timeout=30)


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[RunningServer, HeldReader]]:
    reader = HeldReader()
    with server_in_thread(tmp_path, lambda: reader, workers=1, queue=1) as server:
        yield server, reader
        reader.go_on.set()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_full_line_is_429_at_once(held: tuple[RunningServer, HeldReader], version: str) -> None:
    server, reader = held
    with ThreadPoolExecutor(2) as clients:
        accepted = [clients.submit(ocr, server) for _ in range(2)]
        assert reader.started.acquire(timeout=10)
        deadline = time.monotonic() + 10
        while (answer := ocr(server, version)).status_code != 429:
            # The second caller may not have joined the line yet; then this one did, and waits in its place.
            assert time.monotonic() < deadline
        seconds = int(answer.headers["Retry-After"])
        assert seconds >= 1
        body = answer.json()
        assert body["error"]["code"] == "429"
        said = re.fullmatch(
            r"Requests to the RecognizePrintedText Operation under Computer Vision API \((.+)\) have exceeded rate "
            r"limit of .*Please retry after (\d+) seconds\. .*",
            body["error"]["message"],
        )
        assert said
        assert said.groups() == (version, str(seconds))
        assert requests.get(f"{server.url}/ready", timeout=5).status_code == 200  # the loop is free meanwhile
        reader.go_on.set()
        assert [f.result().status_code for f in accepted] == [200, 200]


def test_a_client_that_leaves_is_dropped(held: tuple[RunningServer, HeldReader]) -> None:
    server, reader = held
    where = urlsplit(server.url)
    with socket.create_connection((where.hostname or "", where.port or 0), 10) as client:
        client.sendall(
            f"POST /vision/v2.0/ocr HTTP/1.1\r\nHost: x\r\nOcp-Apim-Subscription-Key: {KEY}\r\n"
            f"Content-Type: application/octet-stream\r\nContent-Length: {len(PNG)}\r\n\r\n".encode()
            + PNG
        )
        assert reader.started.acquire(timeout=10)
    assert reader.dropped.acquire(timeout=10)
    reader.go_on.set()
    assert ocr(server).status_code == 200  # its place is free again


def test_a_client_that_leaves_in_the_middle_of_its_body(held: tuple[RunningServer, HeldReader]) -> None:
    server, reader = held
    reader.go_on.set()
    where = urlsplit(server.url)
    for _ in range(3):
        with socket.create_connection((where.hostname or "", where.port or 0), 10) as client:
            client.sendall(
                f"POST /vision/v2.0/ocr HTTP/1.1\r\nHost: x\r\nOcp-Apim-Subscription-Key: {KEY}\r\n"
                "Content-Type: application/octet-stream\r\nContent-Length: 100000\r\n\r\nhalf".encode()
            )
    assert ocr(server).status_code == 200


@pytest.mark.parametrize("version", VERSIONS)
def test_a_bug_is_answered_in_the_version_s_envelope(
    tmp_path: Path, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    with server_in_thread(tmp_path, BrokenReader) as server:
        answer = ocr(server, version)
        assert answer.status_code == 500
        assert "Zero" not in answer.text
        body = answer.json()
        code = body["error"]["innererror"]["code"] if version == "v3.2" else body["code"]
        assert code == "InternalServerError"
        assert answer.headers["apim-request-id"] in caplog.text


def test_answers_reach_clients_that_are_still_sending(held: tuple[RunningServer, HeldReader]) -> None:
    """A wrong key with a large body must show as 401, not as a broken connection."""
    server, _ = held
    large = bytes(20 * 1024 * 1024)
    for _ in range(5):
        answer = requests.post(
            f"{server.url}/vision/v3.2/ocr", data=large, headers={"Content-Type": "image/png"}, timeout=30
        )
        assert answer.status_code == 401
        answer = requests.post(f"{server.url}/vision/v3.2/ocr", data=large, headers=HEADERS, timeout=30)
        assert answer.status_code == 400


def test_expect_100_continue_is_spared_the_upload(held: tuple[RunningServer, HeldReader]) -> None:
    """curl asks before it sends a large body; a refusal must come instead of the go-ahead."""
    server, _ = held
    where = urlsplit(server.url)
    with socket.create_connection((where.hostname or "", where.port or 0), 10) as client:
        client.sendall(
            b"POST /vision/v2.0/ocr HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
            b"Content-Type: application/octet-stream\r\nContent-Length: 5000000\r\n\r\n"
        )
        said = b""
        while chunk := client.recv(65536):
            said += chunk
        assert said.startswith(b"HTTP/1.1 401 ")
        assert b"100 Continue" not in said


def test_many_clients_get_their_own_answers(tmp_path: Path) -> None:
    from readers import FixedReader, two_word_page

    with server_in_thread(tmp_path, lambda: FixedReader(two_word_page), queue=200) as server:
        session = threading.local()

        def ask(_number: int) -> tuple[str, int]:
            if not hasattr(session, "http"):
                session.http = requests.Session()
            answer = session.http.post(f"{server.url}/vision/v3.0/ocr", data=PNG, headers=HEADERS, timeout=30)
            return answer.headers["apim-request-id"], answer.status_code

        with ThreadPoolExecutor(32) as clients:
            answers = list(clients.map(ask, range(300)))
    assert {status for _, status in answers} == {200}
    assert len({request_id for request_id, _ in answers}) == 300
