"""A document as large as v3.2 takes goes to the disk while it arrives: memory stays, and no file is left behind.

60 MB in `make test`, 500 MB in a release (READSTONE_TEST_SIZE=release).
"""

from __future__ import annotations

import http.server
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import pytest
import requests

from documents import text_pdf
from pictures import drawn, encoded
from serving import KEY

RELEASE = os.environ.get("READSTONE_TEST_SIZE") == "release"
MEGABYTE = 1 << 20
SIZE = (500 if RELEASE else 60) * MEGABYTE - 2000  # within the limit of 500 MB, over that of v3.0
GROWTH = 40 * MEGABYTE
"""What the server may grow by while it takes the document in: chunks on their way, and what a first request loads."""

KEYED = {"Ocp-Apim-Subscription-Key": KEY}
BYTES = {**KEYED, "Content-Type": "application/octet-stream"}
SERVER = Path(__file__).parent.parent / "chaos" / "echo_server.py"
FILES_HOST = "127.0.0.2"


@dataclass
class Server:
    """A process of its own, with a reader that needs no models."""

    data_dir: Path
    port: int
    process: psutil.Popen

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/vision"

    def spooled(self) -> dict[str, int]:
        folder = self.data_dir / "operations" / "spool"
        return {path.name: path.stat().st_size for path in folder.iterdir()}

    def inputs(self) -> list[Path]:
        return list((self.data_dir / "operations" / "inputs").iterdir())


@contextmanager
def running(data_dir: Path) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "READSTONE_FETCH_ALLOW": f"{FILES_HOST}/32", "READSTONE_LOG_LEVEL": "error"}
    with (data_dir / "log").open("ab") as log:
        process = psutil.Popen(
            [sys.executable, str(SERVER), str(data_dir), str(port)], stdout=log, stderr=log, env=environment
        )
    try:
        server = Server(data_dir, port, process)
        until(lambda: answers(server), 60)
        yield server
    finally:
        if process.is_running():
            process.kill()
        process.wait()


def answers(server: Server) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{server.port}/ready", timeout=5).ok
    except requests.ConnectionError:
        return False


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("large")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    data = folder / "data"
    data.mkdir()
    with running(data) as server:
        warm = requests.post(f"{server.url}/v3.2/read/syncAnalyze", data=text_pdf("x"), headers=BYTES, timeout=60)
        assert warm.status_code == 200, warm.text
        yield server


@pytest.fixture(scope="module")
def document(folder: Path) -> Path:
    path = folder / "large.pdf"
    path.write_bytes(text_pdf("a line", padding=SIZE - 2000))
    return path


class Memory:
    """The most memory of a server's processes, beside what they share with the file, while the context is open."""

    def __init__(self, server: Server) -> None:
        self._server = server.process
        self._stop = threading.Event()
        self.growth = 0

    def __enter__(self) -> Memory:
        self._before = self._now()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.01):
            self.growth = max(self.growth, self._now() - self._before)

    def _now(self) -> int:
        """Anonymous memory: a mapped file's pages are the system's cache, given up whenever it wants them."""
        total = 0
        for process in (self._server, *self._server.children(recursive=True)):
            status = Path(f"/proc/{process.pid}/status").read_text()
            total += int(status.partition("RssAnon:")[2].split()[0]) * 1024
        return total


