"""Trains the Latin handwriting recogniser on drawn and real lines; runs on ordinary processor cores.

    python tools/train/train.py --plain PP-OCRv6_rec_small.onnx --data ../shared/data/ocr --drawn D1.npz D2.npz \\
        --minutes 60 --out FOLDER [--all-lines] [--start FOLDER/weights.npz]

The lines of the pages that figures are given for are left out (see lines.py), unless --all-lines. FOLDER gets
weights.npz (a moving average of the weights, written every few minutes) and log.txt. Every process works on
one core, and after each step all of them share the mean of their gradients.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from augment import augmented
from latin import with_latin_head
from lines import SCORED_PAGES, Line, load_saved, pages, real_lines, trainable
from training import Lesson, Pair, add_arguments, run

LETTERS_FOLDER = "handwriting_letters_1905"
HELD_OUT_FOLDERS = ("letters_1905_typed", "handwriting_french_1930s")
CHECKED = 70  # real lines never trained on, to watch the training by


@dataclass(frozen=True)
class Data:
    """What is trained on: drawn lines, the letters' and the notebooks' lines; and what is watched."""

    drawn: list[Line]
    letters: list[Line]
    notebooks: list[Line]
    checked: list[Line]
    checked_drawn: list[Line]


def data_of(folder: Path, drawn: list[Path], watched: Path | None, all_lines: bool) -> Data:
    """Reads and splits the lines."""
    lines = real_lines(folder / "handwriting_train_lines")
    if not all_lines:
        letters = pages(folder / LETTERS_FOLDER)
        scored = [text for page, texts in letters.items() if page in SCORED_PAGES for text in texts]
        scored += [t for name in HELD_OUT_FOLDERS for texts in pages(folder / name).values() for t in texts]
        known = [text for page, texts in letters.items() if page not in SCORED_PAGES for text in texts]
        lines = trainable(lines, scored, known)
    notebooks = [line for line in lines if line.name.startswith("peraire")]
    chosen = set(random.Random(5).sample(range(len(notebooks)), CHECKED))
    return Data(
        [line for path in drawn for line in load_saved(path)],
        [line for line in lines if not line.name.startswith("peraire")],
        [line for i, line in enumerate(notebooks) if i not in chosen],
        [line for i, line in enumerate(notebooks) if i in chosen],
        load_saved(watched) if watched else [],
    )


def pairs_of(data: Data, seed: int, letters_part: float) -> Iterator[Pair]:
    """Endless lines, half of them drawn, changed a little every time."""
    rng = np.random.default_rng(seed)
    while True:
        kind, pool = rng.random(), data.drawn
        if kind < 0.5:
            pool = data.letters if kind < 0.5 * letters_part else data.notebooks
        line = pool[int(rng.integers(len(pool)))]
        yield augmented(rng, line.picture, 0.6 if pool is data.drawn else 1.0), line.text


def lesson_of(rank: int, chosen: argparse.Namespace) -> Lesson:
    """What one process learns."""
    data = data_of(chosen.data, chosen.drawn, chosen.watched, chosen.all_lines)
    pairs = pairs_of(data, 100 * chosen.seed + rank, chosen.letters_part)
    watched = {"notebooks": data.checked, "fonts never drawn with": data.checked_drawn[:50]}
    return Lesson(with_latin_head(onnx.load(chosen.plain)), pairs, watched)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled folders")
    parser.add_argument("--drawn", type=Path, nargs="+", required=True, help="files of render.py")
    parser.add_argument("--watched", type=Path, help="a file of render.py --held-out, to watch the training by")
    parser.add_argument("--letters-part", type=float, default=0.25, help="part of real lines drawn from the letters")
    parser.add_argument("--all-lines", action="store_true", help="also those of scored pages: no figures then")
    run(lesson_of, parser.parse_args())


if __name__ == "__main__":
    main()
