"""Bounds on documents that wait: 429 for a key's own, 503 for all, before the body is sent (contract 6.1, 6.4)."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from documents import scanned_pdf
from pictures import drawn, encoded
from readers import FixedReader, HeldReader, two_word_page
from readstone.domain.picture import Picture
from readstone.domain.text import Page
from serving import KEY, RunningServer, server_in_thread

PNG = encoded(drawn(size=(120, 80)))
BYTES = {"Content-Type": "application/octet-stream"}
ROUTES = [
    ("v1.0", "recognizeText", "RecognizeText"),
    ("v2.0", "recognizeText?mode=Printed", "RecognizeText"),
    ("v2.1", "read/core/asyncBatchAnalyze", "BatchReadFile"),
    ("v3.0", "read/analyze", "Read"),
    ("v3.1", "read/analyze", "Read"),
    ("v3.2", "read/analyze", "Read"),
]


@contextmanager
def standing_still(folder: Path, **bounds: Any) -> Iterator[RunningServer]:
    """A server whose one worker is held at its first page, and so is the room beside it for a page of another key."""
    reader = HeldReader()
    with server_in_thread(folder, lambda: reader, workers=1, keys=f"{KEY},other,third", **bounds) as server:
        for key in (KEY, "third"):
            in_the_end(server, key=key)
            assert reader.started.acquire(timeout=30)
        yield server
        reader.go_on.set()


def submit(server: RunningServer, version: str, path: str, key: str = KEY, data: bytes = PNG) -> requests.Response:
    headers = {"Ocp-Apim-Subscription-Key": key, **BYTES}
    return requests.post(f"{server.url}/vision/{version}/{path}", data, headers=headers, timeout=30)


def in_the_end(server: RunningServer, wanted: int = 202, data: bytes = PNG, key: str = KEY) -> requests.Response:
    """The answer once the number of those who wait was looked at anew, some ten times a second at most."""
    deadline = time.monotonic() + 20
    while (
        answer := submit(server, "v3.2", "read/analyze", key, data)
    ).status_code != wanted and time.monotonic() < deadline:
        time.sleep(0.02)
    assert answer.status_code == wanted
    return answer


def test_a_key_that_has_enough_waiting(tmp_path: Path) -> None:
    with standing_still(tmp_path, backlog_pages_per_key=2) as server:
        assert submit(server, "v3.2", "read/analyze").status_code == 202
        # The page being read counts as waiting until it is looked at anew.
        in_the_end(server, data=scanned_pdf(["one", "two", "three"]))  # begun below the bound
        for version, path, operation in ROUTES:
            answer = submit(server, version, path)
            assert answer.status_code == 429
            seconds = int(answer.headers["Retry-After"])
            assert 1 <= seconds <= 60
            assert answer.json() == {"error": {"code": "429", "message": answer.json()["error"]["message"]}}
            assert f"the {operation} Operation under Computer Vision API ({version})" in answer.text
            assert f"Please retry after {seconds} seconds." in answer.text
            assert submit(server, version, path, key="other").status_code == (202 if version < "v2.1" else 429)
        # What needs no place among those who wait goes on.
        assert requests.get(f"{server.url}/vision/v3.2/models", headers=server.key_header, timeout=30).ok


def test_when_all_have_enough_waiting(tmp_path: Path) -> None:
    with standing_still(tmp_path, backlog_pages=1) as server:
        first = in_the_end(server)
        for version, path, _ in ROUTES:
            answer = submit(server, version, path, key="other")
            assert answer.status_code == 503
            assert 1 <= int(answer.headers["Retry-After"]) <= 60
            said = {"code": "ServiceUnavailable", "message": "Too many documents are waiting to be read."}
            assert answer.json() == {"error": said, **said, "requestId": answer.headers["apim-request-id"]}
        poll = requests.get(first.headers["Operation-Location"], headers=server.key_header, timeout=30)
        assert poll.json()["status"] == "notStarted"


@pytest.mark.parametrize("bound", ["backlog_pages", "backlog_pages_per_key"])
def test_no_body_is_waited_for(tmp_path: Path, bound: str) -> None:
    with standing_still(tmp_path, **{bound: 1}) as server:
        in_the_end(server)
        where = urlsplit(server.url)
        with socket.create_connection((where.hostname or "", where.port or 0), 10) as client:
            client.sendall(
                f"POST /vision/v3.2/read/analyze HTTP/1.1\r\nHost: x\r\nOcp-Apim-Subscription-Key: {KEY}\r\n"
                "Content-Type: application/pdf\r\nContent-Length: 500000000\r\n\r\n".encode()
            )
            assert client.recv(100).startswith((b"HTTP/1.1 429 ", b"HTTP/1.1 503 "))


def test_documents_that_wait_too_long(tmp_path: Path) -> None:
    with standing_still(tmp_path, backlog_seconds=0.5) as server:
        assert submit(server, "v3.2", "read/analyze").status_code == 202
        assert int(in_the_end(server, 503).headers["Retry-After"]) == 10


def test_room_that_is_free_again_is_used(tmp_path: Path) -> None:
    reader = HeldReader()
    with server_in_thread(tmp_path, lambda: reader, workers=1, backlog_pages_per_key=1) as server:
        assert submit(server, "v3.2", "read/analyze").status_code == 202
        assert reader.started.acquire(timeout=30)
        in_the_end(server)  # the first is being read, it does not wait any more
        assert submit(server, "v3.2", "read/analyze").status_code == 429
        reader.go_on.set()
        in_the_end(server)


def test_a_single_page_does_not_wait_for_anothers_document(tmp_path: Path) -> None:
    def slowly(picture: Picture) -> Page:
        time.sleep(0.05)
        return two_word_page(picture)

    def status(answer: requests.Response, key: str) -> str:
        headers = {"Ocp-Apim-Subscription-Key": key}
        return str(requests.get(answer.headers["Operation-Location"], headers=headers, timeout=30).json()["status"])

    with server_in_thread(tmp_path, lambda: FixedReader(slowly), workers=1, keys=f"{KEY},other") as server:
        large = submit(server, "v3.2", "read/analyze", data=scanned_pdf(["page"] * 100))
        assert large.status_code == 202
        for _ in range(3):
            small = submit(server, "v3.2", "read/analyze", key="other")
            deadline = time.monotonic() + 60
            while status(small, "other") != "succeeded":
                assert time.monotonic() < deadline
                time.sleep(0.02)
        assert status(large, KEY) == "running"
