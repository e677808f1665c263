from __future__ import annotations

import numpy as np
import pytest

from readstone.engines.read.crop import LINE_HEIGHT
from readstone.engines.read.reader import PageReader
from readstone.engines.read.recognise import Recogniser


@pytest.fixture(scope="module")
def recogniser(reader: PageReader) -> Recogniser:
    return reader.recogniser


def test_ctc_merges_repetitions_and_drops_blanks(recogniser: Recogniser) -> None:
    a, b = recogniser._classes.index("a"), recogniser._classes.index("b")
    steps = [a, a, 0, a, b, 0, len(recogniser._classes) - 1]
    probabilities = np.zeros((len(steps), len(recogniser._classes)), np.float32)
    probabilities[np.arange(len(steps)), steps] = [0.5, 0.9, 1, 0.8, 0.7, 1, 0.6]
    reading = recogniser._decode(probabilities)
    assert reading.text == "aab "
    assert [g.centre for g in reading.glyphs] == [8, 28, 36, 52]
    assert [round(g.confidence, 2) for g in reading.glyphs] == [0.9, 0.8, 0.7, 0.6]
    assert reading.score == pytest.approx(0.75)


def test_the_class_table_fits_the_model(recogniser: Recogniser) -> None:
    blank = np.full((LINE_HEIGHT, 100, 3), 255, np.uint8)
    assert recogniser.read(blank).text == ""
    assert len(recogniser._classes) == 18710


def test_the_clock_counts_what_the_model_ran(recogniser: Recogniser) -> None:
    before, seconds = recogniser.model.runs, recogniser.model.seconds
    recogniser.read(np.zeros((LINE_HEIGHT, 8, 3), np.uint8))
    assert recogniser.model.runs == before + 1
    assert recogniser.model.seconds > seconds
