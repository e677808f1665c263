"""Contract 7.5: cut-outs and mattes of 4.0's previews; what is answered, and what is refused (C14, C17)."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from analyses import API_VERSIONS, BODIES, FINAL, MEDIA_TYPES, PREVIEWS, assert_refused
from pictures import encoded
from readers import FixedReader
from scenes import BYTES, KEYED, meadow
from schemas import validate
from segmenters import BrokenSegmenter, FixedSegmenter, HeldSegmenter
from serving import KEY, RunningServer, server_in_thread
from viewers import FixedViewer

VERSION = PREVIEWS[0]
SIZE = (120, 80)
PNG = encoded(meadow(SIZE))
JSON = {"Content-Type": "application/json", **KEYED}
MODE = "'mode' must be one of backgroundRemoval, foregroundMatting."

every_version = pytest.mark.parametrize("version", PREVIEWS)


def segment(wire: RunningServer, version: str | None, query: str = "mode=backgroundRemoval", **more: Any) -> Any:
    """The answer to a request with `query`, of the meadow unless `more` says otherwise."""
    arguments = {"data": PNG, "headers": BYTES, "timeout": 60, **more}
    asked = query if version is None else f"api-version={version}&{query}"
    return requests.post(f"{wire.url}/computervision/imageanalysis:segment?{asked}", **arguments)


def made(answer: requests.Response) -> Image.Image:
    """The picture of a 200."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "image/png"
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    image = Image.open(io.BytesIO(answer.content))
    image.load()
    assert image.format == "PNG"
    return image


# --- what is answered -------------------------------------------------------------------------------------


@pytest.mark.covers("imageanalysis:segment")
@every_version
def test_background_removal(wire: RunningServer, version: str) -> None:
    image = made(segment(wire, version))
    assert (image.mode, image.size) == ("RGBA", SIZE)
    found, source = np.asarray(image), np.asarray(meadow(SIZE))
    assert (found[:, :60, 3] == 255).all()
    assert (found[:, 60, 3] == 128).all()
    assert (found[:, :61, :3] == source[:, :61]).all()
    assert not found[:, 61:].any(), "what is transparent tells no colours"


@pytest.mark.covers("imageanalysis:segment")
@every_version
def test_foreground_matting(wire: RunningServer, version: str) -> None:
    image = made(segment(wire, version, "mode=foregroundMatting"))
    assert (image.mode, image.size) == ("L", SIZE)
    found = np.asarray(image)
    assert (found[:, :60] == 255).all()
    assert (found[:, 60] == 128).all()
    assert not found[:, 61:].any()


@pytest.mark.parametrize("mode", ["BACKGROUNDREMOVAL", "foregroundmatting", "%20foregroundMatting%20"])
def test_mode_in_any_case(wire: RunningServer, mode: str) -> None:
    made(segment(wire, VERSION, f"mode={mode}"))


@pytest.mark.parametrize("mode", ["backgroundRemoval", "foregroundMatting"])
def test_as_the_picture_stands_upright(wire: RunningServer, mode: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(meadow((120, 80)), "JPEG", exif=exif)
    assert made(segment(wire, VERSION, f"mode={mode}", data=data)).size == (80, 120)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "ICO", "TIFF", "MPO"])
def test_formats(wire: RunningServer, image_format: str) -> None:
    more = {"save_all": True, "append_images": [Image.new("RGB", (64, 64))]} if image_format == "MPO" else {}
    data = encoded(meadow((64, 64)), image_format, **more)
    assert made(segment(wire, VERSION, data=data)).size == (64, 64)


@pytest.mark.parametrize("name", ["octet-stream", "png", "jpeg", "bmp", "gif", "tiff"])
def test_media_types_of_images(wire: RunningServer, name: str) -> None:
    content_type = f"application/{name}" if name == "octet-stream" else f"image/{name}"
    made(segment(wire, VERSION, headers={**KEYED, "Content-Type": content_type}))


