"""Read of Microsoft's JavaScript SDK, the last release, which calls v3.2."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdk.clients import (
    DENIED,
    NO_ACCESS,
    NO_IMAGE,
    SCRIPTS,
    Image,
    Sent,
    assert_words_of_the_poster,
    pages_of,
    run,
    validate_result,
)
from sdk.poster import PAGES, PDF_SIZE
from sdk.setup import node_program
from serving import KEY, RunningServer

GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
WAYS = ("url", "stream", "bytes")
pytestmark = pytest.mark.covers("read", "v3.2")

Ask = Callable[[dict[str, Any]], Any]


@pytest.fixture
def ask(installed: Callable[[str], Path], server: RunningServer) -> Ask:
    """Has the SDK make these calls, in one process."""

    def outcomes(calls: dict[str, Any]) -> Any:
        command = [node_program(), SCRIPTS / "text_calls.js", server.url + "/", KEY, json.dumps(calls)]
        return run(command, NODE_PATH=installed("node") / "node_modules")

    return outcomes


def all_ways(image: Image, **more: object) -> dict[str, Any]:
    """The image by URL, from a stream and from a buffer."""
    return {"url": {"url": image.url, **more}} | {way: {way: str(image.path), **more} for way in WAYS[1:]}


def finished(outcome: Any) -> dict[str, Any]:
    """The last body, after every body was found valid and the same as the SDK's objects."""
    assert "error" not in outcome, outcome["error"]
    states = []
    for poll in outcome["polls"]:
        validate_result("v3.2", "read/analyzeResults", poll["body"])
        assert poll["parsed"] == poll["body"]
        states.append(poll["body"]["status"])
    assert set(states[:-1]) <= {"notStarted", "running"}
    assert states[-1] == "succeeded"
    return outcome["polls"][-1]["body"]


def test_reads_the_poster(ask: Ask, server: RunningServer, sent: list[Sent], poster: Image) -> None:
    outcomes = ask(all_ways(poster))
    results = f"{server.url}/vision/v3.2/read/analyzeResults"
    for way in WAYS:
        (page,) = pages_of(finished(outcomes[way]))
        assert_words_of_the_poster(page)
        assert re.fullmatch(rf"{re.escape(results)}/{GUID}", outcomes[way]["location"])

    submits = [request for request in sent if request.method == "POST"]
    assert len(submits) == 3
    for request in submits:
        assert request.path == "/vision/v3.2/read/analyze"
        assert dict(request.query) == {"model-version": "latest", "readingOrder": "basic"}
        assert request.headers["ocp-apim-subscription-key"] == KEY
    types = sorted(request.headers["content-type"] for request in submits)
    assert types == ["application/json; charset=utf-8", "application/octet-stream", "application/octet-stream"]
    lengths = {request.headers.get("content-length", "chunked") for request in submits}
    assert {"chunked", str(poster.path.stat().st_size)} < lengths


def test_reads_documents_of_several_pages(ask: Ask, images: dict[str, Image]) -> None:
    tiff, pdf = images["pages.tiff"], images["pages.pdf"]
    some = {"pages": ["2-"], "readingOrder": "natural", "modelVersion": "2022-04-30", "language": "fr"}
    outcomes = ask(
        {
            "pdf": {"url": pdf.url},
            "tiff": {"stream": str(tiff.path)},
            "some": {"bytes": str(tiff.path), "options": some},
        }
    )
    for kind, unit, width, height in (
        ("pdf", "inch", PDF_SIZE[0] / 100, PDF_SIZE[1] / 100),
        ("tiff", "pixel", 400, 120),
    ):
        pages = pages_of(finished(outcomes[kind]))
        assert [(p["page"], p["unit"], p["width"], p["height"]) for p in pages] == [
            (number, unit, width, height) for number in (1, 2, 3)
        ]
        assert [[line["text"] for line in page["lines"]] for page in pages] == [[word] for word in PAGES]
    body = finished(outcomes["some"])
    assert body["analyzeResult"]["modelVersion"] == "2022-04-30"
    assert [(page["page"], page["language"]) for page in pages_of(body)] == [(2, "fr"), (3, "fr")]


def test_wrong_key(ask: Ask, poster: Image) -> None:
    outcomes = ask({**all_ways(poster, key="wrong"), "poll": {"operation": str(uuid.UUID(int=7)), "key": "wrong"}})
    for outcome in outcomes.values():
        error = outcome["error"]
        assert (error["status"], error["code"], error["text"]) == (401, "401", DENIED)


def test_refusals(ask: Ask, images: dict[str, Image], poster: Image) -> None:
    outcomes = ask(
        {
            "no access": {"url": "http://10.0.0.1/poster.png"},
            **all_ways(images["no_image.png"]),
            "order": {"url": poster.url, "options": {"readingOrder": "backwards"}},
            "model": {"url": poster.url, "options": {"modelVersion": "2020-01-01"}},
            "language": {"url": poster.url, "options": {"language": "tlh"}},
            "unknown operation": {"operation": str(uuid.UUID(int=7))},
            "no operation": {"operation": "seven"},
        }
    )
    expected = {
        "no access": (400, "InvalidImageUrl", NO_ACCESS),
        **dict.fromkeys(WAYS, (400, "InvalidImageFormat", NO_IMAGE)),
        "order": (400, "InvalidReadingOrder", None),
        "model": (400, "BadArgument", None),
        "language": (400, "NotSupportedLanguage", None),
        "unknown operation": (404, "OperationNotFound", None),
    }
    # No id that is not a GUID leaves the SDK.
    assert outcomes.pop("no operation")["error"] == {
        "text": 'operationId with value "seven" must be of type string and a valid uuid.'
    }
    assert outcomes.keys() == expected.keys()
    for name, (status, code, message) in expected.items():
        error = outcomes[name]["error"]
        assert (error["status"], error["code"]) == (status, code), (name, error)
        assert error["text"] == error["model"]["message"]
        assert message in (None, error["text"])
