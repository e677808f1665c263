"""Error rates of Readstone, plain rapidocr and tesseract on labelled folders.

    python bench/accuracy_ocr.py --data ../shared/data/ocr --out FILE.json

Writes `{folder: {engine: {"cer": %, "wer": %, "images": n, "seconds": median}}, ..., "overall": ...}`;
an engine that is not installed says `{"not run": why}`. Scores are defined in ocr_score.py.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocr_engines import ENGINES, NotInstalledError
from ocr_score import FoundLine, Score, pooled, score

LEFT_OUT = {"handwriting_train_lines"}  # single lines that the recogniser of our own will train on
REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled image."""

    folder: str
    path: Path
    lines: tuple[str, ...]
    language: str | None
    fold_case: bool


def samples(data: Path, folders: list[str], limit: int | None) -> Iterator[Sample]:
    """Labelled images of every folder under `data` that has a labels.jsonl."""
    for labels in sorted(data.glob("*/labels.jsonl")):
        folder = labels.parent
        if folder.name in LEFT_OUT or (folders and folder.name not in folders):
            continue
        for text in labels.read_text("utf-8").splitlines()[:limit]:
            label = json.loads(text)
            yield Sample(
                folder.name,
                folder / label["image"],
                tuple(label["lines"]),
                label.get("language"),
                bool(label.get("fold_case")),
            )


def measure(engine: Callable[[Path, str | None], list[FoundLine]], every: list[Sample], detail: bool) -> dict[str, Any]:
    """CER and WER in percent, pooled and as the mean of pages, and median seconds per folder, and over all images."""
    pages: dict[str, list[Score]] = {}
    times: dict[str, list[float]] = {}
    for sample in every:
        start = time.perf_counter()
        found = engine(sample.path, sample.language)
        seconds = time.perf_counter() - start
        page = score(sample.lines, found, sample.fold_case)
        if detail:
            print(f"{sample.folder}/{sample.path.name} {page.cer:.4f} {page.wer:.4f} {seconds:.2f}", flush=True)
        for name in (sample.folder, "overall"):
            pages.setdefault(name, []).append(page)
            times.setdefault(name, []).append(seconds)
    return {
        folder: {
            "cer": round(100 * pooled(mine)[0], 2),
            "wer": round(100 * pooled(mine)[1], 2),
            "page_cer": round(100 * statistics.fmean(p.cer for p in mine), 2),
            "page_wer": round(100 * statistics.fmean(p.wer for p in mine), 2),
            "images": len(mine),
            "seconds": round(statistics.median(times[folder]), 3),
        }
        for folder, mine in pages.items()
    }


def show(table: Mapping[str, Mapping[str, Any]], engines: list[str]) -> None:
    """Print one row a folder."""
    print(f"{'folder':26}" + "".join(f"{name:>28}" for name in engines))
    for folder, row in table.items():
        cells = []
        for name in engines:
            cell = row[name]
            text = f"{cell['cer']:.2f} / {cell['wer']:.2f} {cell['seconds']:.2f}s" if "cer" in cell else "not run"
            cells.append(f"{text:>28}")
        print(f"{folder:26}" + "".join(cells))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data" / "ocr")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--engines", default=",".join(ENGINES), help="comma-separated: " + ", ".join(ENGINES))
    parser.add_argument("--folders", default="", help="comma-separated; default all")
    parser.add_argument("--limit", type=int, help="images per folder")
    parser.add_argument("--detail", action="store_true", help="print every page")
    chosen = parser.parse_args()
    every = list(samples(chosen.data, [f for f in chosen.folders.split(",") if f], chosen.limit))
    if not every:
        print(f"no labels.jsonl with images under {chosen.data}", file=sys.stderr)
        return 2
    engines = chosen.engines.split(",")
    folders = [*dict.fromkeys(sample.folder for sample in every), "overall"]
    table: dict[str, dict[str, Any]] = {folder: {} for folder in folders}
    for name in engines:
        try:
            figures = measure(ENGINES[name](), every, chosen.detail)
        except NotInstalledError as absent:
            figures = {folder: {"not run": str(absent)} for folder in folders}
        for folder in folders:
            table[folder][name] = figures[folder]
    show(table, engines)
    if chosen.out:
        chosen.out.write_text(json.dumps(table, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
