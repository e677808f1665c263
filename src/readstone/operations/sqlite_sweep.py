"""What a sweep changes in the tables; each function is one short transaction, so that nobody waits for it."""

# ruff: noqa: S608 - only constants of this room are put into statements, never values

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from readstone.operations.operation import State
from readstone.operations.sqlite_questions import LAPSED
from readstone.operations.sqlite_queue import end

_OPERATIONS_AT_ONCE = 100
_RESULTS_AT_ONCE = 500
_FREE_PAGES_KEPT = 2048  # 16 MB: the next burst finds room without growing the file
_FREE_PAGES_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class GivenUp:
    """An operation with a page whose last attempt lapsed; `blob` names its input's file."""

    id: str
    blob: str | None


def release(connection: sqlite3.Connection, departed: Iterable[str]) -> None:
    """The leases of dead processes end now. `holder` stays: the page may be what killed them."""
    connection.executemany(
        "UPDATE task SET hidden_until = 0 WHERE holder = ? AND hidden_until > 0", ((name,) for name in departed)
    )


def give_up(connection: sqlite3.Connection, now: float, attempts_allowed: int) -> list[GivenUp]:
    """Fail the operations with a page whose last attempt lapsed."""
    rows = connection.execute(
        "SELECT DISTINCT o.sequence, o.id FROM task t JOIN operation o ON o.sequence = t.sequence "
        f"WHERE t.attempts >= :allowed AND t.holder IS NOT NULL AND {LAPSED}",
        {"allowed": attempts_allowed, "now": now},
    ).fetchall()
    return [GivenUp(name, end(connection, sequence, State.FAILED, now).blob) for sequence, name in rows]


def expire(connection: sqlite3.Connection, ended_before: float) -> int:
    """Remove some operations that ended before that time; 0 when none is left."""
    due: list[tuple[int]] = []
    results = 0
    for sequence, pages in connection.execute(
        "SELECT sequence, (SELECT count(*) FROM result r WHERE r.sequence = o.sequence) FROM operation o "
        "WHERE ended <= ? LIMIT ?",
        (ended_before, _OPERATIONS_AT_ONCE),
    ):
        due.append((sequence,))
        results += pages
        if results >= _RESULTS_AT_ONCE:
            break
    connection.executemany("DELETE FROM result WHERE sequence = ?", due)
    connection.executemany("DELETE FROM operation WHERE sequence = ?", due)
    return len(due)


def shrink(connection: sqlite3.Connection) -> bool:
    """Return some unused room to the disk; False when there is little left."""
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    if free <= _FREE_PAGES_KEPT:
        return False
    # One at a time: SQLite moves a page a step, and Python takes one step of a statement that has no rows.
    for _ in range(min(_FREE_PAGES_AT_ONCE, free - _FREE_PAGES_KEPT)):
        connection.execute("PRAGMA incremental_vacuum(1)")
    return True
