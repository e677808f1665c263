"""What all seven features of Image Analysis 4.0 cost together: against the models alone, and on two cores.

    python bench/latency_image_analysis.py [--data ../shared/data/vision] [--rounds 7] [--pictures 3] [--out FILE.json]

Photographs scaled to one megapixel, ten words written on each, stored as JPEG; everything in this one process, warm.
Rounds on one core and on two alternate, each model on one thread. Models are timed inside the very same calls, in
processor time of their threads, so whatever else the machine does hits both alike; figures are medians over rounds.

cpu_ms                  processor milliseconds an image on one core, JPEG to JSON
models_ms               of these, inside onnxruntime
cpu_to_models           the first by the second (the target is at most 1.15)
wall_1_ms, wall_2_ms    wall time on one core and on two
two_to_one              the second by the first (the target is at most 0.65)
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import threading
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import onnxruntime as ort
from PIL import Image, ImageDraw, ImageFont

from readstone.api.imageanalysis.codec import encoded
from readstone.api.imageanalysis.parameters import FEATURES
from readstone.api.imageanalysis.versions import API_VERSIONS
from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture
from readstone.domain.scene import SceneOptions
from readstone.engines.registry import create_reader, create_viewer
from readstone.inference.analysing import Analysing
from readstone.inference.pool import WorkPool
from readstone.inference.reading import ReaderSlot
from readstone.inference.seeing import ViewerSlot
from readstone.intake.decode import ImageLimits, decode
from readstone.intake.limits import ANALYSIS

REPOSITORY = Path(__file__).resolve().parent.parent
MEGAPIXEL = 1_000_000
WORDS = ("ten words", "on a photo", "cost this", "much time")
SEEN = frozenset(feature for feature in FEATURES.values() if feature)
VERSION = API_VERSIONS["2023-10-01"]


class ModelClock:
    """Processor seconds of the calling threads inside onnxruntime, from the moment that this is made."""

    def __init__(self) -> None:
        self.seconds = 0.0
        lock = threading.Lock()
        run = ort.InferenceSession.run

        def timed(session: Any, *arguments: Any, **named: Any) -> Any:
            start = time.thread_time()
            try:
                return run(session, *arguments, **named)
            finally:
                with lock:
                    self.seconds += time.thread_time() - start

        ort.InferenceSession.run = timed


class HereDecoder:
    """Decodes in this process, whose time is taken."""

    def decode(self, data: bytes, limits: ImageLimits) -> Picture:
        return decode(data, limits)


def written_on(path: Path) -> bytes:
    """A picture of a megapixel with ten words in a corner, as JPEG."""
    with Image.open(path) as image:
        factor = (MEGAPIXEL / (image.width * image.height)) ** 0.5
        size = (round(image.width * factor), round(image.height * factor))
        large = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(large)
    draw.rectangle((40, 40, 330, 250), fill="white")
    for row, text in enumerate(WORDS):
        draw.text((60, 50 + 48 * row), text, fill="black", font=ImageFont.load_default(38))
    out = BytesIO()
    large.save(out, "JPEG", quality=90)
    return out.getvalue()


def measure(files: list[bytes], rounds: int) -> dict[str, float]:
    """The figures, see the module."""
    clock = ModelClock()
    cores = sorted(os.sched_getaffinity(0))[:2]
    slot = ReaderSlot()
    slot.put(create_reader(threads=1))
    pool, viewer = WorkPool(1, 1), create_viewer(threads=1)
    analysing = Analysing(pool, HereDecoder(), slot, ViewerSlot(lambda: viewer), lambda word, _: word, workers=1)

    def analyse(data: bytes) -> None:
        see = SceneOptions(SEEN)
        encoded(asyncio.run(analysing.analyse(data, ANALYSIS.image, see, ReadOptions())), VERSION)

    for data in files:  # warm
        analyse(data)
    took: dict[str, list[float]] = {"cpu": [], "models": [], "wall_1": [], "wall_2": []}
    for _ in range(rounds):
        for count in (1, len(cores)):
            for thread in os.listdir("/proc/self/task"):
                os.sched_setaffinity(int(thread), set(cores[:count]))
            wall, cpu, inside = time.perf_counter(), time.process_time(), clock.seconds
            for data in files:
                analyse(data)
            took[f"wall_{count}"].append(1000 * (time.perf_counter() - wall) / len(files))
            if count == 1:
                took["cpu"].append(1000 * (time.process_time() - cpu) / len(files))
                took["models"].append(1000 * (clock.seconds - inside) / len(files))
    pool.close()
    analysing.close()
    middle = {key: statistics.median(values) for key, values in took.items()}
    return {
        "cpu_ms": round(middle["cpu"], 1),
        "models_ms": round(middle["models"], 1),
        "cpu_to_models": round(statistics.median(a / b for a, b in zip(took["cpu"], took["models"], strict=True)), 3),
        "wall_1_ms": round(middle["wall_1"], 1),
        "wall_2_ms": round(middle["wall_2"], 1),
        "two_to_one": round(statistics.median(b / a for a, b in zip(took["wall_1"], took["wall_2"], strict=True)), 3),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data" / "vision")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--pictures", type=int, default=3)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    paths = sorted((chosen.data / "images").glob("*.jpg"), key=lambda path: -path.stat().st_size)[: chosen.pictures]
    if not paths:
        print(f"no JPEG pictures in {chosen.data / 'images'}", file=sys.stderr)
        return 2
    if len(os.sched_getaffinity(0)) < 2:
        print("this machine has one core: the second cannot be measured", file=sys.stderr)
        return 2
    cv2.setNumThreads(1)
    figures = measure([written_on(path) for path in paths], chosen.rounds)
    for key, value in figures.items():
        print(f"{key:15}{value:>10}")
    if chosen.out:
        chosen.out.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
