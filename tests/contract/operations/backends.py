"""The stores that the contract suite runs against, and what its tests share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from postgres import fresh_database
from readstone.operations.operation import NewOperation, Operation, PageClaim
from readstone.operations.postgres.store import PostgresStore
from readstone.operations.sqlite import SqliteStore
from readstone.operations.store import OperationStore
from readstone.operations.watermark import Watermark

HOUR = 3600.0
LEASE = 60.0


class Clock:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Backend(Protocol):
    """One storage; every `store()` is a new handle on it, as a new process would have."""

    clock: Clock

    def store(self) -> OperationStore: ...


class SqliteBackend:
    """The embedded store in a folder. The test machine's disk may be as full as it likes."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self._folder = folder

    def store(self) -> SqliteStore:
        return SqliteStore(self._folder, clock=self.clock, watermark=Watermark(used=1.0, free_bytes=0))


class PostgresBackend:
    """The store of many machines, in a new database of a real server; documents lie in the database too."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self._folder = folder
        self._url = fresh_database(migrated=True)

    def store(self) -> PostgresStore:
        return PostgresStore(self._url, folder=self._folder, clock=self.clock)


BACKENDS: dict[str, Callable[[Path], Backend]] = {"sqlite": SqliteBackend, "postgres": PostgresBackend}


@asynccontextmanager
async def opened(backend: Backend) -> AsyncIterator[OperationStore]:
    store = backend.store()
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def with_store(backend: Backend, test: Callable[[OperationStore], Coroutine[Any, Any, None]]) -> None:
    """Run `test` with one open store."""

    async def main() -> None:
        async with opened(backend) as store:
            await test(store)

    asyncio.run(main())


def document(pages: int = 1, data: bytes | Path = b"a document", owner: str = "owner") -> NewOperation:
    return NewOperation("v3.2", "read", b'{"language":"en"}', tuple(range(1, pages + 1)), data, owner)


async def claimed(store: OperationStore) -> PageClaim:
    claim = await store.claim(LEASE)
    assert claim is not None
    return claim


async def state_of(store: OperationStore, operation: Operation) -> str | None:
    found = await store.find(operation.id)
    return found.state.value if found else None


async def read_all(store: OperationStore, body: Callable[[PageClaim], Awaitable[bytes] | bytes]) -> list[PageClaim]:
    """Claim and complete until nothing is left."""
    done = []
    while claim := await store.claim(LEASE):
        made = body(claim)
        assert await store.complete(claim, made if isinstance(made, bytes) else await made)
        done.append(claim)
    return done
