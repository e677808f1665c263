"""Word boxes and confidences stay as good as they are; the full table is bench/words.py."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture
from readstone.domain.text import Page
from readstone.engines.read.reader import PageReader

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """bench/words.py, which imports its neighbours by their bare names."""
    sys.path.insert(0, str(BENCH))
    try:
        return importlib.import_module("words")
    finally:
        sys.path.remove(str(BENCH))


def page_of(reader: PageReader, pixels: np.ndarray) -> Page:
    return reader.read(Picture(pixels, "Png"), ReadOptions())


@pytest.mark.parametrize("degrees", [0.0, 10.0])
def test_words_lie_where_they_are(reader: PageReader, data: Path, bench: ModuleType, degrees: float) -> None:
    if not (data / bench.BOXES / "labels.jsonl").exists():
        pytest.skip("no true word boxes")
    path, lines = next(row for row in bench.true_boxes(data) if row[0].name.startswith("screenshot"))
    sheet, matrix = bench.skewed(bench.upright_pixels(path), degrees)
    true = [[(text, bench.moved(quad, matrix)) for text, quad in line] for line in lines]
    figures = bench.overlaps(page_of(reader, sheet), true)
    assert len(figures) > 500
    assert np.mean(figures) >= 0.85


def test_eight_in_ten_are_right_of_those_that_are_said_to_be(reader: PageReader, data: Path, bench: ModuleType) -> None:
    verdicts = []
    taken = {"handwriting_french_1930s": 1, "printed_receipts": 2, "typed_multilang": 1}
    for folder, pages in taken.items():
        if not (data / folder / "labels.jsonl").exists():
            pytest.skip(f"no labelled images in {folder}")
        for sample in list(bench.samples(data, [folder], None))[:pages]:
            page = page_of(reader, bench.upright_pixels(sample.path))
            verdicts += bench.judged(page, sample.lines, sample.fold_case)
    assert len(verdicts) > 400
    # What it claims to tell apart must be there: surely read words, and many wrong ones.
    assert 0.6 < np.mean([right for _, right in verdicts]) < 0.95
    assert bench.calibration_error(verdicts) <= 0.07
