"""Seed 001: Microsoft's quickstart script draws the handwriting it got from us into its outlines, unmodified (C02)."""

from __future__ import annotations

import difflib
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from sdk.clients import SCRIPTS, Image, Sent, run, validate_result
from sdk.seed import HANDWRITTEN_TEXT, NO_SEEDS, ROOT, differences, pointed_at, script_of, seed_page
from serving import KEY, RunningServer

FIGURE = ROOT / "build" / "artefacts" / "seed_001.png"
WRITTEN = ("You must be the change", "you want to see in the world!")
"""What stands on the whiteboard of Azure's own sample picture."""


@pytest.fixture
def original() -> str:
    page = seed_page(HANDWRITTEN_TEXT)
    if page is None:
        pytest.skip(NO_SEEDS)
    return script_of(page)


@pytest.fixture
def script(original: str, server: RunningServer, whiteboard: Image) -> str:
    base = f"{server.url}/vision/v2.0/"
    return pointed_at(original, subscription_key=KEY, vision_base_url=base, image_url=whiteboard.url)


@pytest.fixture
def figure(script: str, tmp_path: Path, sent: list[Sent]) -> Any:
    """The script is run; what its figure holds."""
    path = tmp_path / "quickstart.py"
    path.write_bytes(script.encode())
    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    return run([sys.executable, SCRIPTS / "run_seed_001.py", path, FIGURE], MPLBACKEND="Agg")


def test_only_three_assignments_differ(original: str, script: str, server: RunningServer, whiteboard: Image) -> None:
    removed, added = differences(original, script)
    assert removed == [
        'subscription_key = "<Subscription Key>"\n',
        'vision_base_url = "https://westcentralus.api.cognitive.microsoft.com/vision/v2.0/"\n',
        'image_url = "https://upload.wikimedia.org/wikipedia/commons/thumb/d/dd/" + \\\n',
        '    "Cursive_Writing_on_Notebook_paper.jpg/800px-Cursive_Writing_on_Notebook_paper.jpg"\n',
    ]
    assert added == [
        f"subscription_key = '{KEY}'\n",
        f"vision_base_url = '{server.url}/vision/v2.0/'\n",
        f"image_url = '{whiteboard.url}'\n",
    ]


@pytest.mark.covers("recognizeText", "v2.0")
def test_the_lines_are_drawn_into_their_outlines(figure: Any, server: RunningServer, sent: list[Sent]) -> None:
    answer = figure["answer"]
    validate_result("v2.0", "textOperations", answer)
    assert answer["status"] == "Succeeded"
    lines = answer["recognitionResult"]["lines"]
    height, width = figure["image"]
    for line in lines:
        box = line["boundingBox"]
        assert len(box) == 8
        assert all(isinstance(number, int) for number in box)
        assert all(0 <= x <= width for x in box[::2])
        assert all(0 <= y <= height for y in box[1::2])
    # What is drawn is what was answered; Polygon closes the outline by its first corner.
    assert figure["texts"] == [line["text"] for line in lines]
    outlines = [list(zip(line["boundingBox"][::2], line["boundingBox"][1::2], strict=True)) for line in lines]
    assert figure["polygons"] == [[list(corner) for corner in (*outline, outline[0])] for outline in outlines]
    assert FIGURE.stat().st_size > 0

    status, location = figure["submitted"]
    assert status == 202
    submit, *polls = sent
    assert (submit.method, submit.path, submit.query) == (
        "POST",
        "/vision/v2.0/recognizeText",
        (("mode", "Handwritten"),),
    )
    assert submit.headers["content-type"] == "application/json"
    assert re.fullmatch(rf"{server.url}/vision/v2\.0/textOperations/[0-9a-f-]{{36}}", location)
    # The script asks until the answer holds `recognitionResult`, once a second.
    assert {(poll.method, f"{server.url}{poll.path}") for poll in polls} == {("GET", location)}
    assert len(polls) <= 10

    # How well handwriting is read is measured elsewhere; here it must be recognisable, line by line.
    read = [line["text"] for line in lines]
    for written in WRITTEN:
        likeness = max(difflib.SequenceMatcher(None, written.lower(), text.lower()).ratio() for text in read)
        assert likeness >= 0.8, (written, read)
