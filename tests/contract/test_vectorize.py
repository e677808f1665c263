"""Contract 7.6: vectors of images and texts, of one model that is plugged in, or an error that says how to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tiny_models
from analyses import PNG, assert_refused
from pictures import encoded
from readers import FixedReader
from scenes import BYTES, KEYED, meadow
from schemas import success_definition, validate
from serving import RunningServer, server_in_thread
from viewers import FixedViewer

PREVIEWS = ("2023-02-01-preview", "2023-04-01-preview")
VERSIONS = (*PREVIEWS, "2024-02-01")
JSON = {"Content-Type": "application/json", **KEYED}

every_version = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture(scope="module")
def joint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The whole server with a real joint model in miniature, accepted by a setting."""
    folder = tiny_models.siglip(tmp_path_factory.mktemp("models") / "tiny-siglip")
    with server_in_thread(
        tmp_path_factory.mktemp("joint"),
        FixedReader,
        FixedViewer,
        engine_vectors=str(folder),
        engine_accept=str(folder),
        fetch_allow="127.0.0.2/32",
    ) as server:
        yield server


def ask(
    server: RunningServer, what: str, version: str | None, query: str = "model-version=2023-04-15", **more: Any
) -> Any:
    arguments = {"headers": BYTES, "data": PNG} if what == "Image" else {"headers": JSON, "json": {"text": "a dog"}}
    asked = query if version is None else f"api-version={version}&{query}"
    url = f"{server.url}/computervision/retrieval:vectorize{what}?{asked}"
    return requests.post(url, timeout=60, **{**arguments, **more})


def vector(answer: requests.Response, version: str, what: str) -> tuple[str, list[float]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    body = answer.json()
    path = f"/retrieval:vectorize{what}"
    validate(version, success_definition(version, path), body)
    assert body.keys() == {"modelVersion", "vector"}
    assert math.isclose(sum(number * number for number in body["vector"]), 1, abs_tol=1e-5)
    return body["modelVersion"], body["vector"]


# --- with a model --------------------------------------------------------------------------------------------


@pytest.mark.covers("retrieval:vectorizeImage")
@every_version
def test_image(joint: RunningServer, version: str) -> None:
    model, numbers = vector(ask(joint, "Image", version), version, "Image")
    assert model.startswith("tiny-siglip@")
    assert len(numbers) == 16, "the model's own length"
    _, other = vector(ask(joint, "Image", version, data=encoded(meadow((64, 64)).rotate(180))), version, "Image")
    assert other != numbers


@pytest.mark.covers("retrieval:vectorizeText")
@every_version
def test_text_is_of_the_same_space(joint: RunningServer, version: str) -> None:
    model, numbers = vector(ask(joint, "Text", version), version, "Text")
    assert (model, len(numbers)) == (vector(ask(joint, "Image", version), version, "Image")[0], 16)
    _, other = vector(ask(joint, "Text", version, json={"text": "red car"}), version, "Text")
    assert other != numbers


def test_image_by_url(joint: RunningServer, tmp_path: Path) -> None:
    answer = ask(joint, "Image", "2024-02-01", headers=JSON, data=None, json={"url": "http://127.0.0.1:9/a.png"})
    assert_refused(answer, "The provided image url is not accessible.")


@pytest.mark.parametrize("query", ["model-version=latest", "model-version=2022-04-11", "modelVersion=latest"])
def test_names_of_azure_s_models(joint: RunningServer, query: str) -> None:
    vector(ask(joint, "Text", "2024-02-01", query), "2024-02-01", "Text")


@pytest.mark.parametrize("what", ["Image", "Text"])
def test_the_model_s_own_name_pins_the_space(joint: RunningServer, what: str) -> None:
    own, _ = vector(ask(joint, what, "2024-02-01"), "2024-02-01", what)
    vector(ask(joint, what, "2024-02-01", f"model-version={own}"), "2024-02-01", what)
    message = f"model-version must be latest, a date or {own}."
    answer = ask(joint, what, "2024-02-01", "model-version=tiny-siglip@00000000")
    assert_refused(answer, message, ("BadArgument", message))


@pytest.mark.parametrize("version", PREVIEWS)
@pytest.mark.parametrize("what", ["Image", "Text"])
def test_previews_need_no_model_version(joint: RunningServer, version: str, what: str) -> None:
    vector(ask(joint, what, version, ""), version, what)


@pytest.mark.parametrize("what", ["Image", "Text"])
def test_model_version_is_needed_later(joint: RunningServer, what: str) -> None:
    message = "The query parameter model-version is missing."
    assert_refused(ask(joint, what, "2024-02-01", ""), message, ("BadArgument", message))


@every_version
@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"text": "   "}, {"text": 7}, {"text": None}, {"text": "word " * 71}, {"Text": "a dog"}]
)
def test_text_that_is_none(joint: RunningServer, version: str, body: dict[str, Any]) -> None:
    message = "'text' must have 1 to 70 words."
    assert_refused(ask(joint, "Text", version, json=body), message, ("BadArgument", message))


