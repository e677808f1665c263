"""A server with the real models for all clients here, a host for their images, and what they sent."""

from __future__ import annotations

import mimetypes
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from documents import scanned_pdf, tiff
from readstone.api.call import Call
from sdk.clients import Image, Sent
from sdk.poster import PAGES, PDF_SIZE, POSTER, TINY
from sdk.scene_answers import MEADOW
from sdk.seed import shared
from sdk.setup import NAMES, is_current
from serving import RunningServer, server_in_thread

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = ROOT / "build" / "sdk"
FILES = {
    "poster.png": POSTER,
    "meadow.jpg": MEADOW,
    "tiny.png": TINY,
    "no_image.png": b"<!doctype html><title>Not found</title>",
    "pages.tiff": tiff(PAGES),
    "pages.pdf": scanned_pdf(PAGES, PDF_SIZE),
}
WHITEBOARD = shared() / "data" / "ocr" / "handwriting_modern" / "azure_whiteboard.jpg"
if WHITEBOARD.is_file():
    FILES["whiteboard.jpg"] = WHITEBOARD.read_bytes()
STREET = shared() / "data" / "vision" / "images" / "coco_000000184324.jpg"
if STREET.is_file():
    FILES["street.jpg"] = STREET.read_bytes()


@pytest.fixture(scope="session")
def installed() -> Callable[[str], Path]:
    """The folder of one SDK. A test whose SDK is missing fails: it would prove nothing by being skipped."""

    def folder(name: str) -> Path:
        assert name in NAMES
        if not is_current(TARGET, name):
            pytest.fail(
                f"the SDK {name} is not installed: run `make test`, or `python tests/sdk/setup.py build/sdk`",
                pytrace=False,
            )
        return TARGET / name

    return folder


class _Log:
    """Keeps every request that reaches the server, before anything judges it."""

    def __init__(self) -> None:
        self.requests: list[Sent] = []

    async def step(self, call: Call) -> None:
        request = call.request
        sent = Sent(request.method, request.url.path, tuple(request.query_params.multi_items()), dict(request.headers))
        self.requests.append(sent)


@pytest.fixture(scope="session")
def _server_and_log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningServer, _Log]]:
    log = _Log()
    with server_in_thread(tmp_path_factory.mktemp("sdk"), fetch_allow="127.0.0.1") as server:
        assert server.app
        server.app.steps = (log.step, *server.app.steps)
        yield server, log


@pytest.fixture(scope="session")
def server(_server_and_log: tuple[RunningServer, _Log]) -> RunningServer:
    """The whole server with the real models, started once; it may fetch images from 127.0.0.1."""
    return _server_and_log[0]


@pytest.fixture(scope="session")
def recorded(_server_and_log: tuple[RunningServer, _Log]) -> Callable[[], list[Sent]]:
    """Begins a list of the requests that reach the server from now on."""

    def begin() -> list[Sent]:
        log = _server_and_log[1]
        log.requests = []
        return log.requests

    return begin


@pytest.fixture
def sent(recorded: Callable[[], list[Sent]]) -> list[Sent]:
    """The requests that reached the server during this test."""
    return recorded()


class _ImageHandler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        name = self.path.removeprefix("/")
        body = FILES[name]
        self.send_response(200)
        self.send_header("Content-Type", str(mimetypes.guess_type(name)[0]))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def _image_host() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _ImageHandler) as host:
        thread = threading.Thread(target=host.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{host.server_port}"
        host.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def images(_image_host: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Image]:
    """Everything the image host has, by name."""
    folder = tmp_path_factory.mktemp("images")
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return {name: Image(f"{_image_host}/{name}", folder / name) for name in FILES}


@pytest.fixture
def poster(images: dict[str, Image]) -> Image:
    """Democritus' poster."""
    return images["poster.png"]


@pytest.fixture
def tiny(images: dict[str, Image]) -> Image:
    """A picture one pixel narrower than the service takes."""
    return images["tiny.png"]


@pytest.fixture
def no_image(images: dict[str, Image]) -> Image:
    """A page of HTML where a picture is expected."""
    return images["no_image.png"]


@pytest.fixture
def whiteboard(images: dict[str, Image]) -> Image:
    """A photograph of handwriting, one of Azure's own samples."""
    if "whiteboard.jpg" not in images:
        pytest.skip(f"no handwriting: {WHITEBOARD} is not there; READSTONE_SHARED may name another folder")
    return images["whiteboard.jpg"]


@pytest.fixture
def street(images: dict[str, Image]) -> Image:
    """A photograph of a busy street."""
    if "street.jpg" not in images:
        pytest.skip(f"no photograph: {STREET} is not there; READSTONE_SHARED may name another folder")
    return images["street.jpg"]
