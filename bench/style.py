"""Precision and recall of a line's appearance (handwriting or not) on labelled folders.

    python bench/style.py --data ../shared/data/ocr

A line that the reader found has the style of the true line that it lies on, by `boxes` where a label has
them; else, where an image has both styles, of the true line whose text is most like its own; else of the
whole image: handwriting in folders whose name begins so, print in all others. Lines that fit no true line
(stamps, notes, specks) are counted as unmatched and not scored. A page is handwriting when most of its
scored lines are. "pooled" is every `handwriting_*` folder against every `printed_*` and `typed_*` one.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from readstone.domain.geometry import Box
from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture
from readstone.domain.text import Line, Page
from readstone.engines.read.reader import PageReader

LEFT_OUT = {"handwriting_train_lines"}
POOLED = ("handwriting_", "printed_", "typed_")
LEAST_COVERED = 0.35
LEAST_LIKE = 0.5

Label = Mapping[str, Any]


@dataclass(slots=True)
class Count:
    """Handwriting taken for handwriting and for print, print taken for handwriting and for print."""

    hand_hand: int = 0
    hand_print: int = 0
    print_hand: int = 0
    print_print: int = 0
    unmatched: int = 0

    def add(self, truth: bool, verdict: bool) -> None:
        if truth:
            self.hand_hand, self.hand_print = self.hand_hand + verdict, self.hand_print + (not verdict)
        else:
            self.print_hand, self.print_print = self.print_hand + verdict, self.print_print + (not verdict)

    def merge(self, other: Count) -> None:
        self.hand_hand += other.hand_hand
        self.hand_print += other.hand_print
        self.print_hand += other.print_hand
        self.print_print += other.print_print
        self.unmatched += other.unmatched

    def figures(self) -> dict[str, float | None]:
        """Precision and recall of handwriting, then of print; None where nothing was there to count."""
        return {
            "precision": _share(self.hand_hand, self.print_hand),
            "recall": _share(self.hand_hand, self.hand_print),
            "print_precision": _share(self.print_print, self.hand_print),
            "print_recall": _share(self.print_print, self.print_hand),
        }


def _share(right: int, wrong: int) -> float | None:
    return right / (right + wrong) if right + wrong else None


def true_style(line: Line, label: Label, folder: str) -> bool | None:
    """Whether the line is handwriting by the label; None when it fits no true line."""
    styles = label.get("styles") or ["handwriting" if folder.startswith("handwriting") else "other"] * len(
        label["lines"]
    )
    if boxes := label.get("boxes"):
        found = line.quad.bounds
        covered = [_common(found, Box(*box)) for box in boxes]
        best = int(np.argmax(covered))
        return styles[best] == "handwriting" if covered[best] >= LEAST_COVERED * found.width * found.height else None
    if len(set(styles)) > 1:
        alike = [SequenceMatcher(None, line.text.lower(), text.lower()).ratio() for text in label["lines"]]
        best = int(np.argmax(alike))
        return styles[best] == "handwriting" if alike[best] > LEAST_LIKE else None
    return bool(styles[0] == "handwriting")


def _common(a: Box, b: Box) -> float:
    wide, high = min(a.right, b.right) - max(a.left, b.left), min(a.bottom, b.bottom) - max(a.top, b.top)
    return max(0.0, wide) * max(0.0, high)


def judge(page: Page, label: Label, folder: str, lines: Count, pages: Count) -> list[tuple[Line, bool]]:
    """Adds one page to both counts; gives the lines that were judged wrong, with their truth."""
    votes: list[tuple[bool, bool]] = []
    wrong = []
    for line in page.lines:
        truth = true_style(line, label, folder)
        if truth is None or line.appearance is None:
            lines.unmatched += 1
            continue
        votes.append((truth, line.appearance.handwriting))
        lines.add(*votes[-1])
        if truth != line.appearance.handwriting:
            wrong.append((line, truth))
    if votes:
        truths, verdicts = zip(*votes, strict=True)
        pages.add(2 * sum(truths) > len(votes), 2 * sum(verdicts) > len(votes))
    return wrong


def labelled(data: Path, limit: int | None, only: tuple[str, ...] = ()) -> Iterator[tuple[str, Label, Picture]]:
    """Folder, label and picture of every labelled image, or of the first `limit` of each folder."""
    for file in sorted(data.glob("*/labels.jsonl")):
        folder = file.parent.name
        if folder in LEFT_OUT or (only and not folder.startswith(only)):
            continue
        for text in file.read_text("utf-8").splitlines()[:limit]:
            label = json.loads(text)
            with Image.open(file.parent / label["image"]) as image:
                upright = ImageOps.exif_transpose(image).convert("RGB")
            yield folder, label, Picture(np.ascontiguousarray(np.asarray(upright)), "Png")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data", type=Path, default=Path("../shared/data/ocr"))
    options.add_argument("--limit", type=int, help="images of each folder")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--detail", action="store_true", help="name the lines that were judged wrong")
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()
    reader = PageReader(threads=chosen.threads)
    lines: dict[str, Count] = {}
    pages: dict[str, Count] = {}
    for folder, label, picture in labelled(chosen.data, chosen.limit):
        page = reader.read(picture, ReadOptions(appearance=True))
        mine = lines.setdefault(folder, Count()), pages.setdefault(folder, Count())
        for line, truth in judge(page, label, folder, *mine):
            if chosen.detail and line.appearance:
                kind = "handwriting" if truth else "print"
                print(f"{folder}/{label['image']}: {kind} missed, {line.appearance.confidence:.2f}: {line.text}")
    for counts in (lines, pages):
        pooled, every = Count(), Count()
        for folder, count in counts.items():
            every.merge(count)
            if folder.startswith(POOLED):
                pooled.merge(count)
        counts |= {"pooled": pooled, "all": every}
    print(f"{'':26} {'handwriting':>13} {'print':>11} {'unmatched':>9}   pages")
    for folder, count in lines.items():
        hand, printed = count.hand_hand + count.hand_print, count.print_hand + count.print_print
        by_page = pages[folder]
        right, whole = by_page.hand_hand + by_page.print_print, sum(_numbers(by_page)[:4])
        print(
            f"{folder:26} {count.hand_hand:6}/{hand:<6} {count.print_print:5}/{printed:<5} {count.unmatched:9}"
            f"   {right}/{whole}"
        )
    summary = {
        f"{name}, {unit}": counts[name].figures()
        for name in ("pooled", "all")
        for unit, counts in (("lines", lines), ("pages", pages))
    }
    for name, figures in summary.items():
        print(name, ", ".join(f"{what} {value:.3f}" for what, value in figures.items() if value is not None))
    if chosen.out:
        detail = {
            folder: {"lines": _numbers(count), "pages": _numbers(pages[folder])} for folder, count in lines.items()
        }
        chosen.out.write_text(json.dumps({"summary": summary, "folders": detail}, indent=1) + "\n", "utf-8")


def _numbers(count: Count) -> list[int]:
    return [count.hand_hand, count.hand_print, count.print_hand, count.print_print, count.unmatched]


if __name__ == "__main__":
    main()
