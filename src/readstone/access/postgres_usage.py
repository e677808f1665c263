"""Usage of all processes, in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

from readstone.access.usage import Usage
from readstone.operations.postgres.connection import Connection, Connections


class SharedUsage:
    """See `UsageStore`. The connections are their owner's to open and close."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def add(self, rows: Sequence[Usage]) -> None:
        """See `UsageStore.add`."""
        await self._connections.run(partial(_add, rows=rows))

    async def rows(self, first: date, last: date, owner: str | None) -> tuple[Usage, ...]:
        """See `UsageStore.rows`."""
        return await self._connections.run(partial(_rows, first=first, last=last, owner=owner))

    async def forget(self, before: date) -> None:
        """See `UsageStore.forget`."""
        await self._connections.run(partial(_forget, before=before))


async def _add(connection: Connection, rows: Sequence[Usage]) -> None:
    await connection.execute(
        "INSERT INTO key_usage AS k (day, owner, version, operation, name, calls, pages, refused) "
        "SELECT * FROM unnest(%s::date[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], "
        "%s::bigint[]) ORDER BY 1, 2, 3, 4 "  # as everybody does, so that no two wait for each other's rows
        "ON CONFLICT (day, owner, version, operation) DO UPDATE SET name = excluded.name, "
        "calls = k.calls + excluded.calls, pages = k.pages + excluded.pages, refused = k.refused + excluded.refused",
        (
            [u.day for u in rows],
            [u.owner for u in rows],
            [u.version for u in rows],
            [u.operation for u in rows],
            [u.name for u in rows],
            [u.calls for u in rows],
            [u.pages for u in rows],
            [u.refused for u in rows],
        ),
    )


async def _rows(connection: Connection, first: date, last: date, owner: str | None) -> tuple[Usage, ...]:
    cursor = await connection.execute(
        "SELECT day, owner, name, version, operation, calls, pages, refused FROM key_usage "
        "WHERE day BETWEEN %s AND %s AND (%s::text IS NULL OR owner = %s) "
        'ORDER BY day, owner COLLATE "C", version COLLATE "C", operation COLLATE "C"',
        (first, last, owner, owner),
    )
    return tuple(Usage(*row) for row in await cursor.fetchall())


async def _forget(connection: Connection, before: date) -> None:
    await connection.execute("DELETE FROM key_usage WHERE day < %s", (before,))
