"""Error rates on labelled images stay where they are; the full table is bench/accuracy_ocr.py."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture
from readstone.domain.text import Orientation, Page
from readstone.engines.read.reader import PageReader


def _score() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "bench" / "ocr_score.py"
    spec = importlib.util.spec_from_file_location("ocr_score", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["ocr_score"] = module
    spec.loader.exec_module(module)
    return module


score = _score()


def labels(data: Path, folder: str) -> list[dict[str, object]]:
    file = data / folder / "labels.jsonl"
    if not file.exists():
        pytest.skip(f"no labelled images in {folder}")
    return [json.loads(row) for row in file.read_text("utf-8").splitlines()]


def picture(data: Path, folder: str, label: dict[str, object]) -> Picture:
    with Image.open(data / folder / str(label["image"])) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    return Picture(np.ascontiguousarray(np.asarray(upright)), "Png")


def rate(page: Page, label: dict[str, object]) -> Any:
    boxes = [(line.text, page.upright(line.quad).bounds) for line in page.lines]
    found = [score.FoundLine(text, b.left, b.top, b.width, b.height) for text, b in boxes]
    return score.score(label["lines"], found, bool(label.get("fold_case")))


@pytest.fixture(scope="module")
def without_tesseract(tmp_path_factory: pytest.TempPathFactory) -> PageReader:
    return PageReader(threads=2, tessdata=tmp_path_factory.mktemp("no_language_data"))


# Largest CER and WER in percent: what was measured, and some room for another processor's rounding.
@pytest.mark.parametrize(
    ("folder", "most", "cer", "wer"),
    [
        ("handwriting_fonts", 20, 0.5, 2.5),
        ("handwriting_modern", 3, 6, 18),
        ("printed_pages", 2, 1.8, 5.5),
        ("printed_receipts", 6, 4.7, 15),
        ("scene", 6, 1.5, 2.5),
        ("scene_words", 14, 28, 65),
        ("typed_multilang", 2, 5, 17),
    ],
)
def test_error_rates(reader: PageReader, data: Path, folder: str, most: int, cer: float, wer: float) -> None:
    pages = [
        rate(reader.read(picture(data, folder, label), ReadOptions()), label) for label in labels(data, folder)[:most]
    ]
    found_cer, found_wer = score.pooled(pages)
    assert 100 * found_cer <= cer
    assert 100 * found_wer <= wer


def test_latin_and_ideographs_are_read_and_named(reader: PageReader, data: Path) -> None:
    readable = {"fr", "de", "es", "it", "pt", "nl", "sv", "pl", "cs", "hu", "ro", "tr", "zh-Hans", "zh-Hant", "ja"}
    for label in labels(data, "printed_languages"):
        if label["language"] in readable:
            page = reader.read(picture(data, "printed_languages", label), ReadOptions())
            assert page.language == label["language"]
            assert rate(page, label).cer <= 0.01, label["image"]


# Largest CER in percent, without tesseract. The Hebrew picture has boxes where its font lacked the full stop.
@pytest.mark.parametrize(
    ("language", "cer"),
    [("ru", 1), ("uk", 1), ("el", 1), ("ar", 2), ("he", 3), ("hi", 8), ("ko", 2), ("th", 3), ("vi", 1)],
)
def test_other_scripts_are_read_by_our_own_recogniser(
    without_tesseract: PageReader, data: Path, language: str, cer: float
) -> None:
    label = next(label for label in labels(data, "printed_languages") if label["language"] == language)
    page = without_tesseract.read(picture(data, "printed_languages", label), ReadOptions())
    assert 100 * rate(page, label).cer <= cer


@pytest.mark.parametrize("degrees", [0, 10])
def test_word_boxes_hug_the_true_words(reader: PageReader, data: Path, degrees: int) -> None:
    label = labels(data, "printed_rendered")[-1]
    upright = picture(data, "printed_rendered", label)
    image = Image.fromarray(upright.pixels).rotate(-degrees, Image.Resampling.BICUBIC, True, fillcolor="white")
    page = reader.read(Picture(np.ascontiguousarray(np.asarray(image)), "Png"), ReadOptions())
    # Turned back around the centre, the enlarged canvas lies evenly around the picture.
    dx, dy = (image.width - upright.width) / 2, (image.height - upright.height) / 2
    boxes = [page.upright(word.quad).shifted(-dx, -dy).bounds for line in page.lines for word in line.words]
    found = np.array([(b.left, b.top, b.right, b.bottom) for b in boxes])
    overlaps = []
    for line in label["words"]:
        for _, x, y, width, height in line:
            wide = np.minimum(found[:, 2], x + width) - np.maximum(found[:, 0], x)
            high = np.minimum(found[:, 3], y + height) - np.maximum(found[:, 1], y)
            common = np.clip(wide, 0, None) * np.clip(high, 0, None)
            sizes = (found[:, 2] - found[:, 0]) * (found[:, 3] - found[:, 1])
            overlaps.append((common / (sizes + width * height - common)).max())
    assert np.mean(overlaps) >= (0.88 if degrees == 0 else 0.75)


@pytest.mark.parametrize(
    ("turns", "orientation"), [(1, Orientation.LEFT), (2, Orientation.DOWN), (3, Orientation.RIGHT)]
)
def test_turned_pictures_are_read_as_well_as_upright_ones(
    reader: PageReader, data: Path, turns: int, orientation: Orientation
) -> None:
    for folder, index in (("scene", 1), ("handwriting_fonts", 3), ("printed_receipts", 0), ("printed_languages", 18)):
        label = labels(data, folder)[index]
        upright = picture(data, folder, label)
        turned = Picture(np.ascontiguousarray(np.rot90(upright.pixels, turns)), "Png")
        page = reader.read(turned, ReadOptions())
        assert page.orientation is orientation, label["image"]
        assert [line.text for line in page.lines] == [line.text for line in reader.read(upright, ReadOptions()).lines]