def test_multipart_form_and_chunks(wire: RunningServer) -> None:
    def pieces() -> Iterator[bytes]:
        for start in range(0, len(PNG), 100):
            yield PNG[start : start + 100]

    made(segment(wire, VERSION, data={"note": "x"}, files={"whatever": ("a.png", PNG)}, headers=KEYED))
    made(segment(wire, VERSION, data=pieces()))


@pytest.mark.parametrize("path", ["computervision/imageanalysis%3Asegment", "/ComputerVision//imageAnalysis:Segment/"])
def test_paths_that_real_clients_send(wire: RunningServer, path: str) -> None:
    url = f"{wire.url}/{path}?mode=foregroundMatting&api-version={VERSION}"
    answer = requests.post(url, data=PNG, headers={**BYTES, "Accept": "image/png"}, timeout=30)
    made(answer)
    assert answer.headers["request-id"] == answer.headers["apim-request-id"]


def test_real_networks_over_http(reading: RunningServer) -> None:
    """A red sign on a sky: the matte is the cut-out's own alpha, and it is the sign."""
    image, truth = Image.new("RGB", (640, 480), (120, 170, 220)), Image.new("1", (640, 480))
    for canvas, colour in ((image, (190, 20, 30)), (truth, 1)):
        ImageDraw.Draw(canvas).ellipse((200, 100, 440, 340), fill=colour)
    data = encoded(image, "JPEG", quality=90)
    cut = np.asarray(made(segment(reading, VERSION, data=data)))
    grey = np.asarray(made(segment(reading, PREVIEWS[1], "mode=foregroundMatting", data=data)))
    assert (cut[:, :, 3] == grey).all()
    found, sign = grey > 127, np.asarray(truth)
    assert (found & sign).sum() > 0.95 * (found | sign).sum()
    assert cut[220, 320].tolist()[0] > 150
    assert cut[10, 10].tolist() == [0, 0, 0, 0]


def test_large_pictures(wire: RunningServer) -> None:
    """A cut-out has at most 16 megapixels, a matte all of them."""
    data = encoded(Image.new("RGB", (6000, 3000), (9, 90, 200)), "JPEG")
    cut = made(segment(wire, VERSION, data=data))
    assert cut.size == (5656, 2828)
    assert np.asarray(cut)[5, 5].tolist()[3] == 255
    assert made(segment(wire, VERSION, "mode=foregroundMatting", data=data)).size == (6000, 3000)


# --- what is refused --------------------------------------------------------------------------------------


@every_version
@pytest.mark.parametrize("query", ["", "mode=", "mode=background", "mode=backgroundRemoval,foregroundMatting", "x=1"])
def test_mode(wire: RunningServer, version: str, query: str) -> None:
    assert_refused(segment(wire, version, query), MODE)


@pytest.mark.parametrize("version", FINAL)
def test_versions_without_it(wire: RunningServer, version: str) -> None:
    message = f"The API version is not supported. Supported are {', '.join(PREVIEWS)}."
    assert_refused(segment(wire, version), message, code="UnsupportedApiVersion")


@pytest.mark.parametrize("version", ["2022-07-31-preview", "v3.2"])
def test_unknown_version(wire: RunningServer, version: str) -> None:
    message = f"The API version is not supported. Supported are {', '.join(API_VERSIONS)}."
    assert_refused(segment(wire, version), message, code="UnsupportedApiVersion")


def test_no_version(wire: RunningServer) -> None:
    message = "An API version is required, but was not specified: api-version is missing."
    assert_refused(segment(wire, None), message, code="ApiVersionUnspecified")


@pytest.mark.parametrize("headers", [{}, {"Ocp-Apim-Subscription-Key": "wrong"}])
def test_401(wire: RunningServer, headers: dict[str, str]) -> None:
    answer = segment(wire, VERSION, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "401")


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_another_method_is_404(wire: RunningServer, method: str) -> None:
    url = f"{wire.url}/computervision/imageanalysis:segment?api-version={VERSION}&mode=backgroundRemoval"
    assert requests.request(method, url, headers=KEYED, timeout=30).status_code == 404


@pytest.mark.parametrize("content_type", ["text/plain", "application/pdf"])
def test_unsupported_media_type(wire: RunningServer, content_type: str) -> None:
    answer = segment(wire, VERSION, headers={**KEYED, "Content-Type": content_type})
    assert_refused(answer, f"The provided image content type {content_type} is not supported.")


