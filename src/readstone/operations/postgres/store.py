"""The store for many machines. See `OperationStore` for the promises, and docs/postgres.md for its life in service.

Every step in a page's life is one call of a function of the database, which changes the record and
Procrastinate's job in one transaction; here is what goes before and after it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import errors

from readstone.operations.errors import StoreUnusableError
from readstone.operations.inputs import InputStore
from readstone.operations.operation import Kept, NewOperation, Operation, PageClaim
from readstone.operations.postgres import queue, records
from readstone.operations.postgres.accepting import PIECE_BYTES, Accepting, Incoming
from readstone.operations.postgres.connection import SECONDS, Connections
from readstone.operations.postgres.documents import Documents, told
from readstone.operations.postgres.held import Held
from readstone.operations.postgres.presence import Presence
from readstone.operations.postgres.schema import migrate, sentence
from readstone.operations.store import LONGEST_LEASE_SECONDS, Backlog, Counts, Swept

_log = logging.getLogger("readstone.operations")


class PostgresStore:
    """Keeps operations in the database at `url`, and finished ones for `retention_seconds`.

    `inputs`: where documents lie, None for the database itself. `folder`: for local copies of large documents in
    work. `attempts_allowed`: after so many a page fails its operation. `connections`: at most so many, and one that
    listens; `answer_seconds`: the longest wait for an answer, and half of it for a connection. A process that shows
    no sign of life for `stale_seconds` has lost what it held. `patience_seconds`: how long `open` waits for the
    database. `clock` tells UTC seconds since 1970 in place of the database's own. To be opened once.
    Raises ValueError for a retention outside 1 h to 7 d.
    """

    def __init__(
        self,
        url: str,
        inputs: InputStore | None = None,
        *,
        folder: Path,
        retention_seconds: float = 48 * 3600.0,
        attempts_allowed: int = 3,
        connections: int = 8,
        answer_seconds: float = SECONDS,
        heartbeat_seconds: float = 10.0,
        stale_seconds: float = 30.0,
        patience_seconds: float = 30.0,
        clock: Callable[[], float] | None = None,
    ) -> None:
        if not 3600 <= retention_seconds <= 7 * 86400:
            raise ValueError("results are kept for an hour at least and seven days at most")
        self._url = url
        self._retention = retention_seconds
        self._allowed = attempts_allowed
        self._patience = patience_seconds
        self._moment: Callable[[], float | None] = clock or (lambda: None)
        self._fresh = asyncio.Event()
        self._held = Held()
        self._connections = Connections(url, connections, answer_seconds)
        self._accepting = Accepting(self._connections)
        self._documents = Documents(self._connections, inputs, folder)
        self._presence = Presence(url, self._connections, self._fresh, heartbeat_seconds, stale_seconds)

    @property
    def connections(self) -> Connections:
        """The connections, for whoever keeps something else in the same database."""
        return self._connections

    async def open(self) -> None:
        """Make ready, with a new or older database brought up to date; what processes held that left is claimable.

        Raises StoreUnusableError.
        """
        await self._migrate()
        await self._connections.open()
        try:
            await self._documents.open()
            await self._presence.arrive()
            await self._presence.start()
            await self._connections.run(partial(queue.forsake, stale_seconds=None))
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish what was begun and let go. What this process still holds is for others to take at once."""
        await self._accepting.close()
        await self._presence.leave()
        await self._documents.close()
        await self._connections.close()

    async def accept(self, new: NewOperation) -> Operation:
        """Keep a document; on return it survives a kill and a power cut. Raises StoreFullError.

        When the connection breaks while the database commits, nobody knows the outcome: StoreUnavailableError is
        raised, and the document may have been accepted all the same. Then it is read like any other, under an id
        that no client was told, and goes with its result when that expires.
        """
        with told():
            size = (await asyncio.to_thread(new.input.stat)).st_size if isinstance(new.input, Path) else len(new.input)
            blob = await self._documents.put(new.input)
            operation_id, process, moment = str(uuid4()), self._presence.id, self._moment()
            if blob is None and size > PIECE_BYTES:
                incoming = Incoming(operation_id, new, None, None, size)
                created = await self._accepting.large(incoming, new.input, process, moment)
            else:
                data = None if blob is not None else await _in_memory(new.input)
                incoming = Incoming(operation_id, new, data, blob, size)
                created = await self._accepting.small(incoming, process, moment)
        self._fresh.set()
        return records.accepted(operation_id, new, created)

    async def find(self, operation_id: str) -> Operation | None:
        """The operation, or None when the id is unknown or expired."""
        if (known := records.as_uuid(operation_id)) is None:
            return None
        ask = partial(records.find, operation_id=known, retention=self._retention, moment=self._moment())
        return await self._connections.run(ask)

    async def page_bodies(self, operation_id: str) -> tuple[bytes, ...] | None:
        """All page results in the order of `pages` once the operation has succeeded, else None."""
        if (known := records.as_uuid(operation_id)) is None:
            return None
        ask = partial(records.page_bodies, operation_id=known, retention=self._retention, moment=self._moment())
        pages, bodies = await self._connections.run(partial(ask, first=0))
        while 0 < len(bodies) < pages:
            _, more = await self._connections.run(partial(ask, first=len(bodies)))
            if not more:
                return None  # it expired between
            bodies += more
        return tuple(bodies) or None

    async def input(self, operation_id: str) -> bytes | Path | None:
        """The document, as bytes or as the file they are in; None when the operation has ended or is not found.

        A file is to be used only while that very path object is held: it may be a copy, which goes with it.
        """
        known = records.as_uuid(operation_id)
        return await self._documents.get(known) if known else None

    async def claim(self, lease_seconds: float, beside: frozenset[str] = frozenset()) -> PageClaim | None:
        """The page whose turn it is; None when there is none to take now."""
        take = partial(
            queue.claim,
            process=self._presence.id,
            seconds=_at_most_longest(lease_seconds),
            allowed=self._allowed,
            moment=self._moment(),
            beside=beside,
        )
        # Before the question: whatever is accepted from here on either answers it or sets the event again.
        self._fresh.clear()
        async with self._held.claiming(lease_seconds):
            try:
                claim = await self._connections.run(partial(take, released=not self._held.calm))
                if isinstance(claim, queue.Due):
                    await self._connections.run(partial(queue.release, allowed=self._allowed, moment=self._moment()))
                    claim = await self._connections.run(partial(take, released=True))
            except errors.ForeignKeyViolation:
                return None  # this process was taken for dead; its next sign of life registers it anew
            if not isinstance(claim, PageClaim):
                return None
            self._held.add(claim)
            return claim

    async def renew(self, claim: PageClaim, lease_seconds: float) -> bool:
        """Hold the page for `lease_seconds` from now. False when it is no longer this holder's."""
        seconds = _at_most_longest(lease_seconds)
        hold = partial(queue.renew, process=self._presence.id, mine=claim, seconds=seconds, moment=self._moment())
        held = await self._connections.run(hold)
        if not held:
            self._held.drop(claim)
        return held

    async def complete(self, claim: PageClaim, body: bytes) -> Kept:
        """Keep the page's result; the last page publishes the operation. STALE when the claim is."""
        keep = partial(queue.complete, process=self._presence.id, mine=claim, body=body, moment=self._moment())
        outcome = await self._connections.run(keep)
        self._held.drop(claim)
        self._fresh.set()  # a page that waited to be alone may be taken
        kept = Kept(outcome.kept)
        if kept is not Kept.TAKEN:
            await self._documents.ended(claim.operation.id, outcome.blob)
        return kept

    async def give_back(self, claim: PageClaim) -> bool:
        """Let another take the page at once; the attempt does not count. False when the claim is stale."""
        return await self._offer(claim, None)

    async def try_again(self, claim: PageClaim, after_seconds: float) -> bool:
        """Offer the page again in `after_seconds`, or fail the operation if the attempt was the last."""
        if claim.attempt >= self._allowed:
            await self.fail(claim)
            return False
        return await self._offer(claim, _at_most_longest(after_seconds))

    async def fail(self, claim: PageClaim) -> bool:
        """End the operation as failed. False when the claim is stale."""
        end = partial(queue.fail, process=self._presence.id, mine=claim, moment=self._moment())
        outcome = await self._connections.run(end)
        self._held.drop(claim)
        self._fresh.set()
        await self._documents.ended(claim.operation.id, outcome.blob)
        return bool(outcome.kept)

    async def wait_for_work(self, seconds: float) -> None:
        """Return when a page may have become claimable since the last `claim`, or after `seconds`.

        What another process accepts is noticed at once. What it gives back, or what lapses, the next look finds.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._fresh.wait()

    async def sweep(self) -> Swept:
        """Remove what expired, give up pages whose last attempt lapsed, free what dead processes held.

        Any number of processes may sweep: of each step, one does it at a time, and the others leave it to that one.
        """
        run, moment = self._connections.run, self._moment()
        if await run(partial(queue.forsake, stale_seconds=self._presence.stale_seconds)):
            self._fresh.set()
        await self._held.settle(self._disown)
        failed: list[str] = []
        give_up = partial(queue.give_up, process=self._presence.id, allowed=self._allowed, moment=moment)
        while some := await run(give_up):
            for operation_id, blob in some:
                failed.append(operation_id)
                await self._documents.ended(operation_id, blob)
        expired = 0
        while count := await run(partial(queue.expire, retention=self._retention, moment=moment)):
            expired += count
        await run(queue.fold)
        return Swept(expired, tuple(failed), await self._documents.sweep())

    async def counts(self) -> Counts:
        """How much there is to do. Its cost grows with processes and owners, not with what waits."""
        return await self._connections.run(partial(records.counts, moment=self._moment()))

    async def backlog(self) -> Backlog:
        """Who waits. As cheap as `counts`."""
        return await self._connections.run(partial(records.backlog, moment=self._moment()))

    async def _offer(self, claim: PageClaim, pause: float | None) -> bool:
        offer = partial(queue.offer, process=self._presence.id, mine=claim, pause=pause, moment=self._moment())
        offered = await self._connections.run(offer)
        self._held.drop(claim)
        self._fresh.set()
        return offered

    async def _disown(self, pages: list[tuple[str, int]]) -> None:
        await self._connections.run(
            partial(queue.disown, process=self._presence.id, pages=pages, moment=self._moment())
        )
        self._fresh.set()

    async def _migrate(self) -> None:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                for name in await migrate(self._url):
                    _log.info("operations database: %s made", name)
                return
            except psycopg.Error as fault:
                if time.monotonic() >= deadline or not isinstance(fault, psycopg.OperationalError):
                    raise StoreUnusableError(f"The operations database cannot be opened: {sentence(fault)}") from fault
                _log.warning("waiting for the operations database: %s", sentence(fault))
            await asyncio.sleep(1)


async def _in_memory(document: bytes | Path) -> bytes:
    return await asyncio.to_thread(document.read_bytes) if isinstance(document, Path) else document


def _at_most_longest(seconds: float) -> float:
    if not 0 < seconds <= LONGEST_LEASE_SECONDS:
        raise ValueError(f"a lease or pause lasts above 0 and at most {LONGEST_LEASE_SECONDS:.0f} seconds")
    return seconds
