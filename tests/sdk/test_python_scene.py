"""All operations on what an image shows, of Microsoft's Python SDK, in releases that call v2.0, v2.1, v3.0 - v3.2."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas import FLAT_ERRORS
from sdk.clients import DENIED, NO_ACCESS, NO_IMAGE, SCRIPTS, TOO_SMALL, Image, Sent, run
from sdk.scene_answers import (
    FEATURES,
    SINCE_V2,
    THUMBNAIL_SIZE,
    assert_is_a_thumbnail,
    assert_lists_the_models,
    assert_sees_the_meadow,
    without_seeds_spelling,
)
from serving import KEY, RunningServer

RELEASES = {"0.3.0": "v2.0", "0.4.0": "v2.0", "0.5.0": "v2.1", "0.6.0": "v3.0", "0.7.0": "v3.1", "0.9.1": "v3.2"}
# Name in docs/compatibility.md: the SDK's method, its options, the path and query that reach the server.
CALLS: dict[str, tuple[str, dict[str, Any], str, dict[str, str]]] = {
    "analyze": (
        "analyze_image",
        {"visual_features": [*FEATURES, *SINCE_V2]},
        "analyze",
        {"visualFeatures": ",".join((*FEATURES, *SINCE_V2)), "language": "en"},
    ),
    "describe": ("describe_image", {"max_candidates": 3}, "describe", {"maxCandidates": "3", "language": "en"}),
    "tag": ("tag_image", {}, "tag", {"language": "en"}),
    "detect": ("detect_objects", {}, "detect", {}),
    "areaOfInterest": ("get_area_of_interest", {}, "areaOfInterest", {}),
    "domain": ("analyze_image_by_domain", {"model": "celebrities"}, "models/celebrities/analyze", {"language": "en"}),
    "generateThumbnail": (
        "generate_thumbnail",
        {"width": THUMBNAIL_SIZE[0], "height": THUMBNAIL_SIZE[1], "smart_cropping": True},
        "generateThumbnail",
        {"width": str(THUMBNAIL_SIZE[0]), "height": str(THUMBNAIL_SIZE[1]), "smartCropping": "true"},
    ),
}
every_call = pytest.mark.parametrize(
    ("release", "operation"),
    [
        pytest.param(release, operation, id=f"{release}-{operation}", marks=pytest.mark.covers(operation, version))
        for release, version in RELEASES.items()
        for operation in CALLS
    ],
)

Ask = Callable[[str], tuple[dict[str, Any], list[Sent]]]


def both_ways(operation: str, image: Image, **more: Any) -> dict[str, Any]:
    method, options, _, _ = CALLS[operation]
    return {
        f"{operation} url": {"method": method, "options": options, "url": image.url, **more},
        f"{operation} stream": {
            "method": f"{method}_in_stream",
            "options": options,
            "path": str(image.path),
            **more,
        },
    }


@pytest.fixture(scope="module")
def asked(
    installed: Callable[[str], Path],
    server: RunningServer,
    recorded: Callable[[], list[Sent]],
    images: dict[str, Image],
) -> Ask:
    """Each release makes all its calls once; the tests look at what came of them."""

    @functools.cache
    def of(release: str) -> tuple[dict[str, Any], list[Sent]]:
        calls: dict[str, Any] = {"models": {"method": "list_models"}}
        for operation in CALLS:
            meadow, forbidden = images["meadow.jpg"], Image("http://10.0.0.1/meadow.jpg", images["meadow.jpg"].path)
            calls |= both_ways(operation, meadow)
            calls |= {f"wrong key: {k}": v for k, v in both_ways(operation, meadow, key="wrong").items()}
            calls |= {f"tiny: {k}": v for k, v in both_ways(operation, images["tiny.png"]).items()}
            calls |= {f"no image: {k}": v for k, v in both_ways(operation, images["no_image.png"]).items()}
            calls |= {f"forbidden: {k}": v for k, v in both_ways(operation, forbidden).items() if "url" in v}
        # Without site-packages (-S): the SDK has its own dependencies, not those of the tests.
        command = [sys.executable, "-S", SCRIPTS / "scene_calls.py", server.url + "/", KEY, json.dumps(calls)]
        sent = recorded()
        return run(command, PYTHONPATH=installed(f"python-{release}")), list(sent)

    return of


@every_call
def test_every_call_is_answered(asked: Ask, release: str, operation: str) -> None:
    outcomes, _ = asked(release)
    for way in ("url", "stream"):
        outcome = outcomes[f"{operation} {way}"]
        assert "error" not in outcome, outcome["error"]
        if operation == "generateThumbnail":
            assert_is_a_thumbnail(outcome)
        else:
            assert_sees_the_meadow(RELEASES[release], operation, outcome["body"])
            # Nothing is lost between the body and the SDK's objects.
            assert outcome["parsed"] == without_seeds_spelling(outcome["body"])


@every_call
def test_what_reaches_the_server(asked: Ask, release: str, operation: str) -> None:
    version = RELEASES[release]
    _, _, path, query = CALLS[operation]
    _, sent = asked(release)
    by_url, streamed = [request for request in sent if request.path == f"/vision/{version}/{path}"][:2]
    for request in (by_url, streamed):
        assert request.method == "POST"
        assert dict(request.query) == query | ({"model-version": "latest"} if version == "v3.2" else {})
    assert by_url.headers["content-type"] == "application/json; charset=utf-8"
    assert streamed.headers["content-type"] == "application/octet-stream"
    assert streamed.headers["transfer-encoding"] == "chunked"
    accepted = "application/octet-stream" if operation == "generateThumbnail" else "application/json"
    assert streamed.headers["accept"] == accepted


@pytest.mark.parametrize(
    "release", [pytest.param(r, id=r, marks=pytest.mark.covers("models", v)) for r, v in RELEASES.items()]
)
def test_list_of_models(asked: Ask, release: str) -> None:
    outcome = asked(release)[0]["models"]
    assert_lists_the_models(RELEASES[release], outcome)
    assert outcome["parsed"] == outcome["body"]


@every_call
def test_refusals(asked: Ask, release: str, operation: str) -> None:
    version = RELEASES[release]
    outcomes, _ = asked(release)
    for way in ("url", "stream"):
        error = outcomes[f"wrong key: {operation} {way}"]["error"]
        assert error["status"] == 401
        nested = version == "v3.2" and operation != "generateThumbnail"
        if nested:
            assert error["text"] == f"(401) {DENIED}"
        refused = {"tiny": ("InvalidImageSize", TOO_SMALL), "no image": ("InvalidImageFormat", NO_IMAGE)}
        for kind, (code, message) in refused.items():
            assert_refused(outcomes[f"{kind}: {operation} {way}"]["error"], version, "InvalidRequest", code, message)
    forbidden = outcomes[f"forbidden: {operation} url"]["error"]
    assert_refused(forbidden, version, "InvalidArgument", "InvalidImageUrl", NO_ACCESS)


def assert_refused(error: Any, version: str, outer: str, code: str, message: str) -> None:
    """The SDK tells its user all that the body said, where it reads bodies at all."""
    assert error["status"] == 400
    if error["model"] is None:  # thumbnails: a plain HttpOperationError
        assert error["type"] == "HttpOperationError"
        return
    if version in FLAT_ERRORS:
        assert error["text"] == message
        assert error["model"].pop("requestId")
        assert error["model"] == {"code": code, "message": message}
    else:
        assert error["text"] == f"({outer}) {message}"
        inner = {"code": code, "message": message}
        assert error["model"] == {"error": {"code": outer, "message": message, "innererror": inner}}
