"""What is asked of the tables without changing them; each function is one statement, so one moment in time."""

# ruff: noqa: S608 - only constants of this room are put into statements, never values

from __future__ import annotations

import json
import sqlite3

from readstone.operations.operation import Operation, State
from readstone.operations.store import LONGEST_LEASE_SECONDS, Backlog, Counts

COLUMNS = "o.id, o.surface, o.kind, o.options, o.owner, o.state, o.created, o.updated, o.pages, o.trace"

LAPSED = f"(hidden_until <= :now OR hidden_until > :now + {LONGEST_LEASE_SECONDS})"
"""Nobody holds the page and no pause is on; see LONGEST_LEASE_SECONDS for the second half."""

_LIVE = "o.id = ? AND (o.ended IS NULL OR o.ended > ?)"


def operation_from(row: tuple[str, str, str, bytes, str, str, float, float, str, str]) -> Operation:
    """The record in a row of COLUMNS."""
    operation_id, surface, kind, options, owner, state, created, updated, pages, trace = row
    return Operation(
        id=operation_id,
        surface=surface,
        kind=kind,
        options=options,
        owner=owner,
        state=State(state),
        created=created,
        updated=updated,
        pages=tuple(json.loads(pages)),
        trace=trace,
    )


def find(connection: sqlite3.Connection, operation_id: str, expired: float) -> Operation | None:
    """The operation unless it ended at `expired` or before."""
    row = connection.execute(f"SELECT {COLUMNS} FROM operation o WHERE {_LIVE}", (operation_id, expired)).fetchone()
    return operation_from(row) if row else None


def page_bodies(connection: sqlite3.Connection, operation_id: str, expired: float) -> tuple[bytes, ...] | None:
    """The results of an operation that succeeded and is not expired."""
    rows = connection.execute(
        "SELECT r.body FROM operation o JOIN result r ON r.sequence = o.sequence "
        f"WHERE {_LIVE} AND o.state = ? ORDER BY r.position",
        (operation_id, expired, State.SUCCEEDED),
    ).fetchall()
    return tuple(row[0] for row in rows) or None


def document(connection: sqlite3.Connection, operation_id: str) -> bytes | str | None:
    """The input, or the name of the file it is in."""
    row = connection.execute(
        "SELECT coalesce(o.blob, i.bytes) FROM operation o LEFT JOIN input i ON i.sequence = o.sequence WHERE o.id = ?",
        (operation_id,),
    ).fetchone()
    found: bytes | str | None = row[0] if row else None
    return found


def holders(connection: sqlite3.Connection) -> list[str]:
    """Every process that has, or died with, a page."""
    return [row[0] for row in connection.execute("SELECT DISTINCT holder FROM task WHERE holder IS NOT NULL")]


def referenced_blobs(connection: sqlite3.Connection) -> frozenset[str]:
    """Names of the input files that operations still need."""
    return frozenset(row[0] for row in connection.execute("SELECT blob FROM operation WHERE blob IS NOT NULL"))


def counts(connection: sqlite3.Connection, now: float) -> Counts:
    """Pages waiting and pages held, since when the first waiting one waits, and operations by state."""
    waiting = f"(holder IS NULL OR {LAPSED})"
    # What has not ended has a page to be read: by way of these, the results of two days are not gone through.
    live = (
        "SELECT count(*) FROM (SELECT DISTINCT sequence FROM task) p JOIN operation o ON o.sequence = p.sequence "
        "WHERE o.state ="
    )
    queued, running, oldest, not_started, started = connection.execute(
        f"SELECT count(*) FILTER (WHERE {waiting}), count(*) FILTER (WHERE NOT {waiting}), "
        "(SELECT o.created FROM task t JOIN operation o ON o.sequence = t.sequence "
        f"WHERE {waiting} ORDER BY t.sequence LIMIT 1), ({live} :new), ({live} :begun) FROM task",
        {"now": now, "new": State.NOT_STARTED, "begun": State.RUNNING},
    ).fetchone()
    operations = {State.NOT_STARTED: not_started, State.RUNNING: started}
    return Counts(queued, running, max(0.0, now - oldest) if oldest is not None else 0.0, operations)


def backlog(connection: sqlite3.Connection, now: float) -> Backlog:
    """Pages waiting by owner, and since when the oldest waits. Measured with 100,000 of them: 50 ms."""
    rows = connection.execute(
        "SELECT o.owner, count(*), min(o.created) FROM task t JOIN operation o ON o.sequence = t.sequence "
        f"WHERE holder IS NULL OR {LAPSED} GROUP BY o.owner",
        {"now": now},
    ).fetchall()
    oldest = min((created for _, _, created in rows), default=now)
    return Backlog({owner: pages for owner, pages, _ in rows}, max(0.0, now - oldest))
