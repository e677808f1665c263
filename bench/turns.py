"""Whether pages that lie on their side or upside down are read as if they had come upright.

    python bench/turns.py --data ../shared/data/ocr [--pages 4] [--out FILE.json]

Of each folder that many pages, spread evenly over it, are read as they are and after one, two and three quarter
turns clockwise. A reading is right when the page says where the text's top faces, leans within one degree of what
it leaned before turning, and has a character error rate at most 2 points above that of the page as it came. Pictures
of a lone word or two are asked as well: what they say is the same. Scores are defined in ocr_score.py.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from accuracy_ocr import REPOSITORY, Sample, samples
from ocr_score import FoundLine, score
from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture, RgbPixels
from readstone.domain.text import Orientation, Page
from readstone.engines.registry import create_reader

FACES = (Orientation.UP, Orientation.RIGHT, Orientation.DOWN, Orientation.LEFT)
"""Where the top of an upright page's text faces after so many quarter turns clockwise."""

DEGREES, POINTS = 1.0, 0.02
"""How much a turned page's angle and character error rate may differ from the upright one's."""


@dataclass(frozen=True, slots=True)
class Turned:
    """What was read on a page after `turns` quarter turns clockwise; `cer` 0..1, `degrees` off the upright one's."""

    page: str
    turns: int
    faces: str
    faces_right: bool
    degrees: float
    cer: float
    cer_upright: float

    @property
    def is_right(self) -> bool:
        """Whether direction, angle and text are those of the page as it came."""
        return self.faces_right and self.degrees <= DEGREES and self.cer <= self.cer_upright + POINTS


def spread(every: Sequence[Sample], most: int) -> list[Sample]:
    """At most so many of them, evenly spread."""
    return [every[at * len(every) // most] for at in range(most)] if len(every) > most else list(every)


def pixels_of(path: Path) -> RgbPixels:
    """RGB pixels, EXIF orientation applied."""
    with Image.open(path) as image:
        return np.ascontiguousarray(np.asarray(ImageOps.exif_transpose(image).convert("RGB")))


def cer_of(sample: Sample, page: Page) -> float:
    """Character error rate 0..1 of what was found on a page, lines ordered in its upright frame."""
    boxes = [(line.text, page.upright(line.quad).bounds) for line in page.lines]
    return score(sample.lines, [FoundLine(t, b.left, b.top, b.width, b.height) for t, b in boxes], sample.fold_case).cer


def measure(data: Path, folders: list[str], pages: int) -> dict[str, list[Turned]]:
    """All four turns of the pages chosen, per folder."""
    reader = create_reader(threads=os.cpu_count() or 1)
    by_folder: dict[str, list[Sample]] = {}
    for sample in samples(data, folders, None):
        by_folder.setdefault(sample.folder, []).append(sample)
    found: dict[str, list[Turned]] = {}
    for folder, every in by_folder.items():
        for sample in spread(every, pages):
            pixels = pixels_of(sample.path)
            upright: tuple[float, float] | None = None
            for turns, faces in enumerate(FACES):
                turned = np.ascontiguousarray(np.rot90(pixels, -turns))
                page = reader.read(Picture(turned, "Png"), ReadOptions())
                cer = cer_of(sample, page)
                upright = upright or (cer, page.angle)
                degrees = abs(math.degrees(page.angle - upright[1]))
                says = page.orientation.value if page.orientation else "nothing"
                one = Turned(sample.path.name, turns, says, says == faces.value, degrees, cer, upright[0])
                found.setdefault(folder, []).append(one)
                if not one.is_right:
                    print(f"{folder}/{one.page} turned {90 * turns}: faces {says}, {degrees:.1f} degrees off, "
                          f"CER {100 * cer:.1f} instead of {100 * upright[0]:.1f}", flush=True)  # fmt: skip
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data" / "ocr")
    parser.add_argument("--folders", default="", help="comma-separated; default all")
    parser.add_argument("--pages", type=int, default=4, help="of each folder")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    found = measure(chosen.data, [f for f in chosen.folders.split(",") if f], chosen.pages)
    every = [one for mine in found.values() for one in mine]
    if not every:
        print(f"no labels.jsonl with images under {chosen.data}", file=sys.stderr)
        return 2
    print(f"{'folder':26} {'readings':>8} {'direction':>9} {'all':>6} {'CER upright':>11} {'turned':>7}")
    for folder, mine in {**found, "overall": every}.items():
        ways = [[one for one in mine if bool(one.turns) is turned] for turned in (False, True)]
        means = [100 * sum(one.cer for one in way) / len(way) for way in ways]
        right = sum(one.faces_right for one in mine), sum(one.is_right for one in mine)
        print(f"{folder:26} {len(mine):8} {right[0]:9} {right[1]:6} {means[0]:11.2f} {means[1]:7.2f}")
    if chosen.out:
        table = {folder: [asdict(one) | {"right": one.is_right} for one in mine] for folder, mine in found.items()}
        chosen.out.write_text(json.dumps(table, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
