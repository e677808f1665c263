"""Handwriting is told from print on labelled pages; the full table is bench/style.py."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from readstone.domain.options import ReadOptions
from readstone.engines.read.reader import PageReader

LEAST = 0.9

# How many images of each folder: enough to notice a classifier that got worse, few enough to stay quick.
IMAGES = {
    "handwriting_fonts": 12,
    "handwriting_french_1930s": 1,
    "handwriting_letters_1905": 4,
    "handwriting_modern": 3,
    "printed_languages": 8,
    "printed_pages": 1,
    "printed_receipts": 4,
    "typed_multilang": 2,
}


def _bench() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "bench" / "style.py"
    spec = importlib.util.spec_from_file_location("bench_style", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_style"] = module
    spec.loader.exec_module(module)
    return module


def test_precision_and_recall(reader: PageReader, data: Path) -> None:
    bench = _bench()
    lines, pages = bench.Count(), bench.Count()
    for folder, most in IMAGES.items():
        if not (data / folder / "labels.jsonl").exists():
            pytest.skip(f"no labelled images in {folder}")
        for _, label, picture in bench.labelled(data, most, (folder,)):
            page = reader.read(picture, ReadOptions(appearance=True))
            assert all(line.appearance is not None for line in page.lines)
            bench.judge(page, label, folder, lines, pages)
    assert lines.hand_hand + lines.hand_print > 60
    assert lines.print_hand + lines.print_print > 150
    for name, counts in (("lines", lines), ("pages", pages)):
        for figure, value in counts.figures().items():
            assert value >= LEAST, (name, figure, counts)
