"""What a full analysis costs on one core: against its models alone, in processor time, and in memory.

    python bench/latency_analyze.py [--data ../shared/data/vision] [--rounds 9] [--pictures 6] [--out FILE.json]

"Full" is every feature but the details (celebrities, landmarks) and crops, of photographs scaled to one
megapixel and stored as JPEG. Everything runs in this one process, on one core, warm. The time that the models
run is taken inside the very same calls, so that whatever else the machine does hits both alike; figures are
medians over rounds of the sums over all pictures.

decode_ms, see_ms       processor milliseconds an image: JPEG to pixels, pixels to the scene
models_ms               of see_ms, inside onnxruntime
see_to_models           see_ms / models_ms (the target is at most 1.15)
cpu_ms                  decode_ms + see_ms (at most 350)
wall_ms                 the same in wall time
peak_mb                 the process's largest resident memory, loading included
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import onnxruntime as ort
from PIL import Image

from readstone.domain.scene import Feature, SceneOptions
from readstone.engines.registry import create_viewer
from readstone.intake.decode import ImageLimits, decode

REPOSITORY = Path(__file__).resolve().parent.parent
WANTED = frozenset(Feature) - {Feature.CELEBRITIES, Feature.LANDMARKS, Feature.CROPS, Feature.DENSE_CAPTIONS}
LIMITS = ImageLimits(frozenset({"Jpeg"}), 50, 16_000, 100_000_000)
MEGAPIXEL = 1_000_000


class ModelClock:
    """Processor seconds spent inside onnxruntime by this process, from the moment that this is made."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.runs = 0
        run = ort.InferenceSession.run

        def timed(session: Any, *arguments: Any, **named: Any) -> Any:
            start = time.process_time()
            try:
                return run(session, *arguments, **named)
            finally:
                self.seconds += time.process_time() - start
                self.runs += 1

        ort.InferenceSession.run = timed


def one_megapixel(path: Path) -> bytes:
    """A picture scaled to a megapixel, as JPEG."""
    with Image.open(path) as image:
        factor = (MEGAPIXEL / (image.width * image.height)) ** 0.5
        size = (round(image.width * factor), round(image.height * factor))
        out = BytesIO()
        image.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(out, "JPEG", quality=90)
    return out.getvalue()


def measure(files: list[bytes], rounds: int) -> dict[str, float]:
    """The figures, see the module."""
    clock = ModelClock()
    viewer = create_viewer(threads=1)
    options = SceneOptions(WANTED)
    for data in files:  # warm
        viewer.see(decode(data, LIMITS), options)
    ran = clock.runs
    took: dict[str, list[float]] = {"decode": [], "see": [], "models": [], "wall": []}
    for _ in range(rounds):
        spent = dict.fromkeys(took, 0.0)
        for data in files:
            wall, start, inside = time.perf_counter(), time.process_time(), clock.seconds
            picture = decode(data, LIMITS)
            decoded = time.process_time()
            viewer.see(picture, options)
            spent["decode"] += decoded - start
            spent["see"] += time.process_time() - decoded
            spent["models"] += clock.seconds - inside
            spent["wall"] += time.perf_counter() - wall
        for key, seconds in spent.items():
            took[key].append(1000 * seconds / len(files))
    middle = {key: statistics.median(values) for key, values in took.items()}
    ratios = [see / models for see, models in zip(took["see"], took["models"], strict=True)]
    return {
        "decode_ms": round(middle["decode"], 1),
        "see_ms": round(middle["see"], 1),
        "models_ms": round(middle["models"], 1),
        "model_runs": (clock.runs - ran) / (rounds * len(files)),
        "see_to_models": round(statistics.median(ratios), 3),
        "cpu_ms": round(middle["decode"] + middle["see"], 1),
        "wall_ms": round(middle["wall"], 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data" / "vision")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--pictures", type=int, default=6)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    paths = sorted((chosen.data / "images").glob("*.jpg"), key=lambda path: -path.stat().st_size)[: chosen.pictures]
    if not paths:
        print(f"no JPEG pictures in {chosen.data / 'images'}", file=sys.stderr)
        return 2
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    figures = measure([one_megapixel(path) for path in paths], chosen.rounds)
    for key, value in figures.items():
        print(f"{key:15}{value:>10}")
    if chosen.out:
        chosen.out.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
