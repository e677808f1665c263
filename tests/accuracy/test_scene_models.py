"""Faces and objects on labelled pictures. All of a scene: bench/accuracy_scene.py."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from readstone.engines.scene.evidence import Evidence
from readstone.engines.scene.models import OnnxModels
from readstone.engines.scene.objects import objects_of
from readstone.intake.decode import ImageLimits, decode

LIMITS = ImageLimits(frozenset({"Jpeg", "Png"}), 1, 16_000, 100_000_000)
SMALL = 0.01  # of the picture's area


@pytest.fixture(scope="module")
def seen() -> list[tuple[dict[str, Any], Evidence]]:
    """Labels and their pictures: READSTONE_VISION_DATA, or shared/data/vision beside the repository."""
    named = os.environ.get("READSTONE_VISION_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "data" / "vision"
    if not (folder / "labels.jsonl").exists():
        pytest.skip("no labelled pictures: READSTONE_VISION_DATA does not name a folder")
    labels = [json.loads(row) for row in (folder / "labels.jsonl").read_text("utf-8").splitlines()]
    models = OnnxModels(threads=2)
    return [(label, Evidence(decode((folder / label["file"]).read_bytes(), LIMITS), models)) for label in labels]


def test_faces_are_counted(seen: list[tuple[dict[str, Any], Evidence]]) -> None:
    exact = [len(evidence.faces) == label["faces"] for label, evidence in seen if label.get("faces") is not None]
    least = [len(evidence.faces) >= label["faces_min"] for label, evidence in seen if label.get("faces_min")]
    assert sum(exact) / len(exact) >= 0.96
    assert sum(least) / len(least) >= 0.9


def test_objects_are_named(seen: list[tuple[dict[str, Any], Evidence]]) -> None:
    right = returned = wanted = 0
    for label, evidence in seen:
        if not label["source"].startswith("COCO"):
            continue
        least = SMALL * label["width"] * label["height"]
        there = {each["name"] for each in label["objects"] if each["box"][2] * each["box"][3] > least}
        found = {each.name for each in objects_of(evidence) if each.box.width * each.box.height > least}
        right, returned, wanted = right + len(found & there), returned + len(found), wanted + len(there)
    assert right / returned >= 0.8
    assert right / wanted >= 0.58


def test_harmless_photographs_stay_harmless(seen: list[tuple[dict[str, Any], Evidence]]) -> None:
    photographs = [evidence for label, evidence in seen if label.get("line_drawing_type") is None]
    assert all(evidence.adult_probability < 0.5 for evidence in photographs)


def test_gender_and_age_of_main_faces(seen: list[tuple[dict[str, Any], Evidence]]) -> None:
    right, off = [], []
    for label, evidence in seen:
        if label.get("main_face"):
            main = max(evidence.faces, key=lambda face: face.box.width * face.box.height)
            found = evidence.age_and_gender(main)
            right.append(found.gender.value == label["main_face"]["gender"])
            off.append(abs(found.age - label["main_face"]["age_guess"]))
    assert sum(right) / len(right) >= 0.9
    assert sum(off) / len(off) <= 8
