from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from readstone.domain.geometry import Point, Quad
from readstone.engines.read.beam import Beam, reading_of
from readstone.engines.read.crop import LINE_HEIGHT
from readstone.engines.read.detect import Strip
from readstone.engines.read.handwriting import HandwritingRecogniser, may_be_handwriting, views_of
from readstone.engines.read.letters import Letters, symbol_of
from readstone.engines.read.reader import PageReader
from readstone.engines.read.recognise import Glyph, Reading


@pytest.fixture(scope="module")
def recogniser(reader: PageReader) -> HandwritingRecogniser:
    return reader.lines.handwriting


@pytest.fixture(scope="module")
def cursive() -> Path:
    """Labelled lines of cursive: READSTONE_DATA, or shared/data/ocr beside the repository."""
    named = os.environ.get("READSTONE_DATA")
    data = Path(named) if named else Path(__file__).resolve().parents[4] / "shared" / "data" / "ocr"
    folder = data / "handwriting_train_lines"
    if not folder.is_dir():
        pytest.skip(f"no labelled lines in {folder}")
    return folder


def says(text: str, score: float) -> Reading:
    return Reading(tuple(Glyph(letter, 8.0 * at, score) for at, letter in enumerate(text)), score)


def strip(width: float) -> Quad:
    return Quad(Point(0, 0), Point(width, 0), Point(width, 40), Point(0, 40))


def test_the_class_table_fits_the_model(recogniser: HandwritingRecogniser) -> None:
    probabilities = recogniser.model.run(np.zeros((1, 3, LINE_HEIGHT, 320), np.float32))
    assert probabilities.shape == (1, 40, len(recogniser._classes))
    assert probabilities.sum(axis=2) == pytest.approx(1, abs=1e-4)
    assert {"a", "Z", "é", "ß", "ł", "7", "&", " "} < set(recogniser._classes)


def test_blank_paper_says_nothing(recogniser: HandwritingRecogniser) -> None:
    assert recogniser.read((np.full((LINE_HEIGHT, 100, 3), 255, np.uint8),)).text.strip() == ""


@pytest.mark.parametrize("lean", [0.0, 0.3])
def test_a_line_is_cut_at_three_heights_and_equally_wide(lean: float) -> None:
    """A row of ink across the middle of the strip is the thinner the higher the view."""
    pixels = np.full((300, 500, 3), 255, np.uint8)
    strip = Strip(Point(250, 150), 300, 40, lean, 0.9)
    core = strip.grown(0.5, -0.4).towards(lean)
    cv2.fillPoly(pixels, [np.array([(p.x, p.y) for p in core.corners], np.int32)], (0, 0, 0))
    quad, views = views_of(pixels, strip, lean)
    assert [view.shape[0] for view in views] == [LINE_HEIGHT] * 3
    assert max(view.shape[1] for view in views) - min(view.shape[1] for view in views) <= 1
    assert (quad.length, quad.thickness) == pytest.approx((292, 32))
    inked = [int((view[:, view.shape[1] // 2, 0] < 128).sum()) for view in views]
    assert inked == pytest.approx([48 * 8 / 32, 48 * 8 / 38.4, 48 * 8 / 25.6], abs=2.5)


def test_other_heights_and_the_plain_recogniser_have_their_say(recogniser: HandwritingRecogniser) -> None:
    """Where the first view is sure of a letter and the others are of another one, those outvote it."""
    a, b, none = (np.eye(len(recogniser._classes), dtype=np.float32)[[at]] for at in (20, 30, 0))
    mixed = 0.9 * a + 0.1 * b
    together = recogniser._together([mixed, b, b], a)
    assert together.sum() == pytest.approx(1, abs=1e-5)
    assert together.argmax() == 30
    assert recogniser._together([mixed] * 3, 0.1 * a + 0.9 * b).argmax() == 20, "the plain one's opinion weighs less"
    assert recogniser._together([0.6 * a + 0.4 * b] * 3, 0.1 * a + 0.9 * b).argmax() == 30, "but not nothing"
    assert recogniser._together([none] * 3, none).argmax() == 0


def test_other_scripts_and_silent_lines_are_not_taken_for_handwriting() -> None:
    assert may_be_handwriting(says("Jnvme 12", 0.7), strip(160))
    assert may_be_handwriting(says("1905", 0.7), strip(80))
    assert not may_be_handwriting(says("請求書", 0.7), strip(120))
    assert not may_be_handwriting(says("Ελλάς", 0.7), strip(120))
    assert not may_be_handwriting(says("ab", 0.7), strip(400))


def test_the_surer_reading_is_believed_where_both_are_as_likely(recogniser: HandwritingRecogniser) -> None:
    assert recogniser.believes(says("Dear Sir", 0.92), says("Dear Sir", 0.85))
    assert not recogniser.believes(says("Dear Sir", 0.87), says("Dear Sir", 0.85))
    assert not recogniser.believes(says("Dear Sir", 0.85), says("Dear Sir", 0.9))
    assert not recogniser.believes(says("Dear Sir", 0.6), says("Aear lir", 0.55))
    assert not recogniser.believes(says(" ", 0.99), says("Aear lir", 0.5))


def test_what_is_likelier_to_be_written_counts_beside_that(recogniser: HandwritingRecogniser) -> None:
    assert recogniser.believes(says("My dear friend", 0.85), says("Mv dlar fricnd", 0.9))
    assert not recogniser.believes(says("Mv dlar fricnd", 0.9), says("My dear friend", 0.85))
    assert not recogniser.believes(says("e", 0.95), says("%", 0.98)), "a single letter says nothing"
    assert not recogniser.believes(says("the total sum is", 0.8), says("GST @6%: 80.46", 0.95))
    assert not recogniser.believes(says("My dear friend", 0.7), says("My dear fricnd", 0.9))


def test_a_reading_says_where_its_characters_stand_and_how_sure_they_are() -> None:
    classes = ("", "1", "2", " ")  # digits: of them the models of letters have no opinion
    steps = np.array([[1, 0, 0, 0], [0.2, 0.8, 0, 0], [0.9, 0, 0, 0.1], [0, 0, 1, 0]], np.float32)
    beam = Beam([symbol_of(text) for text in classes], Letters())
    reading = reading_of(steps, classes, beam)
    assert reading.text == "12"
    assert [glyph.confidence for glyph in reading.glyphs] == pytest.approx([0.8, 1])
    assert [glyph.centre for glyph in reading.glyphs] == [12, 28]
    assert [glyph.space for glyph in reading.glyphs] == pytest.approx([0, 0.1])
    assert reading.score == pytest.approx(0.9)
    assert reading_of(steps[:1], classes, beam) == Reading((), 0.0)


def test_it_reads_cursive_that_the_plain_recogniser_does_not(
    reader: PageReader, recogniser: HandwritingRecogniser, cursive: Path
) -> None:
    labels = [json.loads(text) for text in (cursive / "labels.jsonl").read_text("utf-8").splitlines()]
    long = [label for label in labels if len(label["lines"][0]) > 25][::80]
    words = plain = own = 0
    for label in long:
        with Image.open(cursive / label["image"]) as image:
            line = np.ascontiguousarray(np.asarray(image.convert("RGB")))
        wanted = set(label["lines"][0].split())
        words += len(wanted)
        plain += len(wanted & set(reader.lines.recogniser.read(line).text.split()))
        own += len(wanted & set(recogniser.read((line,)).text.split()))
    assert len(long) >= 8
    assert own >= 0.6 * words
    assert own >= 1.5 * plain
