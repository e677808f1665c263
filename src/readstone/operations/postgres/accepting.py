"""Documents on their way into the database: the record, its input and its jobs in one transaction.

What waits while a transaction is under way goes into the next one together. A commit costs one wait for the
disk however much is in it, and PostgreSQL lets only one commit at a time notify the listeners.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from psycopg import Error
from psycopg.types.json import Jsonb

from readstone.operations.errors import StoreUnavailableError
from readstone.operations.operation import NewOperation
from readstone.operations.postgres.connection import Connection, Connections

PIECE_BYTES = 1 << 20
"""Of a document, so many go into one row; what has more than one row is brought in on a connection of its own."""

_MOST_DOCUMENTS = 64
_MOST_BYTES = 8 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Incoming:
    """One document: `input` is None when the input store has it, as `blob`. `moment`: null but in tests."""

    id: str
    new: NewOperation
    input: bytes | None
    blob: str | None
    size: int
    created: asyncio.Future[float] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def record(self) -> dict[str, object]:
        """What the function `accept` reads."""
        new = self.new
        return {
            "id": self.id,
            "surface": new.surface,
            "kind": new.kind,
            "owner": new.owner,
            "trace": new.trace,
            "pages": list(new.pages),
            "blob": self.blob,
            "bytes": self.size,
        }


class Accepting:
    """Takes documents in, in the order in which they come."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._waiting: deque[Incoming] = deque()
        self._busy: asyncio.Task[None] | None = None

    async def small(self, incoming: Incoming, process: int, moment: float | None) -> float:
        """Accept with what else waits; when that was. Raises StoreUnavailableError, StoreFullError.

        A caller cancelled before its transaction began leaves nothing behind; afterwards the document counts.
        """
        self._waiting.append(incoming)
        if self._busy is None or self._busy.done():
            self._busy = asyncio.create_task(self._drain(process, moment))
        return await incoming.created

    async def large(self, incoming: Incoming, document: bytes | Path, process: int, moment: float | None) -> float:
        """Accept a document piece by piece; a file is never in memory as a whole. Raises as `small`."""
        return await self._connections.shielded(self._in_pieces(incoming, document, process, moment))

    async def close(self) -> None:
        """Finish what was begun."""
        if self._busy:
            await asyncio.gather(self._busy, return_exceptions=True)

    async def _drain(self, process: int, moment: float | None) -> None:
        while self._waiting:
            group = self._next_group()
            if group:
                await self._accept_together(group, process, moment)

    def _next_group(self) -> list[Incoming]:
        group: list[Incoming] = []
        size = 0
        while self._waiting and len(group) < _MOST_DOCUMENTS and size < _MOST_BYTES:
            incoming = self._waiting.popleft()
            if not incoming.created.cancelled():
                group.append(incoming)
                size += len(incoming.input or b"")
        return group

    async def _accept_together(self, group: list[Incoming], process: int, moment: float | None) -> None:
        try:
            created = await self._connections.run(lambda connection: _accept(connection, group, process, moment))
        except StoreUnavailableError as fault:
            _answer(group, fault)
        except Exception as fault:
            # One document that the database does not take must not refuse its neighbours.
            if len(group) == 1 or not isinstance(fault, Error):
                _answer(group, fault)
                return
            for incoming in group:
                await self._accept_together([incoming], process, moment)
        else:
            for incoming in group:
                if not incoming.created.done():
                    incoming.created.set_result(created)

    async def _in_pieces(self, incoming: Incoming, document: bytes | Path, process: int, moment: float | None) -> float:
        pieces = _pieces(document)
        number = 0
        async with self._connections.borrowed() as (connection, deadline), connection.transaction():
            while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
                await connection.execute("INSERT INTO input VALUES (%s, %s, %b)", (incoming.id, number, piece))
                deadline.extend()
                number += 1
            # Last, as it takes the locks that others may wait for.
            return await _accept(connection, [incoming], process, moment)


async def _accept(connection: Connection, group: list[Incoming], process: int, moment: float | None) -> float:
    cursor = await connection.execute(
        "SELECT accept(%s, %b::bytea[], %b::bytea[], %s, %s)",
        (
            Jsonb([incoming.record for incoming in group]),
            [incoming.new.options for incoming in group],
            [incoming.input for incoming in group],
            process,
            moment,
        ),
    )
    row = await cursor.fetchone()
    return float(row[0]) if row else 0.0


def _pieces(document: bytes | Path) -> Iterator[bytes]:
    if isinstance(document, bytes):
        for start in range(0, len(document), PIECE_BYTES):
            yield document[start : start + PIECE_BYTES]
        return
    with document.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def _answer(group: list[Incoming], fault: Exception) -> None:
    for incoming in group:
        if not incoming.created.done():
            incoming.created.set_exception(fault)