def test_the_query_is_judged_before_the_body(wire: RunningServer) -> None:
    assert_refused(segment(wire, VERSION, "mode=x", headers={**KEYED, "Content-Type": "text/plain"}), MODE)


def test_image_that_is_none(wire: RunningServer) -> None:
    inner = ("InvalidImageFormat", "Input data is not a valid image.")
    for data in (b"no image", PNG[: len(PNG) // 2], b"<svg/>"):
        assert_refused(segment(wire, VERSION, data=data), "Image format is not valid.", inner)
    wrong_size = "The image size is not allowed to be zero or larger than 20971520 bytes."
    assert_refused(segment(wire, VERSION, data=b"", headers={**BYTES, "Content-Length": "0"}), wrong_size)
    too_small = "Image must be at least 50 pixels in width and height"
    answer = segment(wire, VERSION, data=encoded(meadow((49, 60))))
    assert_refused(answer, too_small, ("InvalidImageSize", too_small))


def test_image_out_of_reach(wire: RunningServer) -> None:
    answer = segment(wire, VERSION, data="{'url':'http://127.0.0.2:9/x.png'}", headers=JSON)
    assert_refused(answer, "The provided image url is not accessible.")


_queries = st.fixed_dictionaries(
    {},
    optional={
        "api-version": st.sampled_from([*PREVIEWS, *PREVIEWS, *FINAL, "2020-01-01", ""]),
        "mode": st.sampled_from(["backgroundRemoval", "FOREGROUNDMATTING", " backgroundremoval"])
        | st.sampled_from(["", "both", "\0", "é"])
        | st.text(max_size=8),
        "model-version": st.text(max_size=8),
    },
)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_queries, MEDIA_TYPES, BODIES)
def test_whatever_is_asked(wire: RunningServer, query: dict[str, str], content_type: str, body: bytes) -> None:
    """A picture of the size of that sent, or a 4xx in the shape of 4.0."""
    headers = {"Ocp-Apim-Subscription-Key": KEY, "Content-Type": content_type}
    url = f"{wire.url}/computervision/imageanalysis:segment"
    answer = requests.post(url, params=query, data=body, headers=headers, timeout=30)
    if answer.status_code == 200:
        assert made(answer).size == SIZE
        return
    assert answer.status_code in (400, 404), answer.text
    validate(VERSION, "ErrorResponse", answer.json())
    assert answer.headers["x-ms-error-code"] == answer.json()["error"]["code"]


# --- trouble of our own -----------------------------------------------------------------------------------


def missing() -> FixedSegmenter:
    raise OSError("/a/path/that/nobody/may/see.onnx: no such file")


@pytest.mark.parametrize(
    ("make", "status", "code"), [(BrokenSegmenter, 500, "InternalServerError"), (missing, 503, "ServiceUnavailable")]
)
def test_trouble_is_told_without_details(tmp_path: Path, make: Callable[[], Any], status: int, code: str) -> None:
    with server_in_thread(tmp_path, FixedReader, FixedViewer, make) as server:
        answer = segment(server, VERSION)
        assert (answer.status_code, answer.headers["x-ms-error-code"]) == (status, code)
        assert answer.json()["error"].keys() == {"code", "message"}
        assert not re.search(r"onnx|Zero|bug", answer.text)


def test_no_room_and_a_caller_who_left(tmp_path: Path) -> None:  # C17
    held = HeldSegmenter()
    with (
        server_in_thread(tmp_path, FixedReader, FixedViewer, lambda: held, workers=1, queue=0) as server,
        ThreadPoolExecutor(1) as other,
    ):
        first = other.submit(segment, server, VERSION)
        assert held.started.acquire(timeout=10)
        answer = segment(server, VERSION)
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) >= 1
        held.go_on.set()
        made(first.result())
        held.go_on.clear()
        with pytest.raises(requests.Timeout):
            segment(server, VERSION, timeout=0.5)
        assert held.dropped.acquire(timeout=10), "it went on for nobody"
