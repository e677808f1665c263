"""Contract 3, 6 and 8: every error that the operations on what an image shows can provoke, each envelope (C07, C14)."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from pictures import encoded
from readers import FixedReader
from scenes import (
    ANALYZE,
    BYTES,
    DESCRIBE,
    DOMAIN,
    KEYED,
    PNG,
    TAG,
    THUMBNAIL,
    Operation,
    assert_refused,
    calls,
    meadow,
    post,
)
from schemas import VERSIONS
from serving import KEY, RunningServer, server_in_thread
from viewers import BrokenViewer, FixedViewer, HeldViewer

JSON = {"Content-Type": "application/json", **KEYED}

every_call = pytest.mark.parametrize(("version", "operation"), calls())
every_version = pytest.mark.parametrize("version", VERSIONS)


# --- who may call, and what -------------------------------------------------------------------------------


@every_call
@pytest.mark.parametrize("headers", [{}, {"Ocp-Apim-Subscription-Key": "wrong"}, {"Authorization": "Bearer nonsense"}])
def test_401(wire: RunningServer, version: str, operation: Operation, headers: dict[str, str]) -> None:
    answer = post(wire, version, operation, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "401"
    assert answer.json()["error"]["message"].startswith("Access denied due to invalid subscription key")
    assert answer.headers["Content-Type"] == "application/json"


@every_call
def test_401_comes_before_the_body_is_read(wire: RunningServer, version: str, operation: Operation) -> None:  # C07
    where = urlsplit(wire.url)
    with socket.create_connection((where.hostname or "", where.port or 0), 10) as client:
        client.sendall(
            f"POST /vision/{version}/{operation.path} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
            "Content-Length: 1000000\r\n\r\n".encode()
        )  # and not one byte of the body
        assert client.recv(65536).startswith(b"HTTP/1.1 401 ")


@every_version
@pytest.mark.covers("models")
def test_list_of_models_needs_a_key(wire: RunningServer, version: str) -> None:
    assert requests.get(f"{wire.url}/vision/{version}/models", timeout=30).status_code == 401


@every_call
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_another_method_is_404(wire: RunningServer, version: str, operation: Operation, method: str) -> None:
    url = f"{wire.url}/vision/{version}/{operation.path}"
    answer = requests.request(method, url, headers=KEYED, timeout=30)
    assert (answer.status_code, answer.json()) == (404, {"error": {"code": "404", "message": "Resource not found"}})


@pytest.mark.parametrize("path", ["detect", "areaOfInterest", "models/landmarks", "models/a/b/analyze"])
def test_what_v1_0_has_not(wire: RunningServer, path: str) -> None:
    answer = requests.post(f"{wire.url}/vision/v1.0/{path}", data=PNG, headers=BYTES, timeout=30)
    assert (answer.status_code, answer.json()) == (404, {"error": {"code": "404", "message": "Resource not found"}})


@pytest.mark.parametrize("preview", ["v3.1-preview.2", "v3.2-preview", "v3.2-preview.2"])
def test_previews_of_read_alone(wire: RunningServer, preview: str) -> None:
    assert requests.post(f"{wire.url}/vision/{preview}/analyze", headers=BYTES, timeout=30).status_code == 404


def test_the_preview_of_v3_0_answers_as_v3_0(wire: RunningServer) -> None:  # contract 1
    previewed, final = (
        requests.post(f"{wire.url}/vision/{v}/analyze?visualFeatures=Adult,Objects", PNG, headers=BYTES, timeout=30)
        for v in ("v3.0-preview", "v3.0")
    )
    assert previewed.status_code == 200
    assert {**previewed.json(), "requestId": ""} == {**final.json(), "requestId": ""}


# --- media type, body, image ------------------------------------------------------------------------------


@every_call
@pytest.mark.parametrize("content_type", ["text/plain", "application/pdf", "application/x-www-form-urlencoded", None])
def test_unsupported_media_type(
    wire: RunningServer, version: str, operation: Operation, content_type: str | None
) -> None:
    headers = {**KEYED, **({"Content-Type": content_type} if content_type else {})}
    answer = post(wire, version, operation, headers=headers)
    assert_refused(answer, version, "UnsupportedMediaType", "InvalidRequest", status=415)


@every_call
def test_no_body_at_all(wire: RunningServer, version: str, operation: Operation) -> None:
    answer = post(wire, version, operation, data=None, headers=KEYED)
    assert_refused(answer, version, "BadArgument", "InvalidArgument")


@every_call
@pytest.mark.parametrize("body", ["", "{", "[]", '"http://x/y.png"'])
def test_body_that_is_no_json_object(wire: RunningServer, version: str, operation: Operation, body: str) -> None:
    answer = post(wire, version, operation, data=body, headers=JSON)
    assert_refused(answer, version, "BadArgument", "InvalidArgument")


@every_call
@pytest.mark.parametrize("body", ["{}", '{"url":""}', '{"url":"no url"}', "{'url':'ftp://x/y.png'}"])
def test_missing_or_malformed_url(wire: RunningServer, version: str, operation: Operation, body: str) -> None:
    answer = post(wire, version, operation, data=body, headers=JSON)
    assert_refused(answer, version, "InvalidImageUrl", "InvalidArgument")


@every_call
@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2"])
def test_url_out_of_reach(wire: RunningServer, version: str, operation: Operation, host: str) -> None:
    """A forbidden address and a closed port of an allowed one look the same, as recorded live."""
    answer = post(wire, version, operation, json={"url": f"http://{host}:9/x.png"}, data=None, headers=KEYED)
    assert_refused(answer, version, "InvalidImageUrl", "InvalidArgument", "Image URL is not accessible.")


@every_call
@pytest.mark.parametrize("data", [b"no image", PNG[: len(PNG) // 2], b"%PDF-1.7", b"<svg/>"])
def test_no_valid_image(wire: RunningServer, version: str, operation: Operation, data: bytes) -> None:
    answer = post(wire, version, operation, data=data)
    assert_refused(answer, version, "InvalidImageFormat", "InvalidRequest", "Input data is not a valid image.")


@every_call
@pytest.mark.parametrize("image_format", ["TIFF", "WEBP", "ICO"])
def test_formats_of_later_apis_only(wire: RunningServer, version: str, operation: Operation, image_format: str) -> None:
    answer = post(wire, version, operation, data=encoded(meadow(), image_format))
    assert_refused(answer, version, "InvalidImageFormat", "InvalidRequest")


@every_call
def test_too_many_bytes(wire: RunningServer, version: str, operation: Operation) -> None:
    most = 4 * 1024 * 1024
    answer = post(wire, version, operation, data=PNG + bytes(most + 1 - len(PNG)))
    assert_refused(answer, version, "InvalidImageSize", "InvalidRequest")
    assert post(wire, version, operation, data=PNG + bytes(most - len(PNG))).status_code == 200


@every_call
@pytest.mark.parametrize("size", [(49, 60), (60, 49)])
def test_too_small(wire: RunningServer, version: str, operation: Operation, size: tuple[int, int]) -> None:
    answer = post(wire, version, operation, data=encoded(meadow(size)))
    message = "Image must be at least 50 pixels in width and height"
    assert_refused(answer, version, "InvalidImageSize", "InvalidRequest", message)
    assert post(wire, version, operation, data=encoded(meadow((50, 50)))).status_code == 200


@every_call
def test_too_large(wire: RunningServer, version: str, operation: Operation) -> None:
    """Codes of these routes know one word for it, and InvalidImageDimension is not it (contract 6.6)."""
    answer = post(wire, version, operation, data=encoded(meadow((16_000, 60))))
    assert_refused(
        answer,
        version,
        "InvalidImageSize",
        "InvalidRequest",
        "Image dimension (16000*60) is out of range. Image dimensions should be in the range of 50 x 50 and "
        "15999 x 15999.",
    )
    assert post(wire, version, operation, data=encoded(meadow((15_999, 60)))).status_code == 200


@pytest.mark.parametrize(("version", "operation"), calls((ANALYZE, DESCRIBE, TAG, DOMAIN, THUMBNAIL)))
def test_parameters_are_judged_before_the_body(wire: RunningServer, version: str, operation: Operation) -> None:
    wrong = "width=x" if operation is THUMBNAIL else "language=x"
    answer = post(wire, version, operation, wrong, headers={**KEYED, "Content-Type": "text/plain"})
    assert answer.status_code == 400


@every_call
def test_no_error_names_internals(wire: RunningServer, version: str, operation: Operation) -> None:
    answer = post(wire, version, operation, json={"url": "http://127.0.0.1:22/"}, data=None, headers=KEYED)
    assert not re.search(r"127\.0|Traceback|File |readstone|refused|forbidden", answer.text)


# --- trouble of our own -----------------------------------------------------------------------------------


def missing() -> FixedViewer:
    raise OSError("/a/path/that/nobody/may/see.onnx: no such file")


@pytest.mark.parametrize(
    ("make_viewer", "status", "code"),
    [(BrokenViewer, 500, "InternalServerError"), (missing, 503, "ServiceUnavailable")],
)
def test_trouble_is_told_without_details(
    tmp_path: Path, make_viewer: Callable[[], Any], status: int, code: str
) -> None:
    with server_in_thread(tmp_path, FixedReader, make_viewer) as server:
        for version, operation in ((v, o) for v in ("v1.0", "v3.2") for o in (ANALYZE, TAG, THUMBNAIL)):
            answer = post(server, version, operation)
            assert_refused(answer, version, code, code, status=status)
            assert not re.search(r"onnx|Zero|bug", answer.text)
        # What needs no viewer is served.
        answer = post(server, "v3.2", THUMBNAIL, "smartCropping=false")
        assert answer.status_code == 200
        assert requests.get(f"{server.url}/vision/v3.2/models", headers=KEYED, timeout=30).status_code == 200


def test_no_room(tmp_path: Path) -> None:  # C17
    held = HeldViewer()
    with server_in_thread(tmp_path, FixedReader, lambda: held, workers=1, queue=0) as server:
        session = requests.Session()
        with ThreadPoolExecutor(1) as other:
            first = other.submit(post, server, "v3.2", ANALYZE)
            assert held.started.acquire(timeout=10)
            for operation, name in ((ANALYZE, "AnalyzeImage"), (THUMBNAIL, "GenerateThumbnail")):
                answer = session.post(
                    f"{server.url}/vision/v3.2/{operation.path}?{operation.query}", PNG, headers=BYTES, timeout=30
                )
                assert answer.status_code == 429
                seconds = int(answer.headers["Retry-After"])
                message = answer.json()["error"]["message"]
                assert f"Requests to the {name} Operation under Computer Vision API (v3.2)" in message
                assert f"Please retry after {seconds} seconds." in message
            # A list needs no worker.
            models = session.get(f"{server.url}/vision/v3.2/models", headers=KEYED, timeout=30)
            assert models.status_code == 200
            held.go_on.set()
            assert first.result().status_code == 200


def test_a_client_that_leaves_is_dropped(tmp_path: Path) -> None:
    held = HeldViewer()
    with server_in_thread(tmp_path, FixedReader, lambda: held, workers=1) as server:
        where = urlsplit(server.url)
        with socket.create_connection((where.hostname or "", where.port or 0), 10) as client:
            client.sendall(
                f"POST /vision/v3.2/tag HTTP/1.1\r\nHost: x\r\nOcp-Apim-Subscription-Key: {KEY}\r\n"
                f"Content-Type: image/png\r\nContent-Length: {len(PNG)}\r\n\r\n".encode()
                + PNG
            )
            assert held.started.acquire(timeout=10)
        assert held.dropped.acquire(timeout=10)
