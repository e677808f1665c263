"""Seed 000: Microsoft's quickstart script draws the words it got from us into their boxes, unmodified."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from sdk.clients import SCRIPTS, Image, Sent, assert_is_the_poster, run
from sdk.poster import WORDS, Rectangle, word_places
from sdk.seed import NO_SEEDS, PRINTED_TEXT, ROOT, differences, pointed_at, script_of, seed_page
from serving import KEY, RunningServer

FIGURE = ROOT / "build" / "artefacts" / "seed_000.png"


@pytest.fixture
def original() -> str:
    page = seed_page(PRINTED_TEXT)
    if page is None:
        pytest.skip(NO_SEEDS)
    return script_of(page)


@pytest.fixture
def script(original: str, server: RunningServer, poster: Image) -> str:
    base = f"{server.url}/vision/v2.0/"
    return pointed_at(original, subscription_key=KEY, vision_base_url=base, image_url=poster.url)


@pytest.fixture
def figure(script: str, tmp_path: Path) -> Any:
    """The script is run; what its figure holds."""
    path = tmp_path / "quickstart.py"
    path.write_bytes(script.encode())
    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    return run([sys.executable, SCRIPTS / "run_seed.py", path, FIGURE], MPLBACKEND="Agg")


def test_only_three_assignments_differ(original: str, script: str, server: RunningServer, poster: Image) -> None:
    removed, added = differences(original, script)
    assert removed == [
        'subscription_key = "<Subscription Key>"\n',
        'vision_base_url = "https://westcentralus.api.cognitive.microsoft.com/vision/v2.0/"\n',
        'image_url = "https://upload.wikimedia.org/wikipedia/commons/thumb/a/af/" + \\\n',
        '    "Atomist_quote_from_Democritus.png/338px-Atomist_quote_from_Democritus.png"\n',
    ]
    assert added == [
        f"subscription_key = '{KEY}'\n",
        f"vision_base_url = '{server.url}/vision/v2.0/'\n",
        f"image_url = '{poster.url}'\n",
    ]


@pytest.mark.covers("ocr", "v2.0")
def test_the_words_are_drawn_in_their_boxes(figure: Any, sent: list[Sent]) -> None:
    assert_is_the_poster("v2.0", figure["answer"])
    assert figure["answer"]["orientation"] == "Up"
    assert figure["image"] == [451, 338]
    assert figure["words"] == WORDS
    for drawn, place in zip(figure["rectangles"], word_places(), strict=True):
        assert Rectangle(*drawn).overlap(place) >= 0.5
    assert figure["origins"] == [drawn[:2] for drawn in figure["rectangles"]]
    assert FIGURE.stat().st_size > 0
