"""Trains the recogniser of other scripts on drawn lines; runs on ordinary processor cores.

    python tools/train/train_scripts.py --plain PP-OCRv6_rec_small.onnx --fonts FOLDER --texts FOLDER \\
        --others FOLDER --handwriting D1.npz --watched HELD.npz --minutes 90 --out FOLDER [--start FOLDER/weights.npz]

Every line is drawn anew while training. FOLDER gets weights.npz (a moving average of the weights, written every few
minutes) and log.txt.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from augment import augmented
from lines import Line, load_saved
from script_lines import ScriptLines, Unreadable
from scripts import with_script_head
from training import Lesson, Pair, add_arguments, run

_WATCHED = 30  # lines of every script


def pairs_of(lines: ScriptLines, rng: np.random.Generator) -> Iterator[Pair]:
    """Endless lines, half of them changed a little more after they were drawn."""
    while True:
        line = lines.line()
        yield augmented(rng, line.picture, 0.3) if rng.random() < 0.5 else line.picture, line.text


def lesson_of(rank: int, chosen: argparse.Namespace) -> Lesson:
    """What one process learns."""
    rng = np.random.default_rng(100 * chosen.seed + rank)
    unreadable = Unreadable.of(chosen.others, chosen.handwriting)
    pairs = pairs_of(ScriptLines(chosen.fonts, chosen.texts, rng, unreadable), rng)
    watched: dict[str, list[Line]] = {}
    for line in load_saved(chosen.watched) if chosen.watched and not rank else []:
        if len(watched.setdefault(line.name, [])) < _WATCHED:
            watched[line.name].append(line)
    return Lesson(with_script_head(onnx.load(chosen.plain)), pairs, watched)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser)
    parser.add_argument("--fonts", type=Path, required=True, help="folder of script_fonts.py")
    parser.add_argument("--texts", type=Path, required=True, help="folder of script_texts.py")
    parser.add_argument("--others", type=Path, required=True, help="folder of script_others.py")
    parser.add_argument("--handwriting", type=Path, required=True, help="a file of render.py")
    parser.add_argument("--watched", type=Path, help="a file of script_lines.py --held-out, to watch the training by")
    run(lesson_of, parser.parse_args())


if __name__ == "__main__":
    main()
