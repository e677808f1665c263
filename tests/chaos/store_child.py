"""A process to be killed: works on a store and says what it was told, one line a fact, each written whole.

python store_child.py stream FOLDER            submit, claim and complete until killed
python store_child.py steps FOLDER WHEN N      a fixed piece of work; dies before or after durable step N
python store_child.py poison FOLDER            run pages; one of them kills the process
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from readstone.operations import sqlite_schema, sqlite_writer
from readstone.operations.operation import NewOperation, Operation, PageClaim
from readstone.operations.runner import Runner
from readstone.operations.sqlite import SqliteStore
from readstone.operations.sweeper import Sweeper
from readstone.operations.watermark import Watermark

KILLED_ITSELF = 9


def say(*words: object) -> None:
    os.write(1, (" ".join(str(word) for word in words) + "\n").encode())


def store_in(folder: Path, attempts_allowed: int = 3) -> SqliteStore:
    return SqliteStore(folder, attempts_allowed=attempts_allowed, watermark=Watermark(used=1.0, free_bytes=0))


def document(pages: int = 1, size: int = 100) -> NewOperation:
    return NewOperation("v3.2", "read", b"{}", tuple(range(1, pages + 1)), os.urandom(size))


def document_in_file(folder: Path, pages: int, size: int) -> NewOperation:
    """The same, received into a file beside the store's own."""
    spool = folder / "spool"
    spool.mkdir(exist_ok=True)
    file = spool / uuid4().hex
    file.write_bytes(os.urandom(size))
    return NewOperation("v3.2", "read", b"{}", tuple(range(1, pages + 1)), file)


def body_of(claim: PageClaim) -> str:
    """Names page and holder: whose result was published can be told from it."""
    return f"{claim.operation.id}/{claim.page}/{claim.fence}"


async def stream(folder: Path) -> None:
    store = store_in(folder, attempts_allowed=10**6)  # kills by chance are not the pages' fault
    await store.open()

    async def submit() -> None:
        while True:
            pages, size = random.choice([(1, 300), (1, 20_000), (3, 5_000), (2, 400_000)])
            in_file = size > 100_000 and random.random() < 0.5
            new = document_in_file(folder, pages, size) if in_file else document(pages, size)
            operation = await store.accept(new)
            say("accepted", operation.id, pages)
            await asyncio.sleep(random.random() * 0.02)

    async def work() -> None:
        while True:
            claim = await store.claim(60)
            if claim is None:
                await store.wait_for_work(1)
                continue
            say("claimed", claim.operation.id, claim.page, claim.fence)
            await asyncio.sleep(random.random() * 0.01)
            if random.random() < 0.1:
                await store.give_back(claim)
            elif await store.complete(claim, body_of(claim).encode()):
                say("completed", claim.operation.id, claim.page, body_of(claim))

    sweeper = Sweeper(store, period_seconds=0.05)
    sweeper.start()
    say("ready")
    await asyncio.gather(*(submit() for _ in range(4)), *(work() for _ in range(3)))


async def steps(folder: Path) -> None:
    store = store_in(folder)
    await store.open()
    say("open")

    async def accept(pages: int, size: int = 100, in_file: bool = False) -> Operation:
        new = document_in_file(folder, pages, size) if in_file else document(pages, size)
        operation = await store.accept(new)
        say("accepted", operation.id, pages)
        return operation

    async def claimed() -> PageClaim:
        claim = await store.claim(60)
        assert claim
        return claim

    async def complete() -> None:
        claim = await claimed()
        assert await store.complete(claim, body_of(claim).encode())
        say("completed", claim.operation.id, claim.page, body_of(claim))

    await accept(2)
    await accept(1, 400_000)
    await complete()
    await complete()
    await store.give_back(await claimed())
    await complete()
    failing = await accept(2, 400_000, in_file=True)
    await complete()
    assert await store.try_again(await claimed(), 0.001)
    await asyncio.sleep(0.01)
    assert await store.fail(await claimed())
    say("failed", failing.id)
    await accept(1)
    await store.sweep()
    await store.close()
    say("steps", next(STEPS) - 1)


STEPS = count(1)


def die_at(when: str, step: int) -> None:
    """Replace each durable step by one that counts, and ends the process at its turn."""

    def watched(do: Callable[..., Any]) -> Callable[..., Any]:
        def one(*arguments: Any) -> Any:
            mine = next(STEPS) == step
            if mine and when == "before":
                os._exit(KILLED_ITSELF)
            outcome = do(*arguments)
            if mine:
                os._exit(KILLED_ITSELF)
            return outcome

        return one

    for owner, name in (
        (os, "fsync"),
        (os, "replace"),
        (os, "unlink"),
        (sqlite_writer, "commit"),
        (sqlite_schema, "commit"),
    ):
        setattr(owner, name, watched(getattr(owner, name)))


async def poison(folder: Path) -> None:
    store = store_in(folder)
    await store.open()

    async def read_page(operation: Operation, page: int) -> bytes:
        say("reading", operation.id, page)
        await asyncio.sleep(0.02)  # its neighbour has begun by now
        if operation.kind == "poison":
            os._exit(KILLED_ITSELF)
        await asyncio.sleep(0.02)
        return b"read"

    sweeper = Sweeper(store, period_seconds=0.05)
    sweeper.start()
    runner = Runner(store, read_page, jobs=3)
    runner.start()
    while (counts := await store.counts()).queued + counts.running:  # noqa: ASYNC110 - a store tells nobody
        await asyncio.sleep(0.02)
    await runner.stop()
    await sweeper.stop()
    await store.close()


def main() -> None:
    what, folder = sys.argv[1], Path(sys.argv[2])
    if what == "steps":
        die_at(sys.argv[3], int(sys.argv[4]))
    asyncio.run({"stream": stream, "steps": steps, "poison": poison}[what](folder))


if __name__ == "__main__":
    main()
