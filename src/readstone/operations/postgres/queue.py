"""The steps in the life of a page, each one call of a function of the database: see migrations/001_pages.sql.

`claim` is in 004_beside.sql.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from readstone.operations.operation import PageClaim
from readstone.operations.postgres.connection import Connection
from readstone.operations.postgres.records import operation_from


@dataclass(frozen=True, slots=True)
class Due:
    """Something has lapsed, and is to be released before the next claim."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a page: as `Kept` counts; `blob` names an input that nobody needs any more."""

    kept: int
    blob: str | None = None


async def claim(
    connection: Connection,
    process: int,
    seconds: float,
    allowed: int,
    moment: float | None,
    beside: Collection[str],
    released: bool,
) -> PageClaim | Due | None:
    """Hand a page to `process`, one of other owners than `beside`, or say why not."""
    cursor = connection.cursor(binary=True)
    await cursor.execute(
        "SELECT due, place, fence, attempt, left_behind, (claimed).id, (claimed).surface, (claimed).kind, "
        "(claimed).options, (claimed).owner, (claimed).state, (claimed).created, (claimed).updated, (claimed).pages, "
        "(claimed).trace FROM claim_beside(%s, %s, %s, %s, %s::text[], %s)",
        (process, seconds, allowed, moment, list(beside), released),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    if row[0]:
        return Due()
    _, place, fence, attempt, left_behind, *operation = row
    return PageClaim(operation_from(operation), place, fence, attempt, left_behind)


async def release(connection: Connection, allowed: int, moment: float | None) -> None:
    """Put what has lapsed back into the line."""
    await connection.execute("SELECT release(%s, %s)", (allowed, moment))


async def renew(connection: Connection, process: int, mine: PageClaim, seconds: float, moment: float | None) -> bool:
    """Move the lease's end; False when the claim is stale."""
    return await _yes(connection, b"SELECT renew(%s, %s, %s, %s, %s, %s)", (process, *_key(mine), seconds, moment))


async def offer(
    connection: Connection, process: int, mine: PageClaim, pause: float | None, moment: float | None
) -> bool:
    """Let another take the page, after a pause or, without one, as if never claimed; False when the claim is stale."""
    return await _yes(
        connection, b"SELECT offer(%s, %s, %s, %s, %s::float8, %s)", (process, *_key(mine), pause, moment)
    )


async def disown(connection: Connection, process: int, pages: Sequence[tuple[str, int]], moment: float | None) -> None:
    """Give back what `process` holds beside these pages."""
    await connection.execute(
        "SELECT disown(%s, %s::uuid[], %s::integer[], %s)",
        (process, [name for name, _ in pages], [position for _, position in pages], moment),
    )


async def complete(connection: Connection, process: int, mine: PageClaim, body: bytes, moment: float | None) -> Outcome:
    """Keep a page's result."""
    cursor = await connection.execute(
        "SELECT outcome, blob FROM complete(%s, %s, %s, %s, %b, %s)", (process, *_key(mine), body, moment)
    )
    row = await cursor.fetchone()
    return Outcome(row[0], row[1]) if row else Outcome(0)


async def fail(connection: Connection, process: int, mine: PageClaim, moment: float | None) -> Outcome:
    """End the operation as failed; `kept` is 0 when the claim is stale."""
    cursor = await connection.execute("SELECT done, blob FROM fail(%s, %s, %s, %s, %s)", (process, *_key(mine), moment))
    row = await cursor.fetchone()
    return Outcome(int(row[0]), row[1]) if row else Outcome(0)


async def forsake(connection: Connection, stale_seconds: float | None) -> bool:
    """What dead processes held lapses; whether there was something."""
    return await _yes(connection, b"SELECT forsake(%s) > 0", (stale_seconds,))


async def give_up(
    connection: Connection, process: int, allowed: int, moment: float | None
) -> list[tuple[str, str | None]]:
    """Fail operations with a page whose last attempt lapsed: their ids and the names of their inputs."""
    cursor = await connection.execute("SELECT id, blob FROM give_up(%s, %s, %s)", (process, allowed, moment))
    return [(str(row[0]), row[1]) for row in await cursor.fetchall()]


async def expire(connection: Connection, retention: float, moment: float | None) -> int:
    """Remove some operations that ended so long ago; 0 when none is left."""
    cursor = await connection.execute("SELECT expire(moment_or_now(%s) - %s)", (moment, retention))
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def fold(connection: Connection) -> None:
    """Tidy up what was counted."""
    await connection.execute("SELECT fold()")


def _key(mine: PageClaim) -> tuple[str, int, int]:
    return mine.operation.id, mine.position, mine.fence


async def _yes(connection: Connection, query: bytes, values: tuple[object, ...]) -> bool:
    row = await (await connection.execute(query, values)).fetchone()
    return bool(row and row[0])
