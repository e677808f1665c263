"""The life of an operation as changes to the tables: accepted, claimed page by page, ended.

Each function runs within the writer's transaction and may be repeated after a rollback.
"""

# ruff: noqa: S608 - only constants of this room are put into statements, never values

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from readstone.operations.operation import Operation, PageClaim, State
from readstone.operations.sqlite_questions import COLUMNS, LAPSED, operation_from
from readstone.operations.sqlite_turns import LAST_TAG_BESIDE, close_up, line_up, served


@dataclass(frozen=True, slots=True)
class Ended:
    """An operation ended; `blob` names the file its input was in, to be deleted after the commit."""

    blob: str | None


def accept(connection: sqlite3.Connection, operation: Operation, blob: str | None, data: bytes | None) -> None:
    """Keep the record, its input, in the file `blob` or here as `data`, and one task a page."""
    tag = line_up(connection, operation.owner, len(operation.pages))
    sequence = connection.execute(
        "INSERT INTO operation (id, surface, kind, options, owner, pages, state, created, updated, blob, trace) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            operation.id,
            operation.surface,
            operation.kind,
            operation.options,
            operation.owner,
            json.dumps(operation.pages),
            operation.state,
            operation.created,
            operation.updated,
            blob,
            operation.trace,
        ),
    ).lastrowid
    if data is not None:
        connection.execute("INSERT INTO input VALUES (?, ?)", (sequence, data))
    connection.executemany(
        "INSERT INTO task VALUES (?, ?, 0, 0, 0, NULL, 0, ?)",
        ((sequence, position, tag + position) for position in range(len(operation.pages))),
    )


def claim(
    connection: sqlite3.Connection,
    holder: str,
    now: float,
    lease_seconds: float,
    attempts_allowed: int,
    beside: Collection[str] = (),
) -> PageClaim | None:
    """Hand the first claimable page to `holder`, or the first beside those owners'.

    A page left by a dead process goes out alone.
    """
    others = "1"
    if beside:
        # Up to the last of the others' tags: else, when they have nothing, all that these wait for would be looked at.
        others = (
            f"tag <= ({LAST_TAG_BESIDE}) AND (SELECT owner FROM operation o WHERE o.sequence = task.sequence) "
            "NOT IN (SELECT value FROM json_each(:beside))"
        )
    head = connection.execute(
        "SELECT sequence, position, fence, attempts, tag, holder IS NOT NULL FROM task "
        f"WHERE attempts < :allowed AND {LAPSED} AND {others} ORDER BY tag, sequence, position LIMIT 1",
        {"allowed": attempts_allowed, "now": now, "beside": json.dumps(list(beside))},
    ).fetchone()
    if head is None:
        return None
    sequence, position, fence, attempts, tag, left_behind = head
    held, alone = connection.execute(
        f"SELECT count(*), max(alone) FROM task WHERE holder = :holder AND NOT {LAPSED}", {"holder": holder, "now": now}
    ).fetchone()
    if alone or (left_behind and held):
        return None
    connection.execute(
        "UPDATE task SET fence = ?, attempts = ?, hidden_until = ?, holder = ?, alone = ? "
        "WHERE sequence = ? AND position = ?",
        (fence + 1, attempts + 1, now + lease_seconds, holder, left_behind, sequence, position),
    )
    served(connection, tag)
    _advance(connection, sequence, State.RUNNING, now)
    row = connection.execute(f"SELECT {COLUMNS} FROM operation o WHERE sequence = ?", (sequence,)).fetchone()
    return PageClaim(operation_from(row), position, fence + 1, attempts + 1, bool(left_behind))


def renew(connection: sqlite3.Connection, mine: PageClaim, until: float) -> bool:
    """Move the lease's end; False when the claim is stale."""
    return _change(connection, mine, "hidden_until = ?", until)


def give_back(connection: sqlite3.Connection, mine: PageClaim) -> bool:
    """As if never claimed, but for the fence; False when the claim is stale."""
    return _change(connection, mine, "hidden_until = ?, holder = NULL, alone = 0, attempts = attempts - 1", 0.0)


def postpone(connection: sqlite3.Connection, mine: PageClaim, until: float) -> bool:
    """Offer the page again at `until`; False when the claim is stale."""
    return _change(connection, mine, "hidden_until = ?, holder = NULL, alone = 0", until)


def complete(connection: sqlite3.Connection, mine: PageClaim, body: bytes, now: float) -> Ended | bool:
    """Keep a page's result. True: other pages remain; Ended: it was the last; False: the claim is stale."""
    sequence = _sequence(connection, mine)
    if sequence is None:
        return False
    connection.execute("DELETE FROM task WHERE sequence = ? AND position = ?", (sequence, mine.position))
    connection.execute("INSERT INTO result VALUES (?, ?, ?)", (sequence, mine.position, body))
    if connection.execute("SELECT 1 FROM task WHERE sequence = ? LIMIT 1", (sequence,)).fetchone() is None:
        return end(connection, sequence, State.SUCCEEDED, now)
    connection.execute("UPDATE operation SET updated = max(updated, ?) WHERE sequence = ?", (now, sequence))
    return True


def fail(connection: sqlite3.Connection, mine: PageClaim, now: float) -> Ended | None:
    """End the operation as failed; None when the claim is stale."""
    sequence = _sequence(connection, mine)
    return None if sequence is None else end(connection, sequence, State.FAILED, now)


def end(connection: sqlite3.Connection, sequence: int, state: State, now: float) -> Ended:
    """End an operation that has not ended: the input goes, and with a failure what was read of it."""
    (blob,) = connection.execute("SELECT blob FROM operation WHERE sequence = ?", (sequence,)).fetchone()
    if state is State.FAILED:
        close_up(connection, sequence)
    _advance(connection, sequence, state, now)
    connection.execute("UPDATE operation SET ended = ?, blob = NULL WHERE sequence = ?", (now, sequence))
    connection.execute("DELETE FROM input WHERE sequence = ?", (sequence,))
    connection.execute("DELETE FROM task WHERE sequence = ?", (sequence,))
    if state is State.FAILED:
        connection.execute("DELETE FROM result WHERE sequence = ?", (sequence,))
    return Ended(blob)


def _advance(connection: sqlite3.Connection, sequence: int, state: State, now: float) -> None:
    """Take the step to `state`, if it is legal from where the operation stands."""
    connection.execute(
        "UPDATE operation SET state = ?, updated = max(updated, ?) "
        f"WHERE sequence = ? AND state IN ({', '.join('?' * len(state.before))})",
        (state, now, sequence, *state.before),
    )


# A page's task is found by the operation's id and its own fence: gone or claimed anew, there is none.
_MINE = "sequence = (SELECT sequence FROM operation WHERE id = ?) AND position = ? AND fence = ? AND holder IS NOT NULL"


def _sequence(connection: sqlite3.Connection, mine: PageClaim) -> int | None:
    row = connection.execute(
        f"SELECT sequence FROM task WHERE {_MINE}", (mine.operation.id, mine.position, mine.fence)
    ).fetchone()
    return row[0] if row else None


def _change(connection: sqlite3.Connection, mine: PageClaim, change: str, until: float) -> bool:
    return (
        connection.execute(
            f"UPDATE task SET {change} WHERE {_MINE}", (until, mine.operation.id, mine.position, mine.fence)
        ).rowcount
        == 1
    )
