"""Microsoft's JavaScript SDK of Image Analysis 4.0: every feature, from a URL and from bytes (C18, C19)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdk.analysis_answers import FEATURES, RATIOS, assert_analysed, assert_is_the_poster
from sdk.clients import DENIED, SCRIPTS, Image, Sent, run
from sdk.setup import node_program
from serving import KEY, RunningServer

pytestmark = pytest.mark.covers("imageanalysis:analyze", "2023-10-01")
Ask = Callable[[dict[str, Any]], Any]
CAPITALISED = {"features": [name[0].upper() + name[1:] for name in FEATURES], "smartCrops-aspect-ratios": RATIOS}


@pytest.fixture
def ask(installed: Callable[[str], Path], server: RunningServer) -> Ask:
    """Has the SDK make these calls, in one process."""

    def outcomes(calls: dict[str, Any]) -> Any:
        command = [node_program(), SCRIPTS / "image_analysis_calls.js", server.url, KEY, json.dumps(calls)]
        return run(command, NODE_PATH=installed("node") / "node_modules")

    return outcomes


def answered(outcome: Any, features: tuple[str, ...] = FEATURES) -> Any:
    assert (outcome["status"], outcome["unexpected"]) == ("200", False), outcome
    assert_analysed(outcome["body"], features)
    return outcome["body"]


def test_each_feature_alone(ask: Ask, sent: list[Sent], poster: Image) -> None:
    calls = {
        name: {"url": poster.url, "parameters": {"features": [capital]}}
        for name, capital in zip(FEATURES, CAPITALISED["features"], strict=True)
    }
    outcomes = ask(calls)
    for name in FEATURES:
        answered(outcomes[name], (name,))
    assert_is_the_poster(outcomes["read"]["body"]["readResult"])
    for request in sent:
        assert request.path == "/computervision/imageanalysis:analyze"
        assert dict(request.query)["api-version"] == "2023-10-01"


def test_everything_of_a_photograph(ask: Ask, sent: list[Sent], street: Image) -> None:
    outcomes = ask(
        {
            "url": {"url": street.url, "parameters": CAPITALISED},
            "bytes": {"path": str(street.path), "parameters": CAPITALISED},
        }
    )
    body = answered(outcomes["url"])
    assert outcomes["bytes"]["body"] == body
    assert [crop["aspectRatio"] for crop in body["smartCropsResult"]["values"]] == list(RATIOS)
    assert {"street", "outdoor"} <= {tag["name"] for tag in body["tagsResult"]["values"]}
    query = dict(sent[0].query)
    assert query["features"] == ",".join(CAPITALISED["features"])
    assert query["smartCrops-aspect-ratios"] == "0.9,1.33"


def test_refusals(ask: Ask, tiny: Image, no_image: Image, poster: Image) -> None:
    caption = {"parameters": {"features": ["Caption"]}}
    outcomes = ask(
        {
            "key": {"url": poster.url, "key": "wrong", **caption},
            "out of reach": {"url": "http://127.0.0.1:9/x.jpg", **caption},
            "tiny": {"path": str(tiny.path), **caption},
            "no image": {"path": str(no_image.path), **caption},
            "feature": {"url": poster.url, "parameters": {"features": ["Colour"]}},
        }
    )
    assert all(outcome["unexpected"] for outcome in outcomes.values())
    denied = outcomes.pop("key")
    assert (denied["status"], denied["body"]) == ("401", {"error": {"code": "401", "message": DENIED}})
    for outcome in outcomes.values():
        assert outcome["status"] == "400"
        assert outcome["headers"]["x-ms-error-code"] == outcome["body"]["error"]["code"] == "InvalidRequest"
    inner = {name: outcome["body"]["error"].get("innererror", {}).get("code") for name, outcome in outcomes.items()}
    assert inner == {
        "out of reach": None,
        "tiny": "InvalidImageSize",
        "no image": "InvalidImageFormat",
        "feature": "NotSupportedVisualFeature",
    }
    assert "image url is not accessible" in outcomes["out of reach"]["body"]["error"]["message"]
