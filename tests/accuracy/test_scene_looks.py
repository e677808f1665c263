"""Looks of labelled pictures: drawings, black and white, light. All of a scene: bench/accuracy_scene.py."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from readstone.domain.picture import Picture
from readstone.engines.scene.colours import colours_of
from readstone.engines.scene.image_type import image_type_of
from readstone.engines.scene.light import light_of
from readstone.intake.decode import ImageLimits, decode

LIMITS = ImageLimits(frozenset({"Jpeg", "Png"}), 1, 16_000, 100_000_000)


@pytest.fixture(scope="module")
def pictures() -> list[tuple[dict[str, Any], Picture]]:
    """Labels and their pictures: READSTONE_VISION_DATA, or shared/data/vision beside the repository."""
    named = os.environ.get("READSTONE_VISION_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "data" / "vision"
    if not (folder / "labels.jsonl").exists():
        pytest.skip("no labelled pictures: READSTONE_VISION_DATA does not name a folder")
    labels = [json.loads(row) for row in (folder / "labels.jsonl").read_text("utf-8").splitlines()]
    return [(label, decode((folder / label["file"]).read_bytes(), LIMITS)) for label in labels]


def test_drawings_are_told_from_photographs(pictures: list[tuple[dict[str, Any], Picture]]) -> None:
    for label, picture in pictures:
        found = image_type_of(picture.pixels)
        photograph = label["source"].startswith("COCO")
        if photograph or label.get("clip_art_type") is not None:
            assert found.clip_art == (label.get("clip_art_type") or 0), label["file"]
        if photograph or label.get("line_drawing_type") is not None:
            assert found.line_drawing == (label.get("line_drawing_type") or 0), label["file"]
        assert found.clip_art >= label.get("clip_art_type_min", 0), label["file"]


def test_black_and_white_is_told_from_colour(pictures: list[tuple[dict[str, Any], Picture]]) -> None:
    for label, picture in pictures:
        if label.get("is_bw") is not None:
            assert colours_of(picture.pixels).black_and_white == label["is_bw"], label["file"]


def test_night_has_its_light(pictures: list[tuple[dict[str, Any], Picture]]) -> None:
    nights = [light_of(picture.pixels).night for label, picture in pictures if label.get("night")]
    days = [
        light_of(picture.pixels).night
        for label, picture in pictures
        if label.get("setting") == "outdoor" and not label.get("night")
    ]
    assert min(nights) > 0.6
    # A ball game under a dark stand is as dark as a night.
    assert sum(night > 0.6 for night in days) <= 0.05 * len(days)
