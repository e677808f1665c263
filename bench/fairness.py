"""How long one key's single page takes beside another key's long document.

    python bench/fairness.py --folder DIR --database postgresql://... --out FILE.json
    python bench/fairness.py --engine real --folder DIR --out FILE.json

The store and the runner with an engine of fixed cost (`--milliseconds` of waiting a page, so that the figure is the
queue's and not the cores'), `--jobs` pages at a time. Figures: from acceptance to the published result of single
pages, one after the other, on an idle system and while a document of `--pages` pages waits; and their ratio.

With `--engine real` all parts of a server in one process, with the reader and the cores there are: A4 pages at 150 dpi,
of 5 to 43 lines, the same ones idle and beside a PDF of such pages. "page" is an accepted document of one page,
"client" one who waits for the text of an image. One after the other, with pauses of `--pause` seconds in the mean:
who has the machine read without a pause is as heavy as the document, and each gets half. `--rounds` with a fresh
start each.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import tempfile
import time
from pathlib import Path

from fairness_reader import measure_reader, percentile
from readstone.operations.choice import choose_store
from readstone.operations.operation import NewOperation, Operation
from readstone.operations.runner import Runner
from readstone.operations.store import OperationStore
from readstone.operations.watermark import Watermark

REPOSITORY = Path(__file__).resolve().parent.parent


def document(owner: str, pages: int) -> NewOperation:
    return NewOperation("v3.2", "read", b"{}", tuple(range(1, pages + 1)), os.urandom(20_000), owner)


async def single_pages(store: OperationStore, ended: dict[str, asyncio.Event], count: int) -> list[float]:
    """Milliseconds of each."""
    took = []
    for _ in range(count):
        start = time.perf_counter()
        operation = await store.accept(document("small", 1))
        await ended.setdefault(operation.id, asyncio.Event()).wait()
        while (found := await store.find(operation.id)) and not found.state.ended:  # noqa: ASYNC110 - as clients do
            await asyncio.sleep(0.001)
        took.append((time.perf_counter() - start) * 1000)
        await asyncio.sleep(0.013)  # no beat with the pages of the document
    return took


async def measure(store: OperationStore, jobs: int, milliseconds: float, pages: int, count: int) -> dict[str, float]:
    ended: dict[str, asyncio.Event] = {}
    read = 0

    async def read_page(operation: Operation, _page: int) -> bytes:
        nonlocal read
        await asyncio.sleep(milliseconds / 1000)
        read += 1
        if operation.owner == "small":
            ended.setdefault(operation.id, asyncio.Event()).set()
        return b"x" * 10_000

    await store.open()
    runner = Runner(store, read_page, jobs)
    runner.start()
    idle = await single_pages(store, ended, count)
    await store.accept(document("large", pages))
    await asyncio.sleep(0.2)
    before, start = read, time.perf_counter()
    beside = await single_pages(store, ended, count)
    rate = (read - before) / (time.perf_counter() - start)
    left = (await store.counts()).queued
    assert left, "the document ended before the single pages did: give it more"
    await runner.stop(0.1)
    await store.close()
    return {
        "idle p50 ms": round(percentile(idle, 50), 1),
        "idle p95 ms": round(percentile(idle, 95), 1),
        "beside p50 ms": round(percentile(beside, 50), 1),
        "beside p95 ms": round(percentile(beside, 95), 1),
        "p95 ratio": round(percentile(beside, 95) / percentile(idle, 95), 2),
        "pages a second beside": round(rate, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=REPOSITORY / "build")
    parser.add_argument("--database", help="measure this PostgreSQL and not SQLite; it should have nothing to do")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--engine", choices=("wait", "real"), default="wait")
    parser.add_argument("--jobs", type=int, help="pages at a time: 2, or as a server would with the real engine")
    parser.add_argument("--milliseconds", type=float, default=50.0)
    parser.add_argument("--pages", type=int, help="of the document: 2000, or 400 with the real engine")
    parser.add_argument("--count", type=int, help="single pages: 200, or 20 images a round with the real engine")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pause", type=float, default=1.5)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    if chosen.engine == "real":
        table = measure_reader(
            chosen.folder,
            chosen.database,
            chosen.jobs,
            chosen.pages or 400,
            chosen.count or 20,
            chosen.rounds,
            chosen.pause,
        )
    else:
        table = measure_queue(
            chosen.folder,
            chosen.database,
            chosen.jobs or 2,
            chosen.milliseconds,
            chosen.pages or 2000,
            chosen.count or 200,
        )
    for name, value in table.items():
        print(f"{name:34}{value:>10}")
    if chosen.out:
        chosen.out.parent.mkdir(parents=True, exist_ok=True)
        chosen.out.write_text(json.dumps(table, indent=2) + "\n", "utf-8")
    return 0


def measure_queue(
    place: Path, database: str | None, jobs: int, milliseconds: float, pages: int, count: int
) -> dict[str, float]:
    """The figures of store and runner."""
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=place))
    watermark = Watermark(used=1.0, free_bytes=0)
    store = choose_store(folder, database=database, inputs=None, retention_seconds=48 * 3600, watermark=watermark)
    try:
        return asyncio.run(measure(store, jobs, milliseconds, pages, count))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    raise SystemExit(main())
