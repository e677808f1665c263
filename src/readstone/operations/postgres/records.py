"""Operations as rows, and what is asked of them without changing them; each question is one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from readstone.operations.operation import NewOperation, Operation, State
from readstone.operations.postgres.connection import Connection
from readstone.operations.store import Backlog, Counts

_Row = tuple[Any, ...]

_BODIES_AT_ONCE = 64  # some megabytes: however long the document, each answer comes soon


def as_uuid(operation_id: str) -> UUID | None:
    """The id, if it is one as we give them out: in small letters, with its dashes."""
    try:
        parsed = UUID(operation_id)
    except ValueError:
        return None
    return parsed if str(parsed) == operation_id else None


def operation_from(row: Sequence[Any]) -> Operation:
    """The record in columns id, surface, kind, options, owner, state, created, updated, pages, trace."""
    operation_id, surface, kind, options, owner, state, created, updated, pages, trace = row
    return Operation(
        id=str(operation_id),
        surface=surface,
        kind=kind,
        options=bytes(options),
        owner=owner,
        state=State(state),
        created=created,
        updated=updated,
        pages=tuple(pages),
        trace=trace,
    )


def accepted(operation_id: str, new: NewOperation, created: float) -> Operation:
    """The record of what was just accepted."""
    return Operation(
        id=operation_id,
        surface=new.surface,
        kind=new.kind,
        options=new.options,
        owner=new.owner,
        state=State.NOT_STARTED,
        created=created,
        updated=created,
        pages=new.pages,
        trace=new.trace,
    )


async def find(connection: Connection, operation_id: UUID, retention: float, moment: float | None) -> Operation | None:
    """The operation, unless it ended `retention` seconds ago or longer."""
    row = await _one(
        connection,
        b"SELECT id, surface, kind, options, owner, state, created, updated, pages, trace FROM operation "
        b"WHERE id = %s AND (ended IS NULL OR ended > moment_or_now(%s) - %s)",
        (operation_id, moment, retention),
    )
    return operation_from(row) if row else None


async def page_bodies(
    connection: Connection, operation_id: UUID, retention: float, moment: float | None, first: int
) -> tuple[int, list[bytes]]:
    """Of an operation that succeeded and is not expired: how many results, and some of them from that one on."""
    cursor = connection.cursor(binary=True)  # as text, each byte would be two on the way
    await cursor.execute(
        "SELECT cardinality(o.pages), r.body FROM operation o JOIN result r ON r.sequence = o.sequence "
        "WHERE o.id = %s AND o.state = %s AND o.ended > moment_or_now(%s) - %s "
        "AND r.position >= %s AND r.position < %s ORDER BY r.position",
        (operation_id, State.SUCCEEDED.value, moment, retention, first, first + _BODIES_AT_ONCE),
    )
    rows = await cursor.fetchall()
    return (rows[0][0], [row[1] for row in rows]) if rows else (0, [])


async def referenced(connection: Connection, names: Sequence[str]) -> frozenset[str]:
    """Which of these input names an operation still needs."""
    cursor = await connection.execute("SELECT blob FROM operation WHERE blob = ANY (%s)", (list(names),))
    return frozenset(row[0] for row in await cursor.fetchall())


# The first operation in order of acceptance of which a page waits. Those before it are being read, all their
# pages, so they are few; the index has only what has not ended.
_OLDEST = b"""
SELECT o.created FROM operation o WHERE o.ended IS NULL AND o.unread > (
    SELECT count(*) FROM lease l WHERE l.sequence = o.sequence AND l.holder IS NOT NULL AND NOT l.released
        AND NOT lapsed(l.held_until, n.now)
) ORDER BY o.sequence LIMIT 1
"""


async def counts(connection: Connection, moment: float | None) -> Counts:
    """Sums over what the processes counted, and the held pages one by one: not the waiting ones."""
    row = await _always(
        connection,
        b"SELECT n.now, (SELECT coalesce(sum(waiting), 0) FROM share)::bigint, held.lapsed, held.living, ("
        + _OLDEST
        + b"), operations.not_started, operations.running "
        b"FROM (SELECT moment_or_now(%s) AS now) n, LATERAL ("
        b"SELECT count(*) FILTER (WHERE lapsed(l.held_until, n.now)) AS lapsed, "
        b"count(*) FILTER (WHERE NOT lapsed(l.held_until, n.now)) AS living "
        b"FROM lease l WHERE l.holder IS NOT NULL AND NOT l.released) held, "
        b"(SELECT coalesce(sum(not_started), 0)::bigint AS not_started, coalesce(sum(running), 0)::bigint AS running "
        b"FROM process) operations",
        (moment,),
    )
    now, waiting, lapsed, living, oldest, not_started, running = row
    return Counts(
        queued=waiting + lapsed,
        running=living,
        oldest_queued_seconds=max(0.0, now - oldest) if oldest is not None else 0.0,
        operations={State.NOT_STARTED: not_started, State.RUNNING: running},
    )


async def backlog(connection: Connection, moment: float | None) -> Backlog:
    """As `counts`, by owner."""
    row = await _always(
        connection,
        b"SELECT n.now, (SELECT jsonb_object_agg(w.owner, w.pages) FROM ("
        b"SELECT owner, sum(pages)::bigint AS pages FROM ("
        b"SELECT owner, waiting AS pages FROM share UNION ALL "
        b"SELECT o.owner, 1 FROM lease l JOIN operation o ON o.sequence = l.sequence "
        b"WHERE l.holder IS NOT NULL AND NOT l.released AND lapsed(l.held_until, n.now)"
        b") counted GROUP BY owner HAVING sum(pages) > 0) w), ("
        + _OLDEST
        + b") FROM (SELECT moment_or_now(%s) AS now) n",
        (moment,),
    )
    now, waiting, oldest = row
    return Backlog(waiting or {}, max(0.0, now - oldest) if oldest is not None else 0.0)


async def _one(connection: Connection, query: bytes, values: tuple[object, ...]) -> _Row | None:
    return await (await connection.execute(query, values)).fetchone()


async def _always(connection: Connection, query: bytes, values: tuple[object, ...]) -> _Row:
    return await _one(connection, query, values) or ()
