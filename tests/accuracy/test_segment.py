"""Foregrounds of the photographs that were held out, against outlines drawn by hand: the bench's own measure."""

from __future__ import annotations

import statistics

import pytest

from readstone.engines.registry import create_segmenter
from segment import GOALS, KINDS, default_folder, masks, measured


def test_people_and_things_are_cut_out() -> None:
    folder = default_folder()
    if not folder.is_dir():
        pytest.skip("no labelled pictures: READSTONE_VISION_DATA does not name a folder")
    known = masks()
    held_out = [name for name, mask in known.items() if mask["half"] == "held out"]
    scores = measured([folder], create_segmenter(threads=2).foreground, held_out)
    for kind in KINDS:
        values = [score for name, score in scores.items() if known[name]["kind"] == kind]
        assert len(values) >= 7
        assert statistics.median(values) >= GOALS[kind], sorted(values)
