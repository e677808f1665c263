"""What an object store may answer besides what it should, and settings that name none."""

from __future__ import annotations

import builtins
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from object_stores import BUCKET, ObjectServer, s3_server
from readstone.operations.errors import StoreFullError, StoreUnavailableError, StoreUnusableError
from readstone.operations.inputs_choice import inputs_at
from readstone.operations.inputs_objects import ObjectInputs

Answer = Callable[[str, str], tuple[int, bytes]]
"""Status and body for a method and path."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], None]:
    def put(values: dict[str, str]) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return put


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """A server over HTTP that answers as a store in trouble would."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, body = answer(self.command, self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", '"1"')
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_DELETE = _any  # noqa: N815 - names of the base class

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as host:
        host.daemon_threads = True
        thread = threading.Thread(target=host.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{host.server_port}"
        host.shutdown()
        thread.join()


def error(code: str) -> bytes:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>".encode()


@pytest.mark.parametrize(
    ("wrong", "bucket"),
    [({"AWS_SECRET_ACCESS_KEY": "wrong"}, BUCKET), ({"AWS_ACCESS_KEY_ID": "nobody"}, BUCKET), ({}, "no-such-bucket")],
)
def test_what_a_person_must_change_is_said_at_the_start(
    server: ObjectServer, environ: Any, tmp_path: Path, wrong: dict[str, str], bucket: str
) -> None:
    environ({**server.environ, **wrong})
    with pytest.raises(StoreUnusableError, match="READSTONE_INPUTS") as raised:
        ObjectInputs(f"s3://{bucket}/x", tmp_path / "copies").open()
    assert "wrong" not in str(raised.value)
    assert "127.0.0.1" not in str(raised.value)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (507, "InsufficientStorage", StoreFullError),
        (507, "XMinioStorageFull", StoreFullError),
        (403, "QuotaExceeded", StoreFullError),
        (500, "InternalError", StoreUnavailableError),
        (503, "SlowDown", StoreUnavailableError),
        (403, "AccessDenied", StoreUnavailableError),
        (404, "NoSuchBucket", StoreUnavailableError),
    ],
)
def test_a_store_in_trouble(
    server: ObjectServer, environ: Any, tmp_path: Path, status: int, code: str, kind: type[Exception]
) -> None:
    trouble = False

    def answer(method: str, path: str) -> tuple[int, bytes]:
        return (
            (status, error(code)) if trouble else (200, b"<DeleteResult><Deleted><Key>x</Key></Deleted></DeleteResult>")
        )

    with answering(answer) as url:
        environ({**server.environ, "AWS_ENDPOINT_URL": url})
        inputs = ObjectInputs(f"s3://{BUCKET}/x", tmp_path / "copies", patience_seconds=0.5)
        inputs.open()
        trouble = True
        with pytest.raises(StoreUnavailableError) as raised:
            inputs.put(b"a document")
        assert type(raised.value) is kind
        with pytest.raises(StoreUnavailableError):  # a document is not given up because its place is in trouble
            inputs.get("0" * 32)
        with pytest.raises(StoreUnavailableError):
            list(inputs.names())
        inputs.close()


def test_a_silent_store_holds_up_nobody_for_long(server: ObjectServer, environ: Any, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environ({**server.environ, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{silent.getsockname()[1]}"})
        started = time.monotonic()
        with pytest.raises(StoreUnavailableError):
            ObjectInputs(f"s3://{BUCKET}/x", tmp_path / "copies", patience_seconds=0.3).open()
        assert time.monotonic() - started < 10


def test_after_the_end_it_is_away(server: ObjectServer, environ: Any, tmp_path: Path) -> None:
    environ(server.environ)
    inputs = ObjectInputs(f"s3://{BUCKET}/x", tmp_path / "copies")
    with pytest.raises(StoreUnavailableError):
        inputs.put(b"x")
    inputs.open()
    large = inputs.get(inputs.put(b"x" * 3_000_000))
    assert isinstance(large, Path)
    inputs.close()
    assert not large.exists()
    with pytest.raises(StoreUnavailableError):
        inputs.put(b"x")


def test_without_the_package_one_line_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = builtins.__import__

    def without(name: str, *more: Any, **options: Any) -> Any:
        if name.partition(".")[0] == "obstore":
            raise ImportError(name)
        return real(name, *more, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(StoreUnusableError, match=r"pip install readstone\[objects\]"):
        ObjectInputs("s3://bucket", tmp_path / "copies").open()


@pytest.mark.parametrize("place", ["inputs", "gs://bucket", "s3://", "az:///prefix", "https://example.com/x", ""])
def test_what_names_no_place(place: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must|names"):
        inputs_at(place, tmp_path)


def test_no_place_is_the_database(tmp_path: Path) -> None:
    assert inputs_at(None, tmp_path) is None
