"""The engines that accuracy_ocr.py compares, each as a function from an image file to lines."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from ocr_score import FoundLine

Engine = Callable[[Path, str | None], list[FoundLine]]


class NotInstalledError(Exception):
    """The engine is not on this machine; the message says what is missing."""


def readstone() -> Engine:
    """Readstone's own reader, with all cores."""
    from readstone.domain.options import ReadOptions
    from readstone.domain.picture import Picture
    from readstone.engines.registry import create_reader

    reader = create_reader(threads=os.cpu_count() or 1)

    def read(path: Path, _language: str | None) -> list[FoundLine]:
        with Image.open(path) as image:
            pixels = np.ascontiguousarray(np.asarray(ImageOps.exif_transpose(image).convert("RGB")))
        page = reader.read(Picture(pixels, "Png"), ReadOptions())
        boxes = [(line.text, page.upright(line.quad).bounds) for line in page.lines]
        return [FoundLine(text, b.left, b.top, b.width, b.height) for text, b in boxes]

    return read


def rapidocr() -> Engine:
    """rapidocr as it comes: RapidOCR() with its defaults, its lines as it gives them."""
    try:
        from rapidocr import RapidOCR
    except ImportError as absent:
        raise NotInstalledError("rapidocr is not installed") from absent
    engine = RapidOCR(params={"Global.log_level": "critical"})

    def read(path: Path, _language: str | None) -> list[FoundLine]:
        result: Any = engine(str(path))
        if result.boxes is None:
            return []
        lines = []
        for box, text in zip(result.boxes, result.txts, strict=True):
            left, top = box.min(axis=0)
            right, bottom = box.max(axis=0)
            lines.append(FoundLine(text, float(left), float(top), float(right - left), float(bottom - top)))
        return lines

    return read


TESSERACT_LANGUAGES = {
    "ar": "ara", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa", "fi": "fin",
    "fr": "fra", "he": "heb", "hi": "hin", "hu": "hun", "it": "ita", "ja": "jpn", "ko": "kor", "nb": "nor",
    "nl": "nld", "pl": "pol", "pt": "por", "ro": "ron", "ru": "rus", "sk": "slk", "sv": "swe", "th": "tha",
    "tr": "tur", "uk": "ukr", "vi": "vie", "zh-Hans": "chi_sim", "zh-Hant": "chi_tra",
    "czech": "ces", "danish": "dan", "english": "eng", "german": "deu", "slovak": "slk",
}  # fmt: skip


def tesseract() -> Engine:
    """The tesseract command line with the label's language, English where it has none."""
    program = shutil.which("tesseract")
    if program is None:
        raise NotInstalledError("tesseract is not on PATH")

    def read(path: Path, language: str | None) -> list[FoundLine]:
        code = TESSERACT_LANGUAGES.get(language or "en", "eng")
        run = subprocess.run(
            [program, str(path), "stdout", "-l", code, "tsv"], capture_output=True, check=True, text=True
        )
        words: dict[tuple[str, ...], list[dict[str, str]]] = {}
        for row in csv.DictReader(run.stdout.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["level"] == "5" and row["text"].strip():
                words.setdefault((row["block_num"], row["par_num"], row["line_num"]), []).append(row)
        gap = "" if code in {"chi_sim", "chi_tra", "jpn", "tha"} else " "
        lines = []
        for parts in words.values():
            left, top = min(int(p["left"]) for p in parts), min(int(p["top"]) for p in parts)
            right = max(int(p["left"]) + int(p["width"]) for p in parts)
            bottom = max(int(p["top"]) + int(p["height"]) for p in parts)
            lines.append(FoundLine(gap.join(p["text"] for p in parts), left, top, right - left, bottom - top))
        return lines

    return read


ENGINES: dict[str, Callable[[], Engine]] = {
    "readstone": readstone,
    "rapidocr": rapidocr,
    "tesseract": tesseract,
}
