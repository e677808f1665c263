"""One engine in a process: reads paths from standard input, answers milliseconds as JSON lines."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import numpy as np
from PIL import Image

START = time.perf_counter()


def pixels_of(path: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Decoded RGB pixels: decoding is no engine's work and is left out of the time."""
    with Image.open(path) as image:
        return np.ascontiguousarray(np.asarray(image.convert("RGB")))


def readstone(threads: int) -> Callable[[str], dict[str, float]]:
    """Readstone's reader, with the time that its models ran."""
    from readstone.domain.options import ReadOptions
    from readstone.domain.picture import Picture
    from readstone.engines.read.reader import PageReader

    reader = PageReader(threads=threads)
    models = (reader.detector.model, reader.recogniser.model)

    def read(path: str) -> dict[str, float]:
        picture = Picture(pixels_of(path), "Png")
        ran, start = sum(m.seconds for m in models), time.perf_counter()
        reader.read(picture, ReadOptions())
        took = time.perf_counter() - start
        return {"readstone": 1000 * took, "models": 1000 * (sum(m.seconds for m in models) - ran)}

    return read


def rapidocr(threads: int) -> Callable[[str], dict[str, float]]:
    """rapidocr as it comes, with as many threads."""
    from rapidocr import RapidOCR

    engine = RapidOCR(params={"Global.log_level": "critical", "EngineConfig.onnxruntime.intra_op_num_threads": threads})
    engine(np.full((64, 64, 3), 255, np.uint8))

    def read(path: str) -> dict[str, float]:
        pixels = np.ascontiguousarray(pixels_of(path)[:, :, ::-1])  # it takes blue, green, red
        start = time.perf_counter()
        engine(pixels)
        return {"rapidocr": 1000 * (time.perf_counter() - start)}

    return read


def main() -> None:
    read = {"readstone": readstone, "rapidocr": rapidocr}[sys.argv[1]](int(sys.argv[2]))
    print(json.dumps({"ready_s": time.perf_counter() - START}), flush=True)
    for row in sys.stdin:
        print(json.dumps(read(row.strip())), flush=True)


if __name__ == "__main__":
    main()
