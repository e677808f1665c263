"""Microsoft's Python SDK of Image Analysis 4.0: every feature, synchronous and not, key and token (C18)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from sdk.analysis_answers import FEATURES, RATIOS, assert_analysed, assert_is_the_poster
from sdk.clients import DENIED, NO_IMAGE, SCRIPTS, TOO_SMALL, Image, Sent, run
from sdk.setup import IMAGE_ANALYSIS
from serving import KEY, RunningServer

pytestmark = pytest.mark.covers("imageanalysis:analyze", "2023-10-01")
Ask = Callable[[dict[str, Any]], Any]
ALL: dict[str, Any] = {"features": FEATURES, "options": {"smart_crops_aspect_ratios": RATIOS}}
NO_RETRIES = {"retry_total": 0}
ATTRIBUTES = {
    "caption": "caption",
    "denseCaptions": "dense_captions",
    "tags": "tags",
    "objects": "objects",
    "people": "people",
    "smartCrops": "smart_crops",
    "read": "read",
}


@pytest.fixture
def ask(installed: Callable[[str], Path], server: RunningServer) -> Ask:
    """Has the SDK make these calls, in one process."""

    def outcomes(calls: dict[str, Any]) -> Any:
        # Without site-packages (-S): the SDK has its own dependencies, not those of the tests.
        command = [sys.executable, "-S", SCRIPTS / "image_analysis_calls.py", server.url, KEY, json.dumps(calls)]
        return run(command, PYTHONPATH=installed(IMAGE_ANALYSIS))

    return outcomes


def token(server: RunningServer) -> str:
    issued = requests.post(f"{server.url}/sts/v1.0/issueToken", headers=server.key_header, timeout=30)
    return issued.text


def answered(outcome: Any, features: tuple[str, ...] = FEATURES, version: str = "2023-10-01") -> Any:
    assert "error" not in outcome, outcome["error"]
    assert_analysed(outcome["body"], features, version)
    return outcome["body"]


def test_each_feature_alone(ask: Ask, images: dict[str, Image]) -> None:
    image = images["poster.png"]
    outcomes = ask({name: {"url": image.url, "features": [name]} for name in FEATURES})
    for name in FEATURES:
        body = answered(outcomes[name], (name,))
        # Nothing is lost between the body and what a user reads.
        told = outcomes[name]["told"]
        assert told.keys() == {"model_version", "size", ATTRIBUTES[name]}
        assert told["size"] == [body["metadata"]["width"], body["metadata"]["height"]]
    assert_is_the_poster(outcomes["read"]["body"]["readResult"])


def test_everything_of_a_photograph(ask: Ask, street: Image) -> None:
    outcomes = ask(
        {
            "url": {"url": street.url, **ALL},
            "bytes": {"path": str(street.path), **ALL},
            "asynchronous url": {"url": street.url, **ALL, "asynchronous": True},
            "asynchronous bytes": {"path": str(street.path), **ALL, "asynchronous": True},
        }
    )
    body = answered(outcomes["url"])
    assert all(outcome == outcomes["url"] for outcome in outcomes.values())
    assert [crop["aspectRatio"] for crop in body["smartCropsResult"]["values"]] == list(RATIOS)
    assert {"street", "outdoor"} <= {tag["name"] for tag in body["tagsResult"]["values"]}
    assert "person" in {thing["tags"][0]["name"] for thing in body["objectsResult"]["values"]}
    assert len(body["peopleResult"]["values"]) > 2
    assert len(body["denseCaptionsResult"]["values"]) > 2


def test_credentials(ask: Ask, server: RunningServer, poster: Image) -> None:
    call = {"url": poster.url, "features": ["read"]}
    insecurely = {"options": {"enforce_https": False}}
    bearer = token(server)
    outcomes = ask(
        {
            "token": {**call, **insecurely, "token": bearer},
            "asynchronous token": {**call, **insecurely, "token": bearer, "asynchronous": True},
            "asynchronous key": {**call, "asynchronous": True},
        }
    )
    for outcome in outcomes.values():
        assert_is_the_poster(answered(outcome, ("read",))["readResult"])
    refused = ask(
        {
            "key": {**call, "key": "wrong"},
            "token": {**call, **insecurely, "token": "wrong"},
            "asynchronous key": {**call, "key": "wrong", "asynchronous": True},
        }
    )
    for outcome in refused.values():
        error = outcome["error"]
        assert (error["type"], error["status"]) == ("ClientAuthenticationError", 401)
        assert DENIED in error["message"]


@pytest.mark.covers("imageanalysis:analyze", "2024-02-01")
def test_what_reaches_the_server(ask: Ask, sent: list[Sent], poster: Image) -> None:
    options = {
        "language": "en",
        "gender_neutral_caption": True,
        "smart_crops_aspect_ratios": [0.9, 1.33],
        "model_version": "latest",
    }
    call = {"features": ["caption", "read"], "options": options}
    outcomes = ask(
        {
            "url": {"url": poster.url, **call},
            "newer": {"path": str(poster.path), **call, "client": {"api_version": "2024-02-01"}},
        }
    )
    answered(outcomes["url"], ("caption", "read"))
    answered(outcomes["newer"], ("caption", "read"), "2024-02-01")
    by_url, newer = sent
    query = {
        "features": "caption,read",
        "language": "en",
        "gender-neutral-caption": "true",
        "smartcrops-aspect-ratios": "0.9,1.33",
        "model-version": "latest",
    }
    assert {k: v.lower() for k, v in by_url.query} == {**query, "api-version": "2023-10-01"}
    assert {k: v.lower() for k, v in newer.query} == {**query, "api-version": "2024-02-01"}
    assert {request.path for request in sent} == {"/computervision/imageanalysis:analyze"}
    assert by_url.headers["content-type"] == "application/json"
    assert newer.headers["content-type"] == "application/octet-stream"


def test_refusals(ask: Ask, images: dict[str, Image], tiny: Image, no_image: Image) -> None:
    features = {"features": ["caption"], "client": NO_RETRIES}
    poster = images["poster.png"]
    wrong_ratio = {"url": poster.url, "features": ["smartCrops"], "options": {"smart_crops_aspect_ratios": [2.5]}}
    outcomes = ask(
        {
            "out of reach": {"url": "http://127.0.0.1:9/x.jpg", **features},
            "forbidden": {"url": "http://10.0.0.1/x.jpg", "asynchronous": True, **features},
            "tiny": {"path": str(tiny.path), **features},
            "no image": {"path": str(no_image.path), **features},
            "ratio": wrong_ratio,
            "language": {"url": poster.url, "features": ["caption"], "options": {"language": "es"}},
        }
    )
    errors = {name: outcome["error"] for name, outcome in outcomes.items()}
    for error in errors.values():
        assert (error["type"], error["status"], error["code"]) == ("HttpResponseError", 400, "InvalidRequest")
    for name in ("out of reach", "forbidden"):
        assert "image url is not accessible" in errors[name]["message"]
        assert errors[name]["message"].startswith("(InvalidRequest)")
    inner = {name: (error["inner"] or {}).get("code") for name, error in errors.items()}
    assert inner == {
        "out of reach": None,
        "forbidden": None,
        "tiny": "InvalidImageSize",
        "no image": "InvalidImageFormat",
        "ratio": "BadArgument",
        "language": "NotSupportedLanguage",
    }
    assert TOO_SMALL in errors["tiny"]["message"]
    assert errors["no image"]["inner"]["message"] == NO_IMAGE
