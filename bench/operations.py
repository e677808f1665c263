"""How fast operations are accepted, found, claimed and completed.

    python bench/operations.py --folder DIR --out FILE.json

`--folder` is where the database goes (default: a new folder beside the repository's build output): put it
on the disk that is to be judged, never on a memory disk, where fsync costs nothing. Prints one row a
figure and writes `{figure: {measure: number}}`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from readstone.operations.operation import NewOperation, Operation
from readstone.operations.sqlite import SqliteStore

REPOSITORY = Path(__file__).resolve().parent.parent
INPUT_BYTES = 20_000

Figure = dict[str, float]


def document(size: int = INPUT_BYTES, pages: int = 1) -> NewOperation:
    """An operation with an input that no file system can compress."""
    return NewOperation("v3.2", "read", b"{}", tuple(range(1, pages + 1)), os.urandom(size))


def percentile(values: list[float], percent: float) -> float:
    """The value that `percent` % of `values` do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


async def repeat(callers: int, times: int, call: Callable[[], Awaitable[object]]) -> tuple[float, list[float]]:
    """`call` that many times by so many concurrent callers: seconds in all, and of each call."""
    each: list[float] = []
    left = iter(range(times))

    async def caller() -> None:
        for _ in left:
            start = time.perf_counter()
            await call()
            each.append(time.perf_counter() - start)

    start = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    return time.perf_counter() - start, each


def rates(seconds: float, each: list[float]) -> Figure:
    """Calls a second, median and 99th percentile in milliseconds."""
    return {
        "per second": round(len(each) / seconds, 1),
        "p50 ms": round(percentile(each, 50) * 1000, 2),
        "p99 ms": round(percentile(each, 99) * 1000, 2),
    }


def accepts(callers: int, times: int) -> Callable[[SqliteStore], Awaitable[Figure]]:
    """Durable accepts of a 20 kB input, its bytes made beforehand."""

    async def figure(store: SqliteStore) -> Figure:
        new = document()
        return rates(*await repeat(callers, times, lambda: store.accept(new)))

    return figure


def large_accepts(size: int, times: int) -> Callable[[SqliteStore], Awaitable[Figure]]:
    """Durable accepts of a large input by two callers."""

    async def figure(store: SqliteStore) -> Figure:
        new = document(size)
        return rates(*await repeat(2, times, lambda: store.accept(new)))

    return figure


def pages_done(workers: int, times: int) -> Callable[[SqliteStore], Awaitable[Figure]]:
    """Claim and complete of one-page operations with a 10 kB result by so many workers."""

    async def figure(store: SqliteStore) -> Figure:
        new, body = document(), os.urandom(10_000)
        await asyncio.gather(*(store.accept(new) for _ in range(times)))

        async def page() -> None:
            claim = await store.claim(60)
            assert claim
            assert await store.complete(claim, body)

        return rates(*await repeat(workers, times, page))

    return figure


def finds_under_load(times: int) -> Callable[[SqliteStore], Awaitable[Figure]]:
    """Polls by 4 callers, each 2 ms after the last, while 64 callers submit as fast as they can."""

    async def figure(store: SqliteStore) -> Figure:
        new = document()
        known: list[Operation] = [await store.accept(new) for _ in range(50)]
        stop = asyncio.Event()
        accepted = 0

        async def submit() -> None:
            nonlocal accepted
            while not stop.is_set():
                await store.accept(new)
                accepted += 1

        submitting = [asyncio.create_task(submit()) for _ in range(64)]
        each: list[float] = []

        async def poll(operation: Operation) -> None:
            for _ in range(times // 4):
                await asyncio.sleep(0.002)
                start = time.perf_counter()
                assert await store.find(operation.id)
                each.append(time.perf_counter() - start)

        start = time.perf_counter()
        await asyncio.gather(*(poll(operation) for operation in known[:4]))
        seconds = time.perf_counter() - start
        stop.set()
        await asyncio.gather(*submitting)
        return {**rates(seconds, each), "accepts beside per second": round(accepted / seconds, 1)}

    return figure


def store_figures(scale: float) -> dict[str, Callable[[SqliteStore], Awaitable[Figure]]]:
    """The store's own figures, without HTTP."""
    return {
        "store: accept 20 kB, 1 caller": accepts(1, int(1000 * scale)),
        "store: accept 20 kB, 16 callers": accepts(16, int(4000 * scale)),
        "store: accept 20 kB, 64 callers": accepts(64, int(8000 * scale)),
        "store: accept 4 MB, 2 callers": large_accepts(4 << 20, int(100 * scale)),
        "store: claim + complete, 1 worker": pages_done(1, int(500 * scale)),
        "store: claim + complete, 8 workers": pages_done(8, int(4000 * scale)),
        "store: find under 64 submitters": finds_under_load(int(4000 * scale)),
    }


def measure_store(parent: Path, scale: float) -> dict[str, Figure]:
    """Each figure on a store of its own."""
    table: dict[str, Figure] = {}
    for name, figure in store_figures(scale).items():
        folder = Path(tempfile.mkdtemp(prefix="bench-", dir=parent))
        try:
            table[name] = asyncio.run(_on_a_new_store(folder, figure))
        finally:
            shutil.rmtree(folder)
        print(f"{name:40}" + "".join(f"{measure}: {value:<12}" for measure, value in table[name].items()), flush=True)
    return table


async def _on_a_new_store(folder: Path, figure: Callable[[SqliteStore], Awaitable[Figure]]) -> Figure:
    store = SqliteStore(folder)
    await store.open()
    try:
        return await figure(store)
    finally:
        await store.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=REPOSITORY / "build")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--scale", type=float, default=1.0, help="how many calls, times the usual")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    table = measure_store(chosen.folder, chosen.scale)
    if chosen.out:
        chosen.out.parent.mkdir(parents=True, exist_ok=True)
        chosen.out.write_text(json.dumps(table, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