def test_seventy_words_and_single_quotes(joint: RunningServer) -> None:
    vector(ask(joint, "Text", "2024-02-01", json={"text": "dog " * 70}), "2024-02-01", "Text")
    windows = ask(joint, "Text", "2024-02-01", json=None, data="{'text': 'a dog'}")
    vector(windows, "2024-02-01", "Text")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "The request body is not valid JSON."),
        ("[1]", "The request body is not a JSON object."),
        ('{"text": "' + "x" * 70_000 + '"}', "The request body is too large."),
    ],
)
def test_bodies_that_are_no_text(joint: RunningServer, body: str, message: str) -> None:
    answer = ask(joint, "Text", "2024-02-01", json=None, data=body)
    assert_refused(answer, message, ("BadArgument", message))


def test_text_is_json_alone(joint: RunningServer) -> None:
    answer = ask(joint, "Text", "2024-02-01", headers={**BYTES, "Content-Type": "text/plain"}, json=None, data="a dog")
    assert_refused(answer, "The provided content type text/plain is not supported.")


@pytest.mark.parametrize("size", [(9, 40), (40, 9), (16_000, 10)])
def test_image_of_another_size(joint: RunningServer, size: tuple[int, int]) -> None:
    answer = ask(joint, "Image", "2024-02-01", data=encoded(meadow((64, 64)).resize(size)))
    assert answer.status_code == 400
    assert answer.json()["error"]["innererror"]["code"] in ("InvalidImageSize", "InvalidImageDimension")


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "ICO", "TIFF"])
def test_formats_down_to_ten_pixels(joint: RunningServer, name: str) -> None:
    data = encoded(meadow((64, 64)).resize((10, 10)), name)
    vector(ask(joint, "Image", "2024-02-01", data=data), "2024-02-01", "Image")


@pytest.mark.parametrize("data", [b"", b"no image"])
def test_no_image(joint: RunningServer, data: bytes) -> None:
    answer = ask(joint, "Image", "2024-02-01", data=data)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidRequest")


# --- whoever asks, wherever ----------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["Image", "Text"])
@pytest.mark.parametrize("version", ["2023-10-01", "v3.2"])
def test_versions_without_vectors(joint: RunningServer, what: str, version: str) -> None:
    answer = ask(joint, what, version)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "UnsupportedApiVersion")


@pytest.mark.parametrize("what", ["Image", "Text"])
def test_no_version_and_no_key(joint: RunningServer, what: str) -> None:
    answer = ask(joint, what, None)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ApiVersionUnspecified")
    assert ask(joint, what, "2024-02-01", headers={"Content-Type": "application/json"}).status_code == 401


@every_version
@pytest.mark.parametrize("what", ["Image", "Text"])
def test_without_a_model(wire: RunningServer, version: str, what: str) -> None:
    answer = ask(wire, what, version)
    message = answer.json()["error"]["message"]
    assert message.startswith("The feature 'Vectorize' is not supported in this region")
    assert "READSTONE_ENGINE_VECTORS" in message
    assert "docs/engines.md" in message
    assert_refused(answer, message)


def test_described_where_it_is_served(joint: RunningServer) -> None:
    for version, there in (("2024-02-01", True), ("2023-10-01", False), ("2023-02-01-preview", True)):
        paths = requests.get(f"{joint.url}/swagger/{version}/swagger.json", timeout=30).json()["paths"]
        assert ("/retrieval:vectorizeText" in paths) is there, version


_words = st.sampled_from(["", "latest", "LATEST", "2023-04-15", "2022-04-11-preview", "2023", "x@y", "%00", "é"])
_types = st.sampled_from(
    ["application/json", "application/octet-stream", "image/png", "text/plain", "", "multipart/form-data"]
)
_bodies = st.one_of(
    st.just(PNG),
    st.binary(max_size=40),
    st.text(max_size=20).map(str.encode),
    st.sampled_from(
        [b'{"text": "a dog"}', b'{"text": []}', b"{}", b'{"url": "http://127.0.0.1:9/"}', b'{"text": "\\u0000"}']
    ),
)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["Image", "Text"]), st.sampled_from([*VERSIONS, "2023-10-01", ""]), _words, _types, _bodies)
def test_whatever_is_sent(joint: RunningServer, what: str, version: str, model: str, kind: str, body: bytes) -> None:
    headers = {**KEYED, "Content-Type": kind} if kind else KEYED
    answer = ask(joint, what, version, f"model-version={model}", headers=headers, data=body, json=None)
    if answer.status_code == 200:
        vector(answer, version, what)
    else:
        assert answer.status_code == 400, answer.text
        validate("2024-02-01", "ErrorResponse", answer.json())
