"""Seed 004: Microsoft's quickstart script puts the sentence it got from us under the picture, unmodified (C04)."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from schemas import success_definition, validate
from sdk.clients import SCRIPTS, Image, Sent, run
from sdk.seed import NO_SEEDS, REMOTE_IMAGE, ROOT, differences, pointed_at, script_of, seed_page
from serving import KEY, RunningServer

FIGURE = ROOT / "build" / "artefacts" / "seed_004.png"


@pytest.fixture
def original() -> str:
    page = seed_page(REMOTE_IMAGE)
    if page is None:
        pytest.skip(NO_SEEDS)
    return script_of(page)


@pytest.fixture
def script(original: str, server: RunningServer, street: Image) -> str:
    base = f"{server.url}/vision/v2.0/"
    return pointed_at(original, subscription_key=KEY, vision_base_url=base, image_url=street.url)


@pytest.fixture
def figure(script: str, tmp_path: Path) -> Any:
    """The script is run; what its figure holds."""
    path = tmp_path / "quickstart.py"
    path.write_bytes(script.encode())
    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    return run([sys.executable, SCRIPTS / "run_seed_004.py", path, FIGURE], MPLBACKEND="Agg")


def test_only_three_assignments_differ(original: str, script: str, server: RunningServer, street: Image) -> None:
    removed, added = differences(original, script)
    assert removed == [
        'subscription_key = "<Subscription Key>"\n',
        'vision_base_url = "https://westcentralus.api.cognitive.microsoft.com/vision/v2.0/"\n',
        'image_url = "https://upload.wikimedia.org/wikipedia/commons/thumb/1/12/" + \\\n',
        '    "Broadway_and_Times_Square_by_night.jpg/450px-Broadway_and_Times_Square_by_night.jpg"\n',
    ]
    assert added == [
        f"subscription_key = '{KEY}'\n",
        f"vision_base_url = '{server.url}/vision/v2.0/'\n",
        f"image_url = '{street.url}'\n",
    ]


@pytest.mark.covers("analyze", "v2.0")
def test_a_sensible_sentence_is_under_the_picture(sent: list[Sent], figure: Any) -> None:
    answer = figure["answer"]
    assert answer == figure["printed"]
    validate("v2.0", success_definition("v2.0", "/analyze"), answer)
    assert list(answer) == ["categories", "color", "description", "requestId", "metadata"]
    assert answer["metadata"] == {"height": figure["image"][0], "width": figure["image"][1], "format": "Jpeg"}
    assert answer["color"]["isBwImg"] is False
    assert {c["name"] for c in answer["categories"]} & {"outdoor_", "outdoor_street", "outdoor_city", "people_crowd"}
    # People cross a busy street in a city.
    caption = answer["description"]["captions"][0]
    assert figure["title"] == caption["text"].capitalize()
    assert re.search(r"\b(street|road|city)\b", caption["text"]), caption
    assert re.search(r"\b(people|person|man|men|woman|women|bicycles?|bikes?|buildings?)\b", caption["text"]), caption
    assert 0 < caption["confidence"] <= 1
    assert {"street", "outdoor"} <= set(answer["description"]["tags"])
    (request,) = sent
    assert (request.path, dict(request.query)) == (
        "/vision/v2.0/analyze",
        {"visualFeatures": "Categories,Description,Color"},
    )
    assert FIGURE.stat().st_size > 0
