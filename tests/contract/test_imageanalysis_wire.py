"""Contract 2 and 8: how Image Analysis 4.0 is called, and what comes of calls at random (C09)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from analyses import API_VERSIONS, BODIES, MEDIA_TYPES, PNG, analyze
from pictures import encoded
from scenes import BYTES, KEYED, meadow
from schemas import validate
from serving import KEY, RunningServer

VERSION = "2023-10-01"

every_version = pytest.mark.parametrize("version", API_VERSIONS)


@every_version
@pytest.mark.parametrize(
    "path",
    [
        "computervision/imageanalysis:analyze",
        "/computervision//imageanalysis:analyze/",
        "computervision/imageanalysis%3Aanalyze",
        "ComputerVision/ImageAnalysis:Analyze",
    ],
)
def test_paths_that_real_clients_send(wire: RunningServer, version: str, path: str) -> None:
    url = f"{wire.url}/{path}?features=read&api-version={version}"
    headers = {**BYTES, "x-ms-client-request-id": "mine"}
    answer = requests.post(url, data=PNG, headers=headers, timeout=30)
    assert answer.status_code == 200
    assert answer.headers["request-id"] == answer.headers["apim-request-id"]
    assert answer.headers["api-supported-versions"] == ",".join(API_VERSIONS)
    assert answer.headers["x-ms-client-request-id"] == "mine"
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


@every_version
def test_chunked_upload_without_length(wire: RunningServer, version: str) -> None:  # C09
    def pieces() -> Iterator[bytes]:
        for start in range(0, len(PNG), 100):
            yield PNG[start : start + 100]

    assert analyze(wire, version, data=pieces()).status_code == 200


@pytest.mark.parametrize("name", ["octet-stream", "png", "jpeg", "bmp", "gif", "tiff", "webp", "x-icon"])
def test_media_types_of_images(wire: RunningServer, name: str) -> None:
    content_type = f"application/{name}" if name == "octet-stream" else f"image/{name}"
    assert analyze(wire, VERSION, headers={**BYTES, "Content-Type": content_type}).status_code == 200


def test_multipart_form(wire: RunningServer) -> None:
    files = {"whatever": ("a.png", PNG)}
    assert analyze(wire, VERSION, data={"note": "x"}, files=files, headers=KEYED).status_code == 200


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "ICO", "TIFF", "MPO"])
def test_formats(wire: RunningServer, image_format: str) -> None:
    image = meadow((64, 64))
    more = {"save_all": True, "append_images": [Image.new("RGB", (64, 64))]} if image_format == "MPO" else {}
    answer = analyze(wire, VERSION, data=encoded(image, image_format, **more))
    assert answer.status_code == 200, answer.text
    assert answer.json()["metadata"] == {"width": 64, "height": 64}


def test_preflight_needs_no_key(wire: RunningServer) -> None:
    url = f"{wire.url}/computervision/imageanalysis:analyze"
    answer = requests.options(url, headers={"Origin": "null"}, timeout=30)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")


_names = st.sampled_from(
    ["tags", "Caption", "denseCaptions", "objects", "READ", "smartCrops", "people", "", "x", " read"]
)
_queries = st.fixed_dictionaries(
    {},
    optional={
        "api-version": st.sampled_from([*API_VERSIONS, VERSION, VERSION, "2020-01-01", ""]),
        "features": st.lists(_names, max_size=5).map(",".join),
        "language": st.sampled_from(["en", "EN", "es", "zh-Hans", "xx", "\0", "é"]),
        "gender-neutral-caption": st.sampled_from(["true", "0", "yes", ""]),
        "smartcrops-aspect-ratios": st.lists(st.floats(0.7, 1.9) | st.floats(), max_size=3).map(
            lambda ratios: ",".join(map(str, ratios))
        ),
        "model-version": st.sampled_from(["latest", "2023-10-01", "x"]) | st.text(max_size=8),
        "model-name": st.sampled_from(["", "mine"]),
    },
)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_queries, MEDIA_TYPES, BODIES)
def test_whatever_is_asked(wire: RunningServer, query: dict[str, str], content_type: str, body: bytes) -> None:
    """A 200 by Microsoft's definition, or a 4xx in its shape."""
    headers = {"Ocp-Apim-Subscription-Key": KEY, "Content-Type": content_type}
    url = f"{wire.url}/computervision/imageanalysis:analyze"
    answer = requests.post(url, params=query, data=body, headers=headers, timeout=30)
    version = query.get("api-version", "").strip() or VERSION
    if answer.status_code == 200:
        validate(version, "ImageAnalysisResult", answer.json())
        return
    assert answer.status_code in (400, 404), answer.text
    validate(VERSION, "ErrorResponse", answer.json())
    assert answer.headers["x-ms-error-code"] == answer.json()["error"]["code"]
