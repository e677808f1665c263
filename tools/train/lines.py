"""Line pictures with their text: read from labelled folders, kept in one file, split for honest figures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

HEIGHT = 48

Rgb = NDArray[np.uint8]

# Pages of one letter stand together: what one writer wrote is trained on or scored, never both. Every other
# letter, in the order of the names, is scored.
LETTERS = (
    ("stanford_L247", "stanford_L248"), ("stanford_L249",), ("stanford_L250",), ("stanford_L253",),
    ("stanford_L76_2",), ("stanford_i082",), ("stanford_i083",), ("stanford_i088",),
    ("stanford_i091", "stanford_i092"), ("stanford_i093",),
)  # fmt: skip
SCORED_PAGES = frozenset(page for letter in LETTERS[1::2] for page in letter)


@dataclass(frozen=True)
class Line:
    """One line: RGB uint8, HEIGHT rows, and what it says."""

    name: str
    picture: Rgb
    text: str


def filed(rng: np.random.Generator, image: NDArray[np.floating], part: float, worst: int) -> Rgb:
    """The picture in whole shades, a `part` of all as a JPEG file of quality `worst` to 95 gives it back."""
    rgb = np.clip(image, 0, 255).astype(np.uint8)
    if rng.random() >= part:
        return rgb
    _, packed = cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(worst, 96))])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "—": "-", "–": "-", "«": '"', "»": '"'})


def plain(text: str) -> str:
    """Quotes, dashes and spaces as every keyboard has them; they cannot be told apart in handwriting."""
    text = text.translate(_PLAIN)
    return re.sub(r"\s+", " ", text).strip()


def real_lines(folder: Path) -> list[Line]:
    """The lines of a folder with labels.jsonl, in the order of the file."""
    lines = []
    for label in map(json.loads, (folder / "labels.jsonl").read_text("utf-8").splitlines()):
        picture = cv2.imread(str(folder / label["image"]), cv2.IMREAD_COLOR)[:, :, ::-1]
        width = max(8, round(picture.shape[1] * HEIGHT / picture.shape[0]))
        if picture.shape[0] != HEIGHT:
            picture = cv2.resize(picture, (width, HEIGHT), interpolation=cv2.INTER_AREA)
        lines.append(Line(label["image"], np.ascontiguousarray(picture), plain(label["lines"][0])))
    return lines


def pages(folder: Path) -> dict[str, list[str]]:
    """The lines of text of every page in a folder with labels.jsonl, by the name of the page."""
    labels = map(json.loads, (folder / "labels.jsonl").read_text("utf-8").splitlines())
    return {Path(label["image"]).stem: [plain(text) for text in label["lines"]] for label in labels}


def trainable(lines: Sequence[Line], scored: Iterable[str], known: Iterable[str]) -> list[Line]:
    """The lines that cannot come from a scored page.

    `scored` are the texts of the pages that figures are given for, `known` those of pages that are not scored.
    A line goes when it resembles a scored text, or, for stanford_*, when it resembles no known one: then where
    it comes from cannot be told.
    """
    scored, known = [text.lower() for text in scored], [text.lower() for text in known]
    kept = []
    for line in lines:
        text = line.text.lower()
        if _nearest(text, scored) <= 0.25:
            continue
        if line.name.startswith("stanford") and _nearest(text, known) > 0.25:
            continue
        kept.append(line)
    return kept


def _nearest(text: str, others: Sequence[str]) -> float:
    """The smallest edit distance to one of `others`, in parts of the text's length."""
    near = [other for other in others if abs(len(other) - len(text)) <= 0.25 * max(len(text), 1)]
    return min((Levenshtein.distance(text, other) for other in near), default=len(text) + 1) / max(len(text), 1)


def save(path: Path, lines: Sequence[Line]) -> None:
    """All lines in one file."""
    np.savez(
        path,
        pixels=np.concatenate([line.picture.reshape(-1) for line in lines]),
        widths=np.array([line.picture.shape[1] for line in lines]),
        texts=np.array([line.text for line in lines]),
        names=np.array([line.name for line in lines]),
    )


def load_saved(path: Path) -> list[Line]:
    """What save() kept."""
    with np.load(path) as kept:
        pixels, widths, texts = kept["pixels"], kept["widths"], kept["texts"]
        names = kept["names"] if "names" in kept else [f"{path.stem}_{i}" for i in range(len(texts))]
    ends = np.cumsum(widths) * HEIGHT * 3
    return [
        Line(str(name), pixels[end - width * HEIGHT * 3 : end].reshape(HEIGHT, width, 3), str(text))
        for name, end, width, text in zip(names, ends.tolist(), widths.tolist(), texts, strict=True)
    ]
