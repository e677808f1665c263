"""Word boxes and confidences of Readstone's reader, on labelled folders.

    python bench/words.py --data ../shared/data/ocr

Boxes: mean intersection over union of the found words' quads with the true boxes of `printed_rendered`, on the
pages as they are and turned clockwise by 10 degrees. True words and found ones are matched by text, in order,
within the line that lies nearest; a true word that was not found counts as 0.

Confidence: the expected calibration error (Naeini et al. 2015, "Obtaining Well Calibrated Probabilities Using
Bayesian Binning"; ten bins of equal width) over the words of all folders together, and of each folder. A found
word is right when it stands in the true text where it was found: lines are matched one to one at the least edit
distance, words within them in order. What remains is looked for among the true words that nothing was matched
with, for lines that the reader cuts in other places than the label.
"""

from __future__ import annotations

import argparse
import difflib
import json
import math
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from accuracy_ocr import REPOSITORY, samples
from ocr_score import edit_distance, normalised
from readstone.domain.geometry import Point, Quad
from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture, RgbPixels
from readstone.domain.script import stands_alone
from readstone.domain.text import Line, Page, Word
from readstone.engines.registry import create_reader

BOXES = "printed_rendered"  # the folder with true word boxes
SKEW = 10.0  # degrees
BINS = 10

TrueWord = tuple[str, Quad]
Judged = tuple[float, bool]
"""A word's confidence, and whether it is right."""


def upright_pixels(path: Path) -> RgbPixels:
    """The picture in `path`, RGB uint8, turned as its EXIF data says."""
    with Image.open(path) as image:
        return np.ascontiguousarray(np.asarray(ImageOps.exif_transpose(image).convert("RGB")))


