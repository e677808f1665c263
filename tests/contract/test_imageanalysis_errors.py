"""Contract 3, 6.5 and 8: all that Image Analysis 4.0 refuses, and its own trouble (C07, C14, C17, C19)."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from analyses import API_VERSIONS, FEATURES, FINAL, PNG, PREVIEWS, analyze, assert_refused, every_version
from pictures import encoded
from readers import BrokenReader, FixedReader, HeldReader
from readstone.domain.picture import Picture
from readstone.domain.scene import Scene, SceneOptions
from scenes import BYTES, KEYED, meadow
from serving import RunningServer, server_in_thread
from viewers import BrokenViewer, FixedViewer

JSON = {"Content-Type": "application/json", **KEYED}
VERSION = "2023-10-01"
NOT_FOUND = {"error": {"code": "404", "message": "Resource not found"}}
QUERY = "Analyze query is invalid."
WRONG_SIZE = "The image size is not allowed to be zero or larger than 20971520 bytes."
FORMED_WRONG = "Image URL is badly formatted or not accessible"
NO_IMAGE = "Input data is not a valid image."


# --- who may call, and what -------------------------------------------------------------------------------


@every_version
@pytest.mark.parametrize("headers", [{}, {"Ocp-Apim-Subscription-Key": "wrong"}, {"Authorization": "Bearer nonsense"}])
def test_401(wire: RunningServer, version: str, headers: dict[str, str]) -> None:  # C07
    answer = analyze(wire, version, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "401")
    assert answer.json()["error"]["message"].startswith("Access denied due to invalid subscription key")
    assert answer.headers["Content-Type"] == "application/json"
    realm = f'AzureApiManagementKey realm="{wire.url}/computervision",name="Ocp-Apim-Subscription-Key",type="header"'
    assert answer.headers["WWW-Authenticate"] == realm


@pytest.mark.parametrize(
    "path",
    [
        "datasets?api-version=2023-02-01-preview",
        "imagecomposition:stitch?api-version=2023-04-01-preview",
        "imageanalysis",
    ],
)
def test_what_is_not_built(wire: RunningServer, path: str) -> None:
    answer = requests.post(f"{wire.url}/computervision/{path}", PNG, headers=BYTES, timeout=30)
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
    assert answer.headers["x-ms-error-code"] == "404"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_another_method_is_404(wire: RunningServer, method: str) -> None:
    url = f"{wire.url}/computervision/imageanalysis:analyze?api-version={VERSION}&features=tags"
    answer = requests.request(method, url, headers=KEYED, timeout=30)
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize("version", PREVIEWS)
def test_models_of_one_s_own(wire: RunningServer, version: str) -> None:
    answer = analyze(wire, version, "model-name=mine&features=tags")
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize("query", ["features=tags", "features=tags&api-version=", "features=tags&version=2023-10-01"])
def test_no_api_version(wire: RunningServer, query: str) -> None:
    message = "An API version is required, but was not specified: api-version is missing."
    assert_refused(analyze(wire, None, query), message, code="ApiVersionUnspecified")


@pytest.mark.parametrize("version", ["2023-10-02", "latest", "v3.2", "2022-07-31-preview"])
def test_unknown_api_version(wire: RunningServer, version: str) -> None:
    message = f"The API version is not supported. Supported are {', '.join(API_VERSIONS)}."
    assert_refused(analyze(wire, version), message, code="UnsupportedApiVersion")


# --- the query --------------------------------------------------------------------------------------------


@every_version
@pytest.mark.parametrize("query", ["", "features=", "features=,", "language=en"])
def test_no_features(wire: RunningServer, version: str, query: str) -> None:
    message = "Either 'features' or 'model-name' needs to be specified in the query parameter."
    assert_refused(analyze(wire, version, query), message)


@every_version
@pytest.mark.parametrize("query", ["features=colour", "features=tags,Faces", "features=description"])
def test_unknown_feature(wire: RunningServer, version: str, query: str) -> None:
    inner = ("NotSupportedVisualFeature", "Specified feature type is not valid")
    assert_refused(analyze(wire, version, query), QUERY, inner)


@every_version
@pytest.mark.parametrize(
    "query", ["features=tags&language=tlh", "features=caption&language=es", "features=tags,denseCaptions&language=fr"]
)
def test_language(wire: RunningServer, version: str, query: str) -> None:
    inner = ("NotSupportedLanguage", "The input language is not supported")
    assert_refused(analyze(wire, version, query), QUERY, inner)


@every_version
@pytest.mark.parametrize("ratios", ["0.74", "1.81", "1,2", "0.9,0", "999999999", "0"])
def test_aspect_ratio_out_of_range(wire: RunningServer, version: str, ratios: str) -> None:
    inner = ("BadArgument", "'smartcrops-aspect-ratios' aspect ratio is not in allowed range [0.75 to 1.8]")
    answer = analyze(wire, version, f"features=smartCrops&smartcrops-aspect-ratios={ratios}")
    assert_refused(answer, QUERY, inner)


@pytest.mark.parametrize("ratios", ["wide", "nan", "1_0", "-1", "1;2", "1e0", "\N{ARABIC-INDIC DIGIT ONE}"])
def test_aspect_ratio_that_is_no_number(wire: RunningServer, ratios: str) -> None:
    inner = ("BadArgument", "'smartcrops-aspect-ratios' must be numbers, divided by commas")
    answer = analyze(wire, VERSION, f"features=smartCrops&smartcrops-aspect-ratios={ratios}")
    assert_refused(answer, QUERY, inner)


def test_too_many_aspect_ratios(wire: RunningServer) -> None:
    inner = ("BadArgument", "'smartcrops-aspect-ratios' has more than 100 aspect ratios")
    answer = analyze(wire, VERSION, f"features=smartCrops&smartcrops-aspect-ratios={'1,' * 101}")
    assert_refused(answer, QUERY, inner)


def test_gender_neutral_caption_that_is_neither(wire: RunningServer) -> None:
    answer = analyze(wire, VERSION, "features=caption&gender-neutral-caption=maybe")
    assert_refused(answer, QUERY, ("BadArgument", "'gender-neutral-caption' must be true or false"))


@pytest.mark.parametrize("version", FINAL)
@pytest.mark.parametrize("model", ["newest", "2023-1-1", "2023-10-01-beta", "latest-", "2023-10-01T"])
def test_model_version(wire: RunningServer, version: str, model: str) -> None:
    answer = analyze(wire, version, f"features=tags&model-version={model}")
    assert_refused(answer, QUERY, ("BadArgument", "'model-version' must be latest or a date such as 2023-10-01"))


def test_the_query_is_judged_before_the_body(wire: RunningServer) -> None:
    answer = analyze(wire, VERSION, "features=x", headers={**KEYED, "Content-Type": "text/plain"})
    assert answer.json()["error"]["message"] == QUERY


# --- media type, body, image ------------------------------------------------------------------------------


@every_version
@pytest.mark.parametrize("content_type", ["text/plain", "application/pdf", "application/x-www-form-urlencoded"])
def test_unsupported_media_type(wire: RunningServer, version: str, content_type: str) -> None:
    answer = analyze(wire, version, headers={**KEYED, "Content-Type": content_type})
    assert_refused(answer, f"The provided image content type {content_type} is not supported.")


def test_no_media_type(wire: RunningServer) -> None:
    answer = analyze(wire, VERSION, headers=KEYED)
    assert_refused(answer, "The provided image content type  is not supported.")


def test_no_body_at_all(wire: RunningServer) -> None:
    answer = analyze(wire, VERSION, data=None, headers=KEYED)
    assert_refused(answer, "The request has no body.", ("BadArgument", "The request has no body."))


@pytest.mark.parametrize("body", ["", "{", "[]", '"http://x/y.png"'])
def test_body_that_is_no_json_object(wire: RunningServer, body: str) -> None:
    error = analyze(wire, VERSION, data=body, headers=JSON).json()["error"]
    assert (error["code"], error["innererror"]["code"]) == ("InvalidRequest", "BadArgument")


@pytest.mark.parametrize("body", ["{}", '{"url":""}', '{"url":1}'])
def test_missing_url(wire: RunningServer, body: str) -> None:
    answer = analyze(wire, VERSION, data=body, headers=JSON)
    assert_refused(answer, FORMED_WRONG, ("InvalidImageUrl", FORMED_WRONG))


@pytest.mark.parametrize("body", ['{"url":"no url"}', "{'url':'ftp://x/y.png'}", '{"url":"http://a:b@c/"}'])
def test_malformed_url(wire: RunningServer, body: str) -> None:
    assert_refused(analyze(wire, VERSION, data=body, headers=JSON), FORMED_WRONG)


@every_version
@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2"])
def test_url_out_of_reach(wire: RunningServer, version: str, host: str) -> None:  # C19: with single quotes
    answer = analyze(wire, version, data=f"{{'url':'http://{host}:9/x.png'}}", headers=JSON)
    assert_refused(answer, "The provided image url is not accessible.")


@every_version
@pytest.mark.parametrize("data", [b"no image", PNG[: len(PNG) // 2], b"%PDF-1.7", b"<svg/>"])
def test_no_valid_image(wire: RunningServer, version: str, data: bytes) -> None:
    answer = analyze(wire, version, data=data)
    assert_refused(answer, "Image format is not valid.", ("InvalidImageFormat", NO_IMAGE))


@every_version
@pytest.mark.parametrize("features", ["tags", "read", FEATURES])
def test_no_bytes(wire: RunningServer, version: str, features: str) -> None:
    headers = {**BYTES, "Content-Length": "0"}
    assert_refused(analyze(wire, version, f"features={features}", data=b"", headers=headers), WRONG_SIZE)


def test_too_many_bytes(wire: RunningServer) -> None:
    most = 20_971_520
    assert_refused(analyze(wire, VERSION, data=PNG + bytes(most + 1 - len(PNG))), WRONG_SIZE)
    assert analyze(wire, VERSION, data=PNG + bytes(most - len(PNG))).status_code == 200


@pytest.mark.parametrize("size", [(49, 60), (60, 49)])
def test_too_small(wire: RunningServer, size: tuple[int, int]) -> None:
    message = "Image must be at least 50 pixels in width and height"
    assert_refused(analyze(wire, VERSION, data=encoded(meadow(size))), message, ("InvalidImageSize", message))
    assert analyze(wire, VERSION, data=encoded(meadow((50, 50)))).status_code == 200


def test_too_large(wire: RunningServer) -> None:
    message = (
        "Image dimension (16000*60) is out of range. Image dimensions should be in the range of 50 x 50 and "
        "15999 x 15999."
    )
    answer = analyze(wire, VERSION, data=encoded(meadow((16_000, 60))))
    assert_refused(answer, message, ("InvalidImageSize", message))


# --- trouble of our own -----------------------------------------------------------------------------------


def without_sentences(picture: Picture, _options: SceneOptions) -> Scene:
    return Scene(picture.width, picture.height, tags=())


@pytest.mark.parametrize(("feature", "name"), [("caption", "Caption"), ("densecaptions", "DenseCaptions")])
def test_a_viewer_that_makes_no_sentences(tmp_path: Path, feature: str, name: str) -> None:
    with server_in_thread(tmp_path, FixedReader, lambda: FixedViewer(without_sentences)) as server:
        answer = analyze(server, VERSION, f"features=tags,{feature}")
        assert_refused(answer, f"The feature '{name}' is not supported in this region")
        assert analyze(server, VERSION, "features=tags").status_code == 200


def missing() -> FixedViewer:
    raise OSError("/a/path/that/nobody/may/see.onnx: no such file")


@pytest.mark.parametrize(
    ("make_reader", "make_viewer", "status", "code"),
    [
        (FixedReader, BrokenViewer, 500, "InternalServerError"),
        (BrokenReader, FixedViewer, 500, "InternalServerError"),
        (FixedReader, missing, 503, "ServiceUnavailable"),
    ],
)
def test_trouble_is_told_without_details(
    tmp_path: Path, make_reader: Callable[[], Any], make_viewer: Callable[[], Any], status: int, code: str
) -> None:
    with server_in_thread(tmp_path, make_reader, make_viewer) as server:
        answer = analyze(server, VERSION)
        assert answer.status_code == status
        assert answer.headers["x-ms-error-code"] == code
        assert answer.json()["error"].keys() == {"code", "message"}
        assert answer.json()["error"]["code"] == code
        assert not re.search(r"onnx|Zero|bug", answer.text)


def test_a_broken_viewer_stops_the_reader(tmp_path: Path) -> None:
    held = HeldReader()
    with server_in_thread(tmp_path, lambda: held, BrokenViewer, workers=1) as server:
        assert analyze(server, VERSION).status_code == 500
        assert held.dropped.acquire(timeout=10)


def test_no_room(tmp_path: Path) -> None:  # C17
    held = HeldReader()
    with (
        server_in_thread(tmp_path, lambda: held, FixedViewer, workers=1, queue=0) as server,
        ThreadPoolExecutor(1) as other,
    ):
        first = other.submit(analyze, server, VERSION)
        assert held.started.acquire(timeout=10)
        answer = analyze(server, VERSION, "features=tags")
        assert answer.status_code == 429
        seconds = int(answer.headers["Retry-After"])
        assert f"Please retry after {seconds} seconds." in answer.json()["error"]["message"]
        held.go_on.set()
        assert first.result().status_code == 200


class _Meeting:
    """Reader and viewer who go on only once both are there: they must run at the same time."""

    def __init__(self) -> None:
        self.both = threading.Barrier(2)

    def page(self, picture: Picture) -> Any:
        self.both.wait(10)
        return FixedReader().page(picture)

    def scene(self, picture: Picture, options: SceneOptions) -> Scene:
        self.both.wait(10)
        return FixedViewer().scene(picture, options)


def test_read_and_looked_at_side_by_side(tmp_path: Path) -> None:
    meeting = _Meeting()
    reader, viewer = FixedReader(meeting.page), FixedViewer(meeting.scene)
    with server_in_thread(tmp_path, lambda: reader, lambda: viewer, workers=1) as server:
        assert analyze(server, VERSION).status_code == 200
