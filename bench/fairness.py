"""How long one key's single page takes beside another key's long document.

    python bench/fairness.py --folder DIR --database postgresql://... --out FILE.json

The store and the runner with an engine of fixed cost (`--milliseconds` of waiting a page, so that the figure is the
queue's and not the cores'), `--jobs` pages at a time. Figures: from acceptance to the published result of single
pages, one after the other, on an idle system and while a document of `--pages` pages waits; and their ratio.
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

from readstone.operations.choice import choose_store
from readstone.operations.operation import NewOperation, Operation
from readstone.operations.runner import Runner
from readstone.operations.store import OperationStore
from readstone.operations.watermark import Watermark

REPOSITORY = Path(__file__).resolve().parent.parent


def document(owner: str, pages: int) -> NewOperation:
    return NewOperation("v3.2", "read", b"{}", tuple(range(1, pages + 1)), os.urandom(20_000), owner)


def percentile(values: list[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


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
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--milliseconds", type=float, default=50.0)
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--count", type=int, default=200)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=chosen.folder))
    watermark = Watermark(used=1.0, free_bytes=0)
    store = choose_store(
        folder, database=chosen.database, inputs=None, retention_seconds=48 * 3600, watermark=watermark
    )
    try:
        table = asyncio.run(measure(store, chosen.jobs, chosen.milliseconds, chosen.pages, chosen.count))
    finally:
        shutil.rmtree(folder)
    for name, value in table.items():
        print(f"{name:24}{value:>10}")
    if chosen.out:
        chosen.out.parent.mkdir(parents=True, exist_ok=True)
        chosen.out.write_text(json.dumps(table, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