def skewed(pixels: RgbPixels, degrees: float) -> tuple[RgbPixels, NDArray[np.float64]]:
    """The picture turned clockwise on a larger sheet, and the 2 x 3 matrix that moves its points there."""
    height, width = pixels.shape[:2]
    cos, sin = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    wide, high = math.ceil(width * cos + height * sin), math.ceil(width * sin + height * cos)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1)
    matrix[:, 2] += ((wide - width) / 2, (high - height) / 2)
    sheet = cv2.warpAffine(pixels, matrix, (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(np.asarray(sheet, np.uint8)), np.asarray(matrix, np.float64)


def moved(quad: Quad, matrix: NDArray[np.float64]) -> Quad:
    """The quad's corners through a 2 x 3 matrix."""
    a, b, c, d = (matrix @ (p.x, p.y, 1.0) for p in quad.corners)
    return Quad(Point(*a), Point(*b), Point(*c), Point(*d))


def overlap(a: Quad, b: Quad) -> float:
    """Intersection over union of the areas of two convex quads."""
    one, other = (np.array([(p.x, p.y) for p in quad.corners], np.float32) for quad in (a, b))
    both = cv2.intersectConvexConvex(one, other)[0]
    either = cv2.contourArea(one) + cv2.contourArea(other) - both
    return float(both / either) if either > 0 else 0.0


def overlaps(page: Page, true: Sequence[Sequence[TrueWord]]) -> list[float]:
    """Intersection over union of each true word with the found one, 0 where there is none."""
    found: list[Line] = list(page.lines)
    figures: list[float] = []
    for words in true:
        here = [word.centre for _, word in words]
        x, y = sum(p.x for p in here) / len(here), sum(p.y for p in here) / len(here)
        near = sorted(found, key=lambda line: math.dist((line.quad.centre.x, line.quad.centre.y), (x, y)))[:5]
        texts = [text for text, _ in words]
        best = max(near, key=lambda line: _alike(texts, line), default=None)
        pairs = dict(_same(texts, [word.text for word in best.words])) if best else {}
        figures += [
            overlap(quad, best.words[pairs[i]].quad) if best and i in pairs else 0.0
            for i, (_, quad) in enumerate(words)
        ]
    return figures


def _alike(texts: list[str], line: Line) -> float:
    return difflib.SequenceMatcher(None, texts, [word.text for word in line.words], autojunk=False).ratio()


def _same(a: Sequence[str], b: Sequence[str]) -> Iterator[tuple[int, int]]:
    for block in difflib.SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks():
        yield from zip(range(block.a, block.a + block.size), range(block.b, block.b + block.size), strict=True)


def words_of(text: str) -> list[str]:
    """The words of a true line, cut as the reader cuts them: at spaces and around every ideograph."""
    return "".join(f" {char} " if stands_alone(char) else char for char in text).split()


def judged(page: Page, lines: Sequence[str], fold_case: bool) -> list[Judged]:
    """Confidence of each word found on a page, and whether the true text has it there."""
    true = [[normalised(word, fold_case) for word in words_of(line)] for line in lines]
    found = [[(normalised(word.text, fold_case), word) for word in line.words] for line in page.lines]
    left = Counter(word for line in true for word in line)
    verdicts: list[Judged] = []
    unclear: list[tuple[str, Word]] = []
    partners = _partners(true, [[text for text, _ in line] for line in found])
    for line, partner in zip(found, partners, strict=True):
        right = {j for _, j in _same(true[partner], [text for text, _ in line])} if partner is not None else set()
        for j, (text, word) in enumerate(line):
            if j in right:
                left[text] -= 1
                verdicts.append((word.confidence, True))
            else:
                unclear.append((text, word))
    for text, word in unclear:
        verdicts.append((word.confidence, left[text] > 0))
        left[text] -= 1
    return verdicts


def _partners(true: list[list[str]], found: list[list[str]]) -> list[int | None]:
    """The true line of each found one: the most alike pairs first, each line once."""
    pairs = []
    for j, line in enumerate(found):
        mine = " ".join(line)
        for i, other in enumerate(true):
            text = " ".join(other)
            most = max(len(text), len(mine), 1)
            distance = edit_distance(text, mine) / most
            if distance < 0.7:
                pairs.append((distance, -most, abs(i / len(true) - j / len(found)), i, j))
    partners: list[int | None] = [None] * len(found)
    taken: set[int] = set()
    for *_, i, j in sorted(pairs):
        if partners[j] is None and i not in taken:
            partners[j] = i
            taken.add(i)
    return partners


def calibration_error(verdicts: Sequence[Judged]) -> float:
    """Expected calibration error, 0..1: the mean distance of confidence and share of right words, by bin."""
    confidence = np.array([one for one, _ in verdicts])
    right = np.array([fine for _, fine in verdicts], np.float64)
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [abs(float((confidence - right)[bins == b].sum())) for b in range(BINS)]
    return sum(gaps) / max(len(verdicts), 1)


def true_boxes(data: Path) -> Iterator[tuple[Path, list[list[TrueWord]]]]:
    """Pictures and the quads of their words, by line."""
    for row in (data / BOXES / "labels.jsonl").read_text("utf-8").splitlines():
        label = json.loads(row)
        lines = [
            [
                (text, Quad(Point(x, y), Point(x + wide, y), Point(x + wide, y + high), Point(x, y + high)))
                for text, x, y, wide, high in line
            ]
            for line in label["words"]
        ]
        yield data / BOXES / label["image"], lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data" / "ocr")
    parser.add_argument("--folders", default="", help="comma-separated, of the confidences; default all")
    parser.add_argument("--only", choices=["boxes", "confidence"])
    chosen = parser.parse_args()
    reader = create_reader(threads=os.cpu_count() or 1)

    def read(pixels: RgbPixels) -> Page:
        return reader.read(Picture(pixels, "Png"), ReadOptions())

    if chosen.only != "confidence":
        straight: list[float] = []
        leaning: list[float] = []
        for path, lines in true_boxes(chosen.data):
            pixels = upright_pixels(path)
            straight += overlaps(read(pixels), lines)
            sheet, matrix = skewed(pixels, SKEW)
            leaning += overlaps(read(sheet), [[(text, moved(quad, matrix)) for text, quad in line] for line in lines])
        for name, figures in (("straight", straight), (f"turned by {SKEW:.0f} degrees", leaning)):
            high = sum(one >= 0.5 for one in figures) / len(figures)
            print(f"boxes {name:22} mean IoU {np.mean(figures):.3f}  IoU >= .5 {high:.3f}  words {len(figures)}")
    if chosen.only != "boxes":
        folders: dict[str, list[Judged]] = {}
        for sample in samples(chosen.data, [f for f in chosen.folders.split(",") if f], None):
            page = read(upright_pixels(sample.path))
            folders.setdefault(sample.folder, []).extend(judged(page, sample.lines, sample.fold_case))
        folders["all"] = [one for verdicts in folders.values() for one in verdicts]
        for folder, verdicts in folders.items():
            if verdicts:
                mean, right = np.mean(verdicts, axis=0)
                print(
                    f"confidence {folder:26} ECE {calibration_error(verdicts):.3f}  words {len(verdicts):5}"
                    f"  mean confidence {mean:.3f}  right {right:.3f}"
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
