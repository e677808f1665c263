"""How well foregrounds are cut out (intersection over union with polygons drawn by hand), and how long it takes.

    python bench/segment.py [--pictures FOLDER ...] [--each] [--time]

The polygons are in segment_masks.json, by file name; the pictures themselves are not in the repository: most are
those of READSTONE_VISION_DATA (or shared/data/vision beside the repository), six come inside the wheels of
scikit-image and scikit-learn, whose unpacked folders `--pictures` may name. Pictures that are not found are counted.
`--time` cuts one photo of a megapixel out, on one core, stage by stage.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import Picture
from readstone.engines.registry import create_segmenter
from readstone.engines.scene.segment.segmenter import OnnxSegmentNetworks, PictureSegmenter
from readstone.intake.decode import ImageLimits, decode
from readstone.intake.encode_alpha import cut_out, matte

MASKS = Path(__file__).with_name("segment_masks.json")
LIMITS = ImageLimits(frozenset({"Jpeg", "Png"}), 1, 16_000, 100_000_000)
KINDS, HALVES = ("person", "object"), ("tuning", "held out")
GOALS = {"person": 0.85, "object": 0.79}


def default_folder() -> Path:
    named = os.environ.get("READSTONE_VISION_DATA")
    return (Path(named) if named else Path(__file__).resolve().parents[2] / "shared/data/vision") / "images"


def masks() -> dict[str, dict[str, Any]]:
    """What segment_masks.json says of each picture."""
    pictures: dict[str, dict[str, Any]] = json.loads(MASKS.read_text("utf-8"))["pictures"]
    return pictures


def drawn(mask: dict[str, Any], height: int, width: int) -> NDArray[np.bool_]:
    """The foreground that was drawn; shape (height, width)."""
    plane = np.zeros((height, width), np.uint8)
    for part, value in (("outlines", 1), ("holes", 0)):
        for polygon in mask[part]:
            cv2.fillPoly(plane, [np.rint(polygon).astype(np.int32)], value)
    return plane > 0


def found_in(folders: Iterable[Path], name: str) -> Path | None:
    for folder in folders:
        if (path := next(iter(sorted(folder.rglob(name))), None)) is not None:
            return path
    return None


def overlap(alpha: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    """Intersection over union, foreground being what is more than half so."""
    height, width = truth.shape
    found = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR) > 0.5
    return float((found & truth).sum() / max(1, (found | truth).sum()))


def measured(
    folders: list[Path], segment: Callable[[Picture], NDArray[np.float32]], names: Iterable[str]
) -> dict[str, float]:
    """Intersection over union of each of the named pictures that is there."""
    scores, known = {}, masks()
    for name in names:
        path, mask = found_in(folders, name), known[name]
        if path is not None:
            picture = decode(path.read_bytes(), LIMITS)
            scores[name] = overlap(segment(picture), drawn(mask, picture.height, picture.width))
    return scores


def told(scores: dict[str, float]) -> bool:
    """Print the table; whether both medians reach their goals."""
    known, enough = masks(), True
    print(f"{len(scores)} of {len(known)} pictures")
    for kind in KINDS:
        for halves in (HALVES, *((half,) for half in HALVES)):
            values = [value for name, value in scores.items() if known[name]["kind"] == kind]
            if len(halves) == 1:
                values = [v for n, v in scores.items() if known[n]["kind"] == kind and known[n]["half"] == halves[0]]
            if len(values) < 2:
                continue
            low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
            which = "all" if len(halves) > 1 else halves[0]
            mean = statistics.mean(values)
            print(
                f"{kind:7} {which:9} {len(values):3}  median {middle:.3f}  "
                f"quartiles {low:.3f} {high:.3f}  mean {mean:.3f}"
            )
            if which == "all":
                enough &= middle >= GOALS[kind]
    return enough


def timed(path: Path, rounds: int = 9) -> None:
    """Print the processor time of each stage for the picture, enlarged to a megapixel, on one core."""
    picture = decode(path.read_bytes(), LIMITS)
    scale = (1_000_000 / (picture.width * picture.height)) ** 0.5
    size = (round(picture.width * scale), round(picture.height * scale))
    picture = Picture(np.asarray(cv2.resize(picture.pixels, size, interpolation=cv2.INTER_CUBIC), np.uint8), "Jpeg")
    networks = OnnxSegmentNetworks(threads=1)
    segmenter = PictureSegmenter(networks=networks)
    alpha = segmenter.foreground(picture)
    stages: dict[str, Callable[[], object]] = {
        "network: subject": lambda: networks.subject(picture.pixels),
        "network: person, each": lambda: networks.person(picture.pixels),
        "network: where people are": lambda: networks.people(picture.pixels),
        "foreground": lambda: segmenter.foreground(picture),
        "encode cut-out": lambda: cut_out(picture, alpha),
        "encode matte": lambda: matte(picture, alpha),
    }
    seconds: dict[str, list[float]] = {stage: [] for stage in stages}
    for _ in range(rounds):
        for stage, work in stages.items():
            started = time.process_time()
            work()
            seconds[stage].append(time.process_time() - started)
    print(f"{path.name} at {size[0]} x {size[1]}: processor seconds, median (least) of {rounds} rounds,")
    print(f"  load of the machine {os.getloadavg()[0]:.1f}")
    for stage, values in seconds.items():
        print(f"  {stage:26} {statistics.median(values):.3f} s ({min(values):.3f})")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, nargs="*", default=[], help="folders looked through for pictures")
    parser.add_argument("--each", action="store_true", help="tell every picture's score")
    parser.add_argument("--time", action="store_true", help="tell how long a picture of a megapixel takes")
    arguments = parser.parse_args()
    folders = [default_folder(), *arguments.pictures]
    if arguments.time:
        path = found_in(folders, "azface_detection1.jpg")
        if path is None:
            print("azface_detection1.jpg is not there")
            return 1
        timed(path)
        return 0
    scores = measured(folders, create_segmenter(threads=1).foreground, masks())
    if arguments.each:
        for name in sorted(scores, key=scores.__getitem__):
            print(f"  {scores[name]:.3f}  {masks()[name]['kind']:7} {name}")
    return 0 if told(scores) else 1


if __name__ == "__main__":
    raise SystemExit(main())
