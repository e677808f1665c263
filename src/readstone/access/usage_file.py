"""Usage on one machine: a SQLite database of its own in the data folder.

Not in that of the operations: a day's usage is kept ten times as long as any result, and a fault of one of the two
files is none of the other. It is opened for each piece of work, which is one every few seconds, so that a file that
was broken, locked or removed is no state of ours.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

from readstone.access.usage import Usage
from readstone.operations.errors import StoreUnavailableError
from readstone.operations.sqlite_connection import commit, connect_for_writing, translated

Result = TypeVar("Result")

_SCHEMA = 1
_TABLE = """
CREATE TABLE IF NOT EXISTS usage (
    day TEXT NOT NULL,
    owner TEXT NOT NULL,
    version TEXT NOT NULL,
    operation TEXT NOT NULL,
    name TEXT NOT NULL,
    calls INTEGER NOT NULL,
    pages INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    PRIMARY KEY (day, owner, version, operation)
) WITHOUT ROWID
"""


class UsageFile:
    """See `UsageStore`. Several processes may have the same file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def add(self, rows: Sequence[Usage]) -> None:
        """See `UsageStore.add`."""
        await self._run(partial(_add, rows=rows))

    async def rows(self, first: date, last: date, owner: str | None) -> tuple[Usage, ...]:
        """See `UsageStore.rows`."""
        return await self._run(partial(_rows, first=first, last=last, owner=owner))

    async def forget(self, before: date) -> None:
        """See `UsageStore.forget`."""
        await self._run(lambda db: db.execute("DELETE FROM usage WHERE day < ?", (before.isoformat(),)))

    async def _run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        return await asyncio.to_thread(self._do, work)

    def _do(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        with _opened(self._path) as connection:
            result = work(connection)
            commit(connection)
            return result


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The database within a transaction."""
    try:
        with closing(connect_for_writing(path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > _SCHEMA:
                raise StoreUnavailableError(f"usage.db was written by a newer Readstone (schema {version}).")
            if version < _SCHEMA:
                connection.execute(_TABLE)
                connection.execute(f"PRAGMA user_version = {_SCHEMA}")
            yield connection
    except sqlite3.Error as fault:
        if isinstance(translated(fault), StoreUnavailableError):
            raise StoreUnavailableError(f"usage.db does not answer ({fault.sqlite_errorname}).") from fault
        raise
    except OSError as fault:
        raise StoreUnavailableError(f"The data folder does not answer ({type(fault).__name__}).") from fault


def _add(connection: sqlite3.Connection, rows: Sequence[Usage]) -> None:
    connection.executemany(
        "INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (day, owner, version, operation) DO UPDATE SET name = excluded.name, "
        "calls = calls + excluded.calls, pages = pages + excluded.pages, refused = refused + excluded.refused",
        [(u.day.isoformat(), u.owner, u.version, u.operation, u.name, u.calls, u.pages, u.refused) for u in rows],
    )


def _rows(connection: sqlite3.Connection, first: date, last: date, owner: str | None) -> tuple[Usage, ...]:
    found = connection.execute(
        "SELECT day, owner, name, version, operation, calls, pages, refused FROM usage "
        "WHERE day BETWEEN ? AND ? AND (?3 IS NULL OR owner = ?3) ORDER BY day, owner, version, operation",
        (first.isoformat(), last.isoformat(), owner),
    )
    return tuple(Usage(date.fromisoformat(row[0]), *row[1:]) for row in found)
