"""Microsoft's Python SDK, one release that calls v2.0 and the last one, which calls v3.2."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdk.clients import DENIED, NO_ACCESS, NO_IMAGE, SCRIPTS, TOO_SMALL, Image, Sent, assert_is_the_poster, run
from serving import KEY, RunningServer

RELEASES = [
    pytest.param("0.4.0", "v2.0", id="0.4.0", marks=pytest.mark.covers("ocr", "v2.0")),
    pytest.param("0.9.1", "v3.2", id="0.9.1", marks=pytest.mark.covers("ocr", "v3.2")),
]
pytestmark = pytest.mark.parametrize(("release", "version"), RELEASES)

Call = Callable[..., Any]


@pytest.fixture
def call(installed: Callable[[str], Path], server: RunningServer, release: str) -> Call:
    """Has the SDK read an image by URL and from a stream."""

    def outcomes(image: Image, key: str = KEY, endpoint: str = server.url, **options: object) -> Any:
        script = SCRIPTS / "recognize_printed_text.py"
        arguments = (endpoint, key, image.url, image.path, json.dumps(options))
        # Without site-packages (-S): the SDK has its own dependencies, not those of the tests.
        return run([sys.executable, "-S", script, *arguments], PYTHONPATH=installed(f"python-{release}"))

    return outcomes


@pytest.mark.parametrize("slash", ["", "/"], ids=["bare", "slash"])
def test_reads_the_poster(
    call: Call, server: RunningServer, sent: list[Sent], poster: Image, version: str, slash: str
) -> None:
    outcomes = call(poster, endpoint=server.url + slash)
    for way in ("url", "stream"):
        assert_is_the_poster(version, outcomes[way]["body"])
        assert outcomes[way]["body"]["orientation"] == "Up"
        # Nothing is lost between the body and the SDK's objects.
        assert outcomes[way]["parsed"] == outcomes[way]["body"]

    by_url, streamed = sent
    query = {"detectOrientation": "true", "language": "unk"}
    if version == "v3.2":
        query["model-version"] = "latest"
    for request in sent:
        assert (request.method, request.path, dict(request.query)) == ("POST", f"/vision/{version}/ocr", query)
        assert request.headers["ocp-apim-subscription-key"] == KEY
    assert by_url.headers["content-type"] == "application/json; charset=utf-8"
    assert streamed.headers["content-type"] == "application/octet-stream"
    assert streamed.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in streamed.headers


def test_options_reach_the_server(call: Call, poster: Image, version: str) -> None:
    outcomes = call(poster, detect_orientation=False, language="de")
    for way in ("url", "stream"):
        assert outcomes[way]["parsed"]["language"] == "de"
        assert outcomes[way]["parsed"]["orientation"] == "NotDetected"
        assert outcomes[way]["parsed"]["regions"]


def test_wrong_key(call: Call, poster: Image, version: str) -> None:
    for error in errors(call(poster, key="wrong")):
        assert error["status"] == 401
        if version == "v3.2":
            assert error["type"] == "ComputerVisionErrorResponseException"
            assert error["text"] == f"(401) {DENIED}"
        else:
            # This release reads flat errors only, and the gateway's is nested in every version (contract 3).
            assert error["type"] == "ComputerVisionErrorException"
            assert error["text"] == "Operation returned an invalid status code 'Unauthorized'"


def test_image_too_small(call: Call, tiny: Image, version: str) -> None:
    for error in errors(call(tiny)):
        assert_refused(error, version, "InvalidRequest", "InvalidImageSize", TOO_SMALL)


def test_no_image(call: Call, no_image: Image, version: str) -> None:
    for error in errors(call(no_image)):
        assert_refused(error, version, "InvalidRequest", "InvalidImageFormat", NO_IMAGE)


def test_url_that_must_not_be_fetched(call: Call, poster: Image, version: str) -> None:
    outcomes = call(Image("http://10.0.0.1/poster.png", poster.path))
    assert_refused(outcomes["url"]["error"], version, "InvalidArgument", "InvalidImageUrl", NO_ACCESS)
    assert outcomes["stream"]["parsed"]["regions"]


def test_unknown_language_is_refused_by_the_sdk(call: Call, sent: list[Sent], poster: Image, version: str) -> None:
    # What the server says to one is for the tests of the wire: no release lets it out.
    for error in errors(call(poster, language="tlh")):
        assert error == {"type": "TypeError", "text": "language must be type OcrLanguages."}
    assert sent == []


def errors(outcomes: dict[str, Any]) -> list[Any]:
    assert outcomes.keys() == {"url", "stream"}
    return [outcome["error"] for outcome in outcomes.values()]


def assert_refused(error: Any, version: str, code: str, inner_code: str, message: str) -> None:
    """The SDK tells its user all that the body said."""
    assert error["status"] == 400
    if version == "v3.2":
        inner = {"code": inner_code, "message": message}
        assert error["text"] == f"({code}) {message}"
        assert error["model"] == {"error": {"code": code, "message": message, "innererror": inner}}
    else:
        assert error["text"] == message
        assert error["model"].pop("request_id")
        assert error["model"] == {"code": inner_code, "message": message}
