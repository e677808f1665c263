from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from readstone.domain.geometry import Point, Quad
from readstone.engines.read.crop import LINE_HEIGHT
from readstone.engines.read.handwriting import HandwritingRecogniser, is_believed, may_be_handwriting
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
    assert recogniser.read(np.full((LINE_HEIGHT, 100, 3), 255, np.uint8)).text.strip() == ""


def test_other_scripts_and_silent_lines_are_not_taken_for_handwriting() -> None:
    assert may_be_handwriting(says("Jnvme 12", 0.7), strip(160))
    assert may_be_handwriting(says("1905", 0.7), strip(80))
    assert not may_be_handwriting(says("請求書", 0.7), strip(120))
    assert not may_be_handwriting(says("Ελλάς", 0.7), strip(120))
    assert not may_be_handwriting(says("ab", 0.7), strip(400))


def test_it_is_believed_only_when_clearly_surer() -> None:
    assert is_believed(says("Dear Sir", 0.9), says("Aear lir", 0.75))
    assert not is_believed(says("Dear Sir", 0.76), says("Aear lir", 0.75))
    assert not is_believed(says("Dear Sir", 0.7), says("Aear lir", 0.5))
    assert not is_believed(says(" ", 0.99), says("Aear lir", 0.5))


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
        own += len(wanted & set(recogniser.read(line).text.split()))
    assert len(long) >= 8
    assert own >= 0.6 * words
    assert own >= 1.5 * plain