@contextmanager
def served(path: Path) -> Iterator[str]:
    """The folder of `path` behind HTTP; the file's URL."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None: ...

    with http.server.ThreadingHTTPServer((FILES_HOST, 0), partial(Quiet, directory=str(path.parent))) as files:
        threading.Thread(target=files.serve_forever, daemon=True).start()
        yield f"http://{FILES_HOST}:{files.server_address[1]}/{path.name}"
        files.shutdown()


def pieces(path: Path) -> Iterator[bytes]:
    """A body without a length."""
    with path.open("rb") as file:
        while piece := file.read(100_000):
            yield piece


def form_of(path: Path) -> Iterator[bytes]:
    yield b'--xyz\r\nContent-Disposition: form-data; name="note"\r\n\r\na field before the file\r\n'
    yield b'--xyz\r\nContent-Disposition: form-data; name="f"; filename="a.pdf"\r\n\r\n'
    yield from pieces(path)
    yield b"\r\n--xyz--\r\n"


def sent(server: Server, document: Path, way: str, route: str = "read/analyze") -> requests.Response:
    url = f"{server.url}/v3.2/{route}"
    if way == "url":
        with served(document) as where:
            return requests.post(url, json={"url": where}, headers=KEYED, timeout=300)
    if way == "form":
        headers = {**KEYED, "Content-Type": "multipart/form-data; boundary=xyz"}
        return requests.post(url, data=form_of(document), headers=headers, timeout=300)
    if way == "chunked":
        return requests.post(url, data=pieces(document), headers=BYTES, timeout=300)
    with document.open("rb") as file:
        return requests.post(url, data=file, headers=BYTES, timeout=300)


@pytest.mark.parametrize("way", ["length", "chunked", "form", "url"])
def test_memory_stays_while_a_large_document_arrives(server: Server, document: Path, way: str) -> None:
    with Memory(server) as memory:
        accepted = sent(server, document, way)
        assert accepted.status_code == 202, accepted.text
        assert server.spooled() == {}
        location = accepted.headers["Operation-Location"]
        until(lambda: requests.get(location, headers=KEYED, timeout=30).json()["status"] == "succeeded", 60)
    assert memory.growth < GROWTH
    until(lambda: server.inputs() == [])


def test_a_synchronous_call_reads_from_the_file(server: Server, document: Path) -> None:
    with Memory(server) as memory:
        answer = sent(server, document, "length", "read/syncAnalyze")
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["analyzeResult"]["readResults"]) == 1
    assert memory.growth < GROWTH
    assert server.spooled() == {}


@pytest.mark.parametrize("way", ["length", "chunked", "form", "url"])
def test_refusals_leave_no_file(server: Server, document: Path, folder: Path, way: str) -> None:
    rubbish = folder / "rubbish"
    rubbish.write_bytes(bytes(5 * MEGABYTE))
    refused = sent(server, rubbish, way)
    assert refused.status_code == 400, refused.text
    assert refused.json()["code"] == "InvalidImageFormat"
    refused = sent(server, document, way, "read/analyze?pages=2")
    assert refused.status_code == 400, refused.text
    assert refused.json()["code"] == "InvalidPageRange"
    assert server.spooled() == {}
    assert server.inputs() == []


@pytest.mark.parametrize("way", ["length", "chunked"])
def test_a_body_over_the_limit_is_refused(server: Server, document: Path, way: str) -> None:
    data = pieces(document) if way == "chunked" else document.read_bytes()
    refused = requests.post(f"{server.url}/v3.0/read/analyze", data=data, headers=BYTES, timeout=60)
    assert refused.status_code == 400, refused.text
    assert refused.json()["code"] == "InvalidImageSize"
    assert server.spooled() == {}


def begun(server: Server, size: int = 5 * MEGABYTE) -> socket.socket:
    """A connection over which the first `size` bytes of a document were sent and received."""
    client = socket.create_connection(("127.0.0.1", server.port), 30)
    client.sendall(
        f"POST /vision/v3.2/read/analyze HTTP/1.1\r\nHost: x\r\nOcp-Apim-Subscription-Key: {KEY}\r\n"
        f"Content-Type: application/pdf\r\nContent-Length: {20 * MEGABYTE}\r\n\r\n".encode()
        + bytes(size)
    )
    until(lambda: sum(server.spooled().values()) > 0)
    return client


def test_a_client_that_leaves_takes_its_file_along(server: Server) -> None:
    begun(server).close()
    until(lambda: server.spooled() == {})


def test_a_killed_server_s_files_are_swept_at_the_next_start(tmp_path: Path) -> None:
    with running(tmp_path) as server, begun(server):
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        assert len(server.spooled()) == 1
    with running(tmp_path) as server:
        assert server.spooled() == {}


def test_a_disk_that_gets_full_while_the_body_arrives_is_503(tmp_path: Path, document: Path) -> None:
    with running(tmp_path) as server:
        server.process.rlimit(resource.RLIMIT_FSIZE, (8 * MEGABYTE, resource.RLIM_INFINITY))
        for way in ("length", "chunked", "form", "url"):
            refused = sent(server, document, way)
            assert refused.status_code == 503, (way, refused.text)
            assert refused.json()["code"] == "ServiceUnavailable"
            assert int(refused.headers["Retry-After"]) >= 1
            assert server.spooled() == {}
            assert server.inputs() == []
        small = requests.post(f"{server.url}/v3.2/read/analyze", data=encoded(drawn()), headers=BYTES, timeout=60)
        assert small.status_code == 202


def test_the_watermark_holds_before_a_large_body_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, document: Path
) -> None:
    from readers import FixedReader
    from readstone.operations.errors import StoreFullError
    from readstone.operations.watermark import Watermark
    from serving import server_in_thread

    def check(self: Watermark, folder: Path, incoming: int) -> None:
        if incoming > 30 * MEGABYTE:
            raise StoreFullError("no room")

    with server_in_thread(tmp_path, FixedReader) as server:
        monkeypatch.setattr(Watermark, "check", check)
        with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), 30) as client:
            client.sendall(
                f"POST /vision/v3.2/read/analyze HTTP/1.1\r\nHost: x\r\nOcp-Apim-Subscription-Key: {KEY}\r\n"
                f"Content-Type: application/pdf\r\nContent-Length: {60 * MEGABYTE}\r\n\r\n".encode()
            )
            assert client.recv(1000).startswith(b"HTTP/1.1 503 ")
        assert list((tmp_path / "operations" / "spool").iterdir()) == []
