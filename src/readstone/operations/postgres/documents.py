"""The documents that operations read: in the database, or where `READSTONE_INPUTS` says; and what is kept of them here.

A worker reads a document page by page and would fetch it as often: small ones are kept in memory for a while,
large ones as a file, until the operation has ended or nobody needs them.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

from readstone.operations.errors import StoreUnavailableError, StoreUnusableError
from readstone.operations.inputs import InputStore, LeftInputs
from readstone.operations.inputs_copies import LocalCopies
from readstone.operations.postgres import records
from readstone.operations.postgres.accepting import PIECE_BYTES
from readstone.operations.postgres.connection import Connection, Connections

Result = TypeVar("Result")

MEMORY_BYTES = 2 << 20
"""What is larger is given out as a file, as intake/spool.py takes it in."""

_KEPT_BYTES = 32 << 20
_PIECES_AT_ONCE = 8
_THREADS = 4


class _GoneError(Exception):
    """The operation has ended while its document was fetched."""


class Documents:
    """Where the documents are, and copies of those in work below `folder`."""

    def __init__(self, connections: Connections, inputs: InputStore | None, folder: Path) -> None:
        self._connections = connections
        self._inputs = inputs
        self._left = LeftInputs(inputs) if inputs else None
        self._copies = LocalCopies(folder)
        self._given: WeakValueDictionary[str, Path] = WeakValueDictionary()
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        self._threads: ThreadPoolExecutor | None = None

    async def open(self) -> None:
        """Make ready. Raises StoreUnusableError, StoreUnavailableError."""
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="operations-files")
        try:
            await self._in_thread((self._inputs or self._copies).open)
        except StoreUnavailableError as fault:
            raise StoreUnusableError(f"There is no place for documents or copies of them: {fault}") from fault

    async def close(self) -> None:
        """Remove the copies."""
        threads, self._threads = self._threads, None
        if threads:
            await asyncio.to_thread(threads.shutdown)
            await asyncio.to_thread((self._inputs or self._copies).close)
        self._memory.clear()

    async def put(self, document: bytes | Path) -> str | None:
        """Its name in the input store, if there is one. Raises StoreFullError, StoreUnavailableError."""
        return await self._in_thread(partial(self._inputs.put, document)) if self._inputs else None

    async def get(self, operation_id: UUID) -> bytes | Path | None:
        """The document; None when the operation has ended or is not found. Raises StoreUnavailableError."""
        name = str(operation_id)
        known = self._memory.get(name)
        row = await self._connections.run(partial(_look, operation_id=operation_id, known=known is not None))
        if row is None:
            self._forget(name)
            return None
        blob, size, data = row
        if blob is not None:
            if self._inputs is None:
                raise StoreUnavailableError("The document is where READSTONE_INPUTS said, and here it is unset.")
            return await self._in_thread(partial(self._inputs.get, blob))
        if known is not None:
            return known
        if size <= MEMORY_BYTES:
            self._keep(name, data or b"")
            return data or b""
        try:
            fetch = partial(self._fetch, asyncio.get_running_loop(), operation_id, size)
            path = await self._in_thread(partial(self._copies.get, name, fetch))
        except _GoneError:
            return None
        self._given[name] = path
        return path

    async def ended(self, operation_id: str, blob: str | None) -> None:
        """Nobody needs the document any more. Never raises: what cannot be removed now, a later sweep finds."""
        self._forget(operation_id)
        if blob is not None and self._inputs:
            with suppress(StoreUnavailableError):
                await self._in_thread(partial(self._inputs.delete, blob))

    async def sweep(self) -> int:
        """Remove inputs without an operation; how many. Raises StoreUnavailableError."""
        if self._left is None:
            return 0
        return await self._left.delete(
            lambda names: self._connections.run(partial(records.referenced, names=list(names)))
        )

    def _keep(self, name: str, data: bytes) -> None:
        self._memory[name] = data
        while sum(map(len, self._memory.values())) > _KEPT_BYTES:
            self._memory.popitem(last=False)

    def _forget(self, name: str) -> None:
        self._memory.pop(name, None)
        self._copies.forget(name)
        if path := self._given.pop(name, None):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _fetch(self, loop: asyncio.AbstractEventLoop, operation_id: UUID, size: int, path: Path) -> None:
        """Write the document to `path`, from a thread."""
        first = 0
        with path.open("xb") as file:
            while first * PIECE_BYTES < size:
                work = self._connections.run(partial(_pieces, operation_id=operation_id, first=first))
                for piece in asyncio.run_coroutine_threadsafe(work, loop).result():
                    file.write(piece)
                first += _PIECES_AT_ONCE
            if file.tell() != size:
                raise _GoneError

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        if self._threads is None:
            raise StoreUnavailableError("The operations store is closed.")
        with told():
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)


@contextmanager
def told() -> Iterator[None]:
    """What a file system says, as callers of a store know it."""
    try:
        yield
    except OSError as fault:
        raise StoreUnavailableError(f"A document's file does not answer ({type(fault).__name__}).") from fault


async def _look(connection: Connection, operation_id: UUID, known: bool) -> tuple[str | None, int, bytes | None] | None:
    """The name in the input store, the size, and the bytes when they are few and not `known`."""
    cursor = connection.cursor(binary=True)
    await cursor.execute(
        "SELECT o.blob, o.input_bytes, i.bytes FROM operation o "
        "LEFT JOIN input i ON i.operation = o.id AND o.input_bytes <= %s AND NOT %s "
        "WHERE o.id = %s AND o.ended IS NULL ORDER BY i.number",
        (MEMORY_BYTES, known, operation_id),
    )
    rows = await cursor.fetchall()
    if not rows:
        return None
    return rows[0][0], rows[0][1], b"".join(row[2] or b"" for row in rows)


async def _pieces(connection: Connection, operation_id: UUID, first: int) -> list[bytes]:
    cursor = connection.cursor(binary=True)
    await cursor.execute(
        "SELECT bytes FROM input WHERE operation = %s AND number >= %s AND number < %s ORDER BY number",
        (operation_id, first, first + _PIECES_AT_ONCE),
    )
    return [row[0] for row in await cursor.fetchall()]
