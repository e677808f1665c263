"""T8, T9, T10 at the store: whatever dies when, nothing accepted is lost, doubled or mixed."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chaos.store_child import KILLED_ITSELF, body_of, store_in
from readstone.operations.errors import StoreFullError
from readstone.operations.operation import NewOperation, Operation
from readstone.operations.sqlite import SqliteStore

ROUNDS = int(os.environ.get("ROUNDS", "300" if os.environ.get("READSTONE_TEST_SIZE") == "release" else "30"))
CHILD = Path(__file__).with_name("store_child.py")


def child(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, str(CHILD), *map(str, arguments)], stdout=subprocess.PIPE, text=True)


@dataclass
class Said:
    """What the children said, over all their lives."""

    accepted: dict[str, int] = field(default_factory=dict)
    completed: dict[tuple[str, int], str] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)

    def hear(self, lines: str) -> None:
        for line in lines.splitlines(keepends=True):
            if not line.endswith("\n"):
                continue  # killed in mid-word
            what, *words = line.split()
            if what == "accepted":
                assert words[0] not in self.accepted
                self.accepted[words[0]] = int(words[1])
            elif what == "completed":
                page = (words[0], int(words[1]))
                assert page not in self.completed, "two results were taken for one page"
                self.completed[page] = words[2]
            elif what == "failed":
                self.failed.add(words[0])


async def check_what_was_said(store: SqliteStore, said: Said, latest: int | None = None) -> None:
    """Every accepted id (or the latest so many) is found, in a state that fits what was said of it."""
    for operation_id, pages in list(said.accepted.items())[-(latest or 0) :]:
        found = await store.find(operation_id)
        assert found, "an accepted operation is not found"
        assert len(found.pages) == pages
        if operation_id in said.failed:
            assert found.state == "failed"
        elif all((operation_id, page) in said.completed for page in found.pages):
            assert found.state == "succeeded"
        elif found.state != "failed" and not found.state.ended:
            assert await store.input(operation_id) is not None


async def finish(store: SqliteStore, said: Said) -> None:
    """Read what is left; then everything has ended once, with its own results."""
    for _ in range(1000):
        while claim := await store.claim(60):
            assert await store.complete(claim, body_of(claim).encode())
            said.completed.setdefault((claim.operation.id, claim.page), body_of(claim))
        if not (await store.counts()).queued:
            break
        await asyncio.sleep(0.01)
    await store.sweep()
    for operation_id in said.accepted:
        found = await store.find(operation_id)
        assert found
        assert await store.input(operation_id) is None
        bodies = await store.page_bodies(operation_id)
        if found.state == "failed":
            assert bodies is None
            continue
        assert found.state == "succeeded"
        assert bodies is not None
        assert len(bodies) == len(found.pages)
        for page, body in zip(found.pages, bodies, strict=True):
            assert body.decode().startswith(f"{operation_id}/{page}/"), "results are mixed"
            expected = said.completed.get((operation_id, page))
            assert expected in (None, body.decode()), "a published result is not the one that was taken"
    with closing(sqlite3.connect(store._folder / "operations.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM task").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM input").fetchone() == (0,)


def in_store(folder: Path, work: Callable[[SqliteStore], Awaitable[None]], attempts_allowed: int = 10**6) -> None:
    async def main() -> None:
        store = store_in(folder, attempts_allowed)
        await store.open()
        try:
            await work(store)
        finally:
            await store.close()

    asyncio.run(main())


def test_kill_9_at_random_moments(tmp_path: Path) -> None:
    said = Said()
    for _ in range(ROUNDS):
        with child("stream", tmp_path) as process:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            threading.Timer(random.random() * 0.25, process.kill).start()
            said.hear(process.stdout.read())
        in_store(tmp_path, lambda store: check_what_was_said(store, said, latest=100))
    in_store(tmp_path, lambda store: check_what_was_said(store, said))
    assert len(said.accepted) > 5 * ROUNDS
    assert len(said.completed) > ROUNDS
    in_store(tmp_path, lambda store: finish(store, said))
    # What a kill left between file and record goes with a later sweep; nothing else is there.
    assert len(list((tmp_path / "inputs").iterdir())) <= 4 * ROUNDS


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_around_every_durable_step(tmp_path: Path, when: str) -> None:
    def die_at(step: int) -> str:
        """The child's last words, had it any."""
        folder = tmp_path / str(step)
        said = Said()
        with child("steps", folder, when, step) as process:
            assert process.stdout
            heard = process.stdout.read()
        assert process.returncode in (0, KILLED_ITSELF), heard
        said.hear(heard)

        async def check(store: SqliteStore) -> None:
            await check_what_was_said(store, said)
            await finish(store, said)
            assert len(list((folder / "inputs").iterdir())) <= 1

        in_store(folder, check)
        last = heard.splitlines()[-1:]
        return last[0] if process.returncode == 0 else ""

    what, number = die_at(0).split()
    steps = int(number)
    assert (what, steps > 25) == ("steps", True)
    with ThreadPoolExecutor(2) as pool:
        survived = list(pool.map(die_at, range(1, steps + 1)))
    assert survived == [""] * steps


