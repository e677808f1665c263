"""Microsoft's JavaScript SDK, the last release, which calls v3.2."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdk.clients import DENIED, NO_ACCESS, NO_IMAGE, SCRIPTS, TOO_SMALL, Image, Sent, assert_is_the_poster, run
from sdk.setup import node_program
from serving import KEY, RunningServer

WAYS = ("url", "stream", "bytes")
pytestmark = pytest.mark.covers("ocr", "v3.2")

Call = Callable[..., Any]


@pytest.fixture
def call(installed: Callable[[str], Path], server: RunningServer) -> Call:
    """Has the SDK read an image by URL, from a stream and from a buffer."""

    def outcomes(image: Image, key: str = KEY, endpoint: str = server.url, **options: object) -> Any:
        script = SCRIPTS / "recognize_printed_text.js"
        arguments = (endpoint, key, image.url, image.path, json.dumps(options))
        return run([node_program(), script, *arguments], NODE_PATH=installed("node") / "node_modules")

    return outcomes


@pytest.mark.parametrize("slash", ["", "/"], ids=["bare", "slash"])
def test_reads_the_poster(call: Call, server: RunningServer, sent: list[Sent], poster: Image, slash: str) -> None:
    outcomes = call(poster, endpoint=server.url + slash)
    for way in WAYS:
        assert_is_the_poster("v3.2", outcomes[way]["body"])
        assert outcomes[way]["body"]["orientation"] == "Up"
        assert outcomes[way]["parsed"] == outcomes[way]["body"]

    by_url, streamed, in_one_piece = sent
    query = {"detectOrientation": "true", "language": "unk", "model-version": "latest"}
    for request in sent:
        assert (request.method, request.path, dict(request.query)) == ("POST", "/vision/v3.2/ocr", query)
        assert request.headers["ocp-apim-subscription-key"] == KEY
    assert by_url.headers["content-type"] == "application/json; charset=utf-8"
    assert streamed.headers["transfer-encoding"] == "chunked"
    assert int(in_one_piece.headers["content-length"]) == poster.path.stat().st_size
    for upload in (streamed, in_one_piece):
        assert upload.headers["content-type"] == "application/octet-stream"


def test_options_reach_the_server(call: Call, poster: Image) -> None:
    outcomes = call(poster, detectOrientation=False, language="de")
    for way in WAYS:
        assert outcomes[way]["parsed"]["language"] == "de"
        assert outcomes[way]["parsed"]["orientation"] == "NotDetected"
        assert outcomes[way]["parsed"]["regions"]


def test_wrong_key(call: Call, poster: Image) -> None:
    for error in errors(call(poster, key="wrong")):
        assert (error["status"], error["code"], error["text"]) == (401, "401", DENIED)


def test_image_too_small(call: Call, tiny: Image) -> None:
    for error in errors(call(tiny)):
        assert_refused(error, "InvalidRequest", "InvalidImageSize", TOO_SMALL)


def test_no_image(call: Call, no_image: Image) -> None:
    for error in errors(call(no_image)):
        assert_refused(error, "InvalidRequest", "InvalidImageFormat", NO_IMAGE)


def test_url_that_must_not_be_fetched(call: Call, poster: Image) -> None:
    outcomes = call(Image("http://10.0.0.1/poster.png", poster.path))
    assert_refused(outcomes["url"]["error"], "InvalidArgument", "InvalidImageUrl", NO_ACCESS)
    assert outcomes["stream"]["parsed"]["regions"]


def test_unknown_language_is_refused_by_the_sdk(call: Call, sent: list[Sent], poster: Image) -> None:
    for error in errors(call(poster, language="tlh")):
        assert error.keys() == {"text"}
        assert error["text"].startswith("tlh is not a valid value for options.language.")
    assert sent == []


def errors(outcomes: dict[str, Any]) -> list[Any]:
    assert outcomes.keys() == set(WAYS)
    return [outcome["error"] for outcome in outcomes.values()]


def assert_refused(error: Any, code: str, inner_code: str, message: str) -> None:
    """The SDK tells its user all that the body said."""
    assert (error["status"], error["code"], error["text"]) == (400, code, message)
    inner = {"code": inner_code, "message": message}
    assert error["model"] == {"error": {"code": code, "message": message, "innererror": inner}}
