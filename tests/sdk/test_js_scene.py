"""All operations on what an image shows, of Microsoft's JavaScript SDK, the last release, which calls v3.2."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdk.clients import DENIED, NO_ACCESS, NO_IMAGE, SCRIPTS, TOO_SMALL, Image, Sent, run
from sdk.scene_answers import (
    FEATURES,
    SINCE_V2,
    THUMBNAIL_SIZE,
    assert_is_a_thumbnail,
    assert_lists_the_models,
    assert_sees_the_meadow,
)
from sdk.setup import node_program
from serving import KEY, RunningServer

WAYS = ("url", "stream", "bytes")
MORE = {"model-version": "latest"}
# Name in docs/compatibility.md: the SDK's method, arguments before the image, options, the path and query that
# reach the server.
CALLS: dict[str, tuple[str, list[Any], dict[str, Any], str, dict[str, str]]] = {
    "analyze": (
        "analyzeImage",
        [],
        {"visualFeatures": [*FEATURES, *SINCE_V2]},
        "analyze",
        {"visualFeatures": ",".join((*FEATURES, *SINCE_V2)), "language": "en"},
    ),
    "describe": ("describeImage", [], {"maxCandidates": 3}, "describe", {"maxCandidates": "3", "language": "en"}),
    "tag": ("tagImage", [], {}, "tag", {"language": "en"}),
    "detect": ("detectObjects", [], {}, "detect", {}),
    "areaOfInterest": ("getAreaOfInterest", [], {}, "areaOfInterest", {}),
    "domain": ("analyzeImageByDomain", ["celebrities"], {}, "models/celebrities/analyze", {"language": "en"}),
    "generateThumbnail": (
        "generateThumbnail",
        list(THUMBNAIL_SIZE),
        {"smartCropping": True},
        "generateThumbnail",
        {"width": str(THUMBNAIL_SIZE[0]), "height": str(THUMBNAIL_SIZE[1]), "smartCropping": "true"},
    ),
}
every_call = pytest.mark.parametrize(
    "operation", [pytest.param(name, id=name, marks=pytest.mark.covers(name, "v3.2")) for name in CALLS]
)

Ask = Callable[[dict[str, Any]], Any]


@pytest.fixture
def ask(installed: Callable[[str], Path], server: RunningServer) -> Ask:
    """Has the SDK make these calls, in one process."""

    def outcomes(calls: dict[str, Any]) -> Any:
        command = [node_program(), SCRIPTS / "scene_calls.js", server.url + "/", KEY, json.dumps(calls)]
        return run(command, NODE_PATH=installed("node") / "node_modules")

    return outcomes


def all_ways(operation: str, image: Image, **more: Any) -> dict[str, Any]:
    """The image by URL, from a stream and from a buffer."""
    method, before, options, _, _ = CALLS[operation]
    images = {"url": image.url, "stream": str(image.path), "bytes": str(image.path)}
    return {
        way: {
            "method": method if way == "url" else f"{method}InStream",
            "before": before,
            "options": options,
            way: images[way],
            **more,
        }
        for way in WAYS
    }


@every_call
def test_every_call_is_answered(ask: Ask, sent: list[Sent], images: dict[str, Image], operation: str) -> None:
    outcomes = ask(all_ways(operation, images["meadow.jpg"]))
    for way in WAYS:
        outcome = outcomes[way]
        assert "error" not in outcome, outcome["error"]
        if operation == "generateThumbnail":
            assert_is_a_thumbnail(outcome)
        else:
            assert_sees_the_meadow("v3.2", operation, outcome["body"])
            assert outcome["parsed"] == as_the_sdk_sees_it(outcome["body"])
    _, _, _, path, query = CALLS[operation]
    assert len(sent) == 3
    for request in sent:
        assert (request.method, request.path) == ("POST", f"/vision/v3.2/{path}")
        assert dict(request.query) == query | MORE
    types = sorted(request.headers["content-type"].partition(";")[0] for request in sent)
    assert types == ["application/json", "application/octet-stream", "application/octet-stream"]


def as_the_sdk_sees_it(body: dict[str, Any]) -> dict[str, Any]:
    """The SDK flattens `description` where it is all there is, and renames the list of models; nothing is lost."""
    names = {"models": "modelsProperty"}
    renamed = {names.get(name, name): member for name, member in body.items()}
    if "description" in renamed and "categories" not in renamed:
        renamed |= renamed.pop("description")
    return renamed


@pytest.mark.covers("models", "v3.2")
def test_list_of_models(ask: Ask) -> None:
    outcome = ask({"models": {"method": "listModels"}})["models"]
    assert_lists_the_models("v3.2", outcome)
    assert outcome["parsed"] == as_the_sdk_sees_it(outcome["body"])


@every_call
def test_refusals(ask: Ask, images: dict[str, Image], operation: str) -> None:
    meadow = images["meadow.jpg"]
    calls = {
        "wrong key": all_ways(operation, meadow, key="wrong"),
        "tiny": all_ways(operation, images["tiny.png"]),
        "no image": all_ways(operation, images["no_image.png"]),
        "forbidden": {"url": all_ways(operation, Image("http://10.0.0.1/x.jpg", meadow.path))["url"]},
    }
    outcomes = ask({f"{kind} {way}": call for kind, ways in calls.items() for way, call in ways.items()})
    if operation == "generateThumbnail":  # of these the SDK reads no error's body
        assert {name: outcome["error"]["status"] for name, outcome in outcomes.items()} == {
            name: 401 if "key" in name else 400 for name in outcomes
        }
        return
    for way in WAYS:
        error = outcomes[f"wrong key {way}"]["error"]
        assert (error["status"], error["code"], error["text"]) == (401, "401", DENIED)
        assert_refused(outcomes[f"tiny {way}"]["error"], "InvalidRequest", "InvalidImageSize", TOO_SMALL)
        assert_refused(outcomes[f"no image {way}"]["error"], "InvalidRequest", "InvalidImageFormat", NO_IMAGE)
    assert_refused(outcomes["forbidden url"]["error"], "InvalidArgument", "InvalidImageUrl", NO_ACCESS)


def assert_refused(error: Any, code: str, inner_code: str, message: str) -> None:
    """The SDK tells its user all that the body said."""
    assert (error["status"], error["code"], error["text"]) == (400, code, message)
    inner = {"code": inner_code, "message": message}
    assert error["model"] == {"error": {"code": code, "message": message, "innererror": inner}}