def test_a_page_that_kills_its_worker_fails_alone(tmp_path: Path) -> None:
    made: list[Operation] = []

    async def submit(store: SqliteStore) -> None:
        kinds = ("read", "poison", "read", "read", "poison", "read")
        made.extend([await store.accept(NewOperation("v3.2", kind, b"", (1,), b"bytes")) for kind in kinds])

    async def check(store: SqliteStore) -> None:
        found = [await store.find(operation.id) for operation in made]
        assert [f and f.state.value for f in found] == [
            "failed" if operation.kind == "poison" else "succeeded" for operation in made
        ]

    in_store(tmp_path, submit)
    tries: list[str] = []
    for _ in range(20):
        with child("poison", tmp_path) as process:
            assert process.stdout
            tries += process.stdout.read().splitlines()
        if process.returncode == 0:
            break
    assert process.returncode == 0
    for operation in made:
        times = tries.count(f"reading {operation.id} 1")
        assert times == 3 if operation.kind == "poison" else 1 <= times <= 2
    in_store(tmp_path, check)


@pytest.mark.parametrize("size", [60_000, 500_000])
def test_disk_full_at_every_write(tmp_path: Path, size: int) -> None:
    """The database may grow by no page, by one, by two ...: each write meets its full disk."""

    async def check(store: SqliteStore) -> None:
        # Options as large as that need room in the database even where the input has a file.
        new = NewOperation("v3.2", "read", b"o" * 50_000, (1, 2), b"i" * size)
        refused = 0
        for room in range(80):
            before = await store.counts()
            await allow(store, room)
            try:
                operation = await store.accept(new)
            except StoreFullError:
                refused += 1
                assert await store.counts() == before
                assert list((tmp_path / "inputs").iterdir()) == []
                continue
            break
        assert refused
        for _ in operation.pages:
            for room in range(80):
                await allow(store, room)
                try:
                    claim = await store.claim(60)
                except StoreFullError:
                    continue
                break
            assert claim
            assert claim.attempt == 1  # one that was refused did not count
            refused = 0
            for room in range(80):
                await allow(store, room)
                try:
                    assert await store.complete(claim, b"x" * 100_000 + bytes([claim.page]))
                except StoreFullError:
                    refused += 1
                    assert await store.page_bodies(operation.id) is None
                    assert await store.input(operation.id) is not None
                    assert await store.renew(claim, 60)  # the page is still its holder's
                    continue
                break
            assert refused
        assert await store.page_bodies(operation.id) == tuple(b"x" * 100_000 + bytes([n]) for n in (1, 2))
        with closing(sqlite3.connect(tmp_path / "operations.db")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    async def allow(store: SqliteStore, pages: int) -> None:
        """From now on the database may grow by so many pages."""

        def limit(connection: sqlite3.Connection) -> None:
            (used,) = connection.execute("PRAGMA page_count").fetchone()
            (free,) = connection.execute("PRAGMA freelist_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {max(used, used - free + pages)}")

        await store._writer.run(limit)

    in_store(tmp_path, check)
