"""Clients that send a byte now and then are not waited for: not for headers, nor bodies, nor after an answer."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from pictures import drawn, encoded
from readers import FixedReader
from serving import KEY, RunningServer, server_in_thread, server_process

SECONDS = 1.0
HEAD = (
    f"POST /vision/v3.2/read/analyze HTTP/1.1\r\nHost: x\r\nOcp-Apim-Subscription-Key: {KEY}\r\n"
    "Content-Type: application/octet-stream\r\nContent-Length: 5000000\r\n\r\n"
).encode()
PROBE = b"GET /ready HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    limits = {"header_timeout": SECONDS, "upload_timeout": SECONDS}
    with server_in_thread(tmp_path_factory.mktemp("slow"), FixedReader, **limits) as server:
        yield server


def connected(server: RunningServer) -> socket.socket:
    where = urlsplit(server.url)
    return socket.create_connection((where.hostname or "", where.port or 0), 10)


def answered(client: socket.socket) -> bytes:
    """What /ready says, head and body, which may come one by one."""
    said = b""
    while not said.endswith(b"}"):
        chunk = client.recv(65536)
        assert chunk
        said += chunk
    return said


def trickled(client: socket.socket, first: bytes, crumb: bytes, seconds: float = 8) -> tuple[bytes, float]:
    """Send `first`, then `crumb` every 50 ms until the server closes; what it said, and after how long."""
    started = time.monotonic()
    said = b""
    client.settimeout(0.05)
    try:
        client.sendall(first)
        while time.monotonic() - started < seconds:
            client.sendall(crumb)
            try:
                chunk = client.recv(65536)
            except TimeoutError:
                continue
            if not chunk:
                break
            said += chunk
    except (BrokenPipeError, ConnectionResetError):
        pass
    return said, time.monotonic() - started


@pytest.mark.parametrize(
    ("first", "crumb"),
    [
        (b"", b""),
        (b"", b"G"),
        (b"GET /ready HTTP/1.1\r\n", b"a"),
        (b"GET /ready HTTP/1.1\r\nHost: x\r\n", b"X-More: 1\r\n"),
    ],
    ids=["silence", "request line", "one long header", "many headers"],
)
def test_headers_that_do_not_come_end_the_connection(server: RunningServer, first: bytes, crumb: bytes) -> None:
    with connected(server) as client:
        _, took = trickled(client, first, crumb)
    assert 0.9 * SECONDS < took < SECONDS + 2


def test_the_second_request_of_a_connection_has_the_same_time(server: RunningServer) -> None:
    with connected(server) as client:
        for _ in range(3):  # requests in time are served, however long the connection lives
            client.sendall(PROBE)
            assert answered(client).startswith(b"HTTP/1.1 200 ")
            time.sleep(0.6 * SECONDS)
        _, took = trickled(client, b"GET /ready HTTP/1.1\r\n", b"a")
    assert 0.9 * SECONDS < took < SECONDS + 2


def test_requests_in_one_go_are_all_answered(server: RunningServer) -> None:
    with connected(server) as client:
        client.sendall(PROBE * 3 + PROBE[:10])
        said, took = trickled(client, b"", b"")
    assert said.count(b"HTTP/1.1 200 ") == 3
    assert took < SECONDS + 8  # the cut-off one, at the latest with the keep-alive time


def test_a_next_request_may_arrive_while_the_first_is_answered(server: RunningServer) -> None:
    with connected(server) as client:
        head = HEAD.replace(b"5000000", b"200")
        client.sendall(PROBE + head + bytes(100))
        said = client.recv(65536)
        time.sleep(0.3 * SECONDS)
        client.sendall(bytes(100))
        while said.count(b"HTTP/1.1 ") < 2:
            chunk = client.recv(65536)
            assert chunk
            said += chunk
    assert b"HTTP/1.1 200 " in said
    assert b"HTTP/1.1 400 " in said  # no document, but it was taken in


def test_a_body_that_trickles_is_refused(server: RunningServer) -> None:
    with connected(server) as client:
        said, took = trickled(client, HEAD, b"a", 30)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert took < SECONDS + 13  # its deadline, and the time in which a refused client may finish


def test_who_trickles_on_after_an_answer_is_sent_away(server: RunningServer) -> None:
    with connected(server) as client:
        said, took = trickled(client, HEAD.replace(KEY.encode(), b"wrong"), b"a", 30)
    assert said.startswith(b"HTTP/1.1 401 ")
    assert took < 13


def test_many_slow_clients_keep_nobody_out(server: RunningServer) -> None:
    slow = [connected(server) for _ in range(200)]
    for client in slow:
        client.sendall(b"GET /ready HTTP/1.1\r\nX-Slow: ")
    png = encoded(drawn(size=(120, 80)))
    headers = {"Ocp-Apim-Subscription-Key": KEY, "Content-Type": "image/png"}
    answer = requests.post(f"{server.url}/vision/v3.2/ocr", data=png, headers=headers, timeout=30)
    assert answer.status_code == 200
    time.sleep(SECONDS)
    for client in slow:
        client.settimeout(5)
        assert client.recv(100) == b""
        client.close()


def test_the_server_as_it_is_started(tmp_path: Path) -> None:
    with server_process(tmp_path, {"READSTONE_HEADER_TIMEOUT": str(SECONDS)}) as server, connected(server) as client:
        _, took = trickled(client, b"GET /ready HTTP/1.1\r\n", b"a")
    assert took < SECONDS + 2
