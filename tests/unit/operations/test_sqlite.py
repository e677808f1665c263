"""What is true of the embedded store alone: files, schema, groups of changes."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from readstone.operations import sqlite_schema
from readstone.operations.errors import StoreFullError, StoreUnavailableError, StoreUnusableError
from readstone.operations.operation import NewOperation
from readstone.operations.sqlite import INLINE_BYTES, SqliteStore
from readstone.operations.sqlite_connection import connect_for_writing
from readstone.operations.sqlite_writer import Writer
from readstone.operations.watermark import Watermark

SECRET = b"the text of a private document "


def store_in(folder: Path) -> SqliteStore:
    return SqliteStore(folder, watermark=Watermark(used=1.0, free_bytes=0))


def opened_once(folder: Path) -> None:
    async def main() -> None:
        store = store_in(folder)
        await store.open()
        await store.close()

    asyncio.run(main())


@pytest.mark.parametrize("size", [INLINE_BYTES // 2, INLINE_BYTES * 2])
def test_nothing_of_an_ended_document_stays_on_the_disk(tmp_path: Path, size: int) -> None:
    async def main() -> None:
        store = store_in(tmp_path)
        await store.open()
        await store.accept(NewOperation("v3.2", "read", b"", (1,), SECRET * (size // len(SECRET))))
        assert any(SECRET in path.read_bytes() for path in files(tmp_path))
        for path in files(tmp_path):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        claim = await store.claim(60)
        assert claim
        await store.complete(claim, b"result")
        await store.close()

    asyncio.run(main())
    assert not any(SECRET in path.read_bytes() for path in files(tmp_path))


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_commits_wait_for_the_disk(tmp_path: Path) -> None:
    with closing(connect_for_writing(tmp_path / "x.db")) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_newer_schema_is_refused_in_one_line(tmp_path: Path) -> None:
    opened_once(tmp_path)
    with closing(sqlite3.connect(tmp_path / "operations.db")) as connection:
        connection.execute(f"PRAGMA user_version = {len(sqlite_schema.STEPS) + 2}")
    with pytest.raises(StoreUnusableError, match="written by a newer Readstone") as refused:
        opened_once(tmp_path)
    assert "\n" not in str(refused.value)


def test_an_older_schema_is_brought_up_to_date_whole_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened_once(tmp_path)
    steps = (*sqlite_schema.STEPS, "ALTER TABLE operation ADD COLUMN colour TEXT; ALTER TABLE none ADD COLUMN x")
    with monkeypatch.context() as patch:
        patch.setattr(sqlite_schema, "STEPS", steps)
        with pytest.raises(StoreUnusableError):
            opened_once(tmp_path)
    opened_once(tmp_path)  # nothing of the failed step was kept
    monkeypatch.setattr(sqlite_schema, "STEPS", (*sqlite_schema.STEPS, "ALTER TABLE operation ADD COLUMN colour TEXT"))
    opened_once(tmp_path)
    opened_once(tmp_path)


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "operations.db")) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StoreUnusableError, match="not made by Readstone"):
        opened_once(tmp_path)
    (tmp_path / "operations.db").write_bytes(b"no database at all" * 1000)
    with pytest.raises(StoreUnusableError, match="cannot be opened"):
        opened_once(tmp_path)


@pytest.mark.parametrize("hours", [0.9, 24 * 7 + 1])
def test_retention_has_limits(tmp_path: Path, hours: float) -> None:
    with pytest.raises(ValueError, match="an hour"):
        SqliteStore(tmp_path, retention_seconds=hours * 3600)


@dataclass
class Disk:
    used: int
    free: int


def test_at_the_watermark_nothing_is_written_and_the_rest_goes_on(tmp_path: Path) -> None:
    disk = Disk(used=50, free=10**12)

    async def main() -> None:
        store = SqliteStore(tmp_path, watermark=Watermark(usage=lambda _: disk))
        await store.open()
        operation = await store.accept(document(b"early"))
        disk.free = 1000
        before = {path: path.stat().st_size for path in files(tmp_path)}
        for data in (b"x", b"x" * 3_000_000):
            with pytest.raises(StoreFullError):
                await store.accept(document(data))
        assert {path: path.stat().st_size for path in files(tmp_path)} == before
        claim = await store.claim(60)
        assert claim
        assert await store.complete(claim, b"done")
        assert await store.page_bodies(operation.id) == (b"done",)
        disk.free = 10**12
        await store.accept(document(b"late"))
        await store.close()

    asyncio.run(main())


def document(data: bytes) -> NewOperation:
    return NewOperation("v3.2", "read", b"", (1,), data)


def test_room_is_returned_to_the_disk(tmp_path: Path) -> None:
    async def main() -> tuple[int, int]:
        store = store_in(tmp_path)
        await store.open()
        await asyncio.gather(*(store.accept(document(b"x" * 100_000)) for _ in range(350)))
        while claim := await store.claim(60):
            await store.complete(claim, b"small")
        size = (tmp_path / "operations.db").stat().st_size
        await store.sweep()
        await store.close()
        return size, (tmp_path / "operations.db").stat().st_size

    before, after = asyncio.run(main())
    assert before > 30_000_000
    assert after < 20_000_000


def test_one_bad_change_does_not_spoil_its_group(tmp_path: Path) -> None:
    def insert(value: int) -> Callable[[sqlite3.Connection], int]:
        def work(connection: sqlite3.Connection) -> int:
            connection.execute("INSERT INTO t VALUES (?)", (value,))
            if value % 5 == 0:
                raise KeyError(value)
            return value

        return work

    def prepare(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE t (x UNIQUE)")

    async def main() -> None:
        writer = Writer(tmp_path / "x.db")
        await asyncio.to_thread(writer.start, prepare)
        outcomes = await asyncio.gather(*(writer.run(insert(n)) for n in range(20)), return_exceptions=True)
        assert [o if isinstance(o, int) else None for o in outcomes] == [n if n % 5 else None for n in range(20)]
        rows = await writer.run(lambda c: c.execute("SELECT x FROM t ORDER BY x").fetchall())
        assert [row[0] for row in rows] == [n for n in range(20) if n % 5]
        with pytest.raises(sqlite3.IntegrityError):  # a mistake of ours does not pass for the storage's
            await writer.run(lambda c: c.execute("INSERT INTO t VALUES (1)"))
        await writer.close()

    asyncio.run(main())


def test_a_locked_database_is_unavailable_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("readstone.operations.sqlite_connection._BUSY_MILLISECONDS", 50)

    async def main() -> None:
        store = store_in(tmp_path)
        await store.open()
        with closing(sqlite3.connect(tmp_path / "operations.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            outcomes = await asyncio.gather(
                *(store.accept(document(b"x" * 200_000)) for _ in range(3)), return_exceptions=True
            )
            assert {type(outcome) for outcome in outcomes} == {StoreUnavailableError}
            assert list((tmp_path / "inputs").iterdir()) == []
            assert (await store.counts()).queued == 0  # polls go on
            other.execute("ROLLBACK")
        await store.accept(document(b"x"))
        await store.close()

    asyncio.run(main())


def test_a_caller_who_left_before_the_work_leaves_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        store = store_in(tmp_path)
        await store.open()
        tasks = [asyncio.create_task(store.accept(document(b"x"))) for _ in range(50)]
        await asyncio.sleep(0)
        for task in tasks[1::2]:
            task.cancel()
        kept = await asyncio.gather(*tasks, return_exceptions=True)
        accepted = [outcome for outcome in kept if not isinstance(outcome, BaseException)]
        assert len(accepted) == 25
        for operation in accepted:
            assert await store.find(operation.id)
        assert (await store.counts()).queued >= 25
        await store.close()

    asyncio.run(main())


def test_a_locked_database_keeps_a_poll_waiting_and_not_the_event_loop(tmp_path: Path) -> None:
    """As while another process recovers the write-ahead log."""

    async def main() -> None:
        store = store_in(tmp_path)
        await store.open()
        operation = await store.accept(document(b"x"))
        reader = store._reader
        assert reader._here
        here = reader._here

        def busy(connection: sqlite3.Connection) -> str:
            if connection is here:
                fault = sqlite3.OperationalError("database is locked")
                fault.sqlite_errorcode = sqlite3.SQLITE_BUSY_RECOVERY
                raise fault
            return threading.current_thread().name

        assert (await reader.run_here(busy)).startswith("operations-read")
        assert await store.find(operation.id) == operation
        await store.close()
        with pytest.raises(StoreUnavailableError):
            await store.find(operation.id)

    asyncio.run(main())
