"""What both usage stores promise, and the book that fills them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from postgres import fresh_database
from readstone.access import usage
from readstone.access.postgres_usage import SharedUsage
from readstone.access.usage import Usage, UsageBook, UsageStore
from readstone.access.usage_file import UsageFile
from readstone.operations.errors import StoreUnavailableError
from readstone.operations.postgres.connection import Connections

DAY = date(2026, 11, 21)
Open = Callable[[], Any]


@pytest.fixture(params=["file", "shared"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """A new handle on one storage, as a new process would have."""
    if request.param == "file":

        @asynccontextmanager
        async def file() -> AsyncIterator[UsageStore]:
            yield UsageFile(tmp_path / "usage.db")

        return file
    url = fresh_database(migrated=True)

    @asynccontextmanager
    async def shared() -> AsyncIterator[UsageStore]:
        connections = Connections(url, 2)
        await connections.open()
        yield SharedUsage(connections)
        await connections.close()

    return shared


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(test())


def used(day: date = DAY, owner: str = "a", operation: str = "Read", calls: int = 1, **more: Any) -> Usage:
    return replace(Usage(day, owner, f"key {owner}", "v3.2", operation, calls, 10 * calls, 0), **more)


def test_it_adds_up(opened: Open) -> None:
    async def test() -> None:
        async with opened() as store:
            assert await store.rows(DAY, DAY, None) == ()
            await store.add([used(), used(owner="b", calls=5), used(operation="Tag", refused=1)])
        async with opened() as store:
            await store.add([used(calls=2, refused=2), used(day=DAY + timedelta(1))])
            a, tag, b = used(calls=3, refused=2), used(operation="Tag", refused=1), used(owner="b", calls=5)
            assert await store.rows(DAY, DAY, None) == (a, tag, b)
            assert await store.rows(DAY, DAY + timedelta(9), "a") == (a, tag, used(day=DAY + timedelta(1)))
            assert await store.rows(DAY, DAY, "nobody") == ()
            await store.forget(DAY + timedelta(1))
            assert await store.rows(DAY - timedelta(9), DAY + timedelta(9), None) == (used(day=DAY + timedelta(1)),)

    run(test)


def test_many_processes_add_at_once(opened: Open) -> None:
    async def test() -> None:
        async def process() -> None:
            async with opened() as store:
                for _ in range(10):
                    await store.add([used(), used(owner="b"), used(operation="Tag")])

        await asyncio.gather(*(process() for _ in range(4)))
        async with opened() as store:
            assert [u.calls for u in await store.rows(DAY, DAY, None)] == [40, 40, 40]

    run(test)


def book_of(store: UsageStore, day: Callable[[], date] = lambda: DAY) -> UsageBook:
    return UsageBook(store, lambda owner: f"key {owner}", day)


def test_what_is_counted_is_found_at_once_and_after_a_restart(opened: Open) -> None:
    async def test() -> None:
        async with opened() as store:
            book = book_of(store)
            book.start()
            book.count("a", "v3.2", "Read", pages=20, refused=False)
            book.count("a", "v3.2", "Read", pages=0, refused=True)
            found = (used(calls=2, pages=20, refused=1),)
            assert await book.rows(DAY, DAY, "a") == found
            book.count("b", "v3.2", "Read", pages=10, refused=False)
            await book.stop()
        async with opened() as store:
            assert await book_of(store).rows(DAY, DAY, None) == (*found, used(owner="b"))

    run(test)


class Failing:
    """A store that is away for its first calls."""

    def __init__(self, store: UsageStore, times: int) -> None:
        self._store = store
        self._left = times

    async def add(self, rows: Sequence[Usage]) -> None:
        self._left -= 1
        if self._left >= 0:
            raise StoreUnavailableError("away")
        await self._store.add(rows)

    async def rows(self, first: date, last: date, owner: str | None) -> tuple[Usage, ...]:
        return await self._store.rows(first, last, owner)

    async def forget(self, before: date) -> None:
        await self._store.forget(before)


def test_while_the_storage_is_away_counting_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(usage, "FLUSH_SECONDS", 0.01)

    async def test() -> None:
        store = UsageFile(tmp_path / "usage.db")
        book = book_of(Failing(store, 3))
        book.start()
        for _ in range(10):
            book.count("a", "v3.2", "Read", pages=10, refused=False)
            await asyncio.sleep(0.01)
        await book.stop()
        assert await store.rows(DAY, DAY, None) == (used(calls=10),)

    run(test)
    assert caplog.text.count("usage cannot be kept") == 1


def test_it_is_kept_for_400_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "FLUSH_SECONDS", 0.01)

    async def test() -> None:
        store = UsageFile(tmp_path / "usage.db")
        days = [DAY - timedelta(days) for days in (401, 400, 1)]
        await store.add([used(day=day) for day in days])
        book = book_of(store)
        book.start()
        await asyncio.sleep(0.1)
        await book.stop()
        assert [u.day for u in await store.rows(DAY - timedelta(999), DAY, None)] == days[1:]

    run(test)


def test_midnight(tmp_path: Path) -> None:
    async def test() -> None:
        days = [DAY]
        book = book_of(UsageFile(tmp_path / "usage.db"), lambda: days[-1])
        book.count("a", "v3.2", "Read", pages=10, refused=False)
        days.append(DAY + timedelta(1))
        book.count("a", "v3.2", "Read", pages=10, refused=False)
        assert await book.rows(DAY, DAY + timedelta(1), None) == (used(), used(day=DAY + timedelta(1)))

    run(test)


@pytest.mark.parametrize("content", [b"no database at all" * 1000, None])
def test_a_file_that_cannot_be_used_is_unavailable(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "usage.db"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)

    async def test() -> None:
        with pytest.raises(StoreUnavailableError):
            await UsageFile(path).add([used()])

    run(test)
