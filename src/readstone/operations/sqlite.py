"""The embedded store: one SQLite database and a folder for large inputs. See `OperationStore` for the promises.

Record, queue and small inputs are one transaction of one file. Several processes of one machine may have
the same folder open.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from readstone.operations import sqlite_questions as questions
from readstone.operations import sqlite_queue as tables
from readstone.operations import sqlite_sweep as sweeping
from readstone.operations import sqlite_turns as turns
from readstone.operations.blobs import Blobs, Orphans
from readstone.operations.durable_folder import make_folder, refuse_network
from readstone.operations.errors import StoreUnavailableError, StoreUnusableError
from readstone.operations.operation import Kept, NewOperation, Operation, PageClaim, State
from readstone.operations.presence import Presence, one_at_a_time
from readstone.operations.sqlite_reader import Reader
from readstone.operations.sqlite_schema import prepare
from readstone.operations.sqlite_writer import Writer
from readstone.operations.store import LONGEST_LEASE_SECONDS, Backlog, Counts, Swept
from readstone.operations.watermark import Watermark

Result = TypeVar("Result")

# Larger inputs get a file. The database writes everything twice, a file costs two more waits for the disk:
# measured, two callers: at 128 kB the database takes 1.3 times as many a second, at 256 kB the file 1.5 to 2.3 times.
INLINE_BYTES = 128 << 10

_SHRINKS_A_SWEEP = 128  # at most 128 MB


class SqliteStore:
    """Keeps operations in `folder`, and finished ones for `retention_seconds`.

    `attempts_allowed`: after so many a page fails its operation. `clock` tells UTC seconds since 1970.
    To be opened once. Raises ValueError for a retention outside 1 h to 7 d.
    """

    def __init__(
        self,
        folder: Path,
        *,
        retention_seconds: float = 48 * 3600.0,
        attempts_allowed: int = 3,
        watermark: Watermark | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not 3600 <= retention_seconds <= 7 * 86400:
            raise ValueError("results are kept for an hour at least and seven days at most")
        self._folder = folder
        self._retention = retention_seconds
        self._allowed = attempts_allowed
        self._watermark = watermark or Watermark()
        self._clock = clock
        self._blobs = Blobs(folder / "inputs")
        self._orphans = Orphans(self._blobs)
        self._presence = Presence(folder / "present")
        self._writer = Writer(folder / "operations.db")
        self._reader = Reader(folder / "operations.db")
        self._files = ThreadPoolExecutor(2, thread_name_prefix="operations-files")
        self._fresh = asyncio.Event()

    async def open(self) -> None:
        """Make ready; pages that dead processes held are claimable at once. Raises StoreUnusableError."""
        await asyncio.to_thread(self._open)
        await self._release_departed()

    def _open(self) -> None:
        refuse_network(self._folder)
        for folder in (self._folder, self._folder / "inputs", self._folder / "present"):
            make_folder(folder)
        try:
            with one_at_a_time(self._folder / "opening.lock"):
                self._writer.start(prepare)
                self._presence.arrive()
                self._presence.clear()
            self._reader.start()
        except sqlite3.Error as fault:
            raise StoreUnusableError(f"The operations database cannot be opened: {fault}.") from fault
        except OSError as fault:
            raise StoreUnusableError(f"The data folder cannot be used: {fault.strerror}.") from fault

    async def close(self) -> None:
        """Finish what was begun and let go."""
        await self._writer.close()
        await self._reader.close()
        await asyncio.to_thread(self._files.shutdown)
        self._presence.leave()

    async def accept(self, new: NewOperation) -> Operation:
        """Keep a document; on return it survives a kill and a power cut. Raises StoreFullError."""
        self._check_room(0 if isinstance(new.input, Path) else len(new.input))  # a file is on the disk already
        now = self._clock()
        operation = Operation(
            id=str(uuid4()),
            surface=new.surface,
            kind=new.kind,
            options=new.options,
            owner=new.owner,
            state=State.NOT_STARTED,
            created=now,
            updated=now,
            pages=new.pages,
            trace=new.trace,
        )
        blob, data = await self._placed(new.input)
        try:
            await self._writer.run(partial(tables.accept, operation=operation, blob=blob, data=data), len(data or b""))
        except StoreUnavailableError:
            await self._delete_blob(blob)
            raise
        self._fresh.set()
        return operation

    async def find(self, operation_id: str) -> Operation | None:
        """The operation, or None when the id is unknown or expired."""
        return await self._reader.run_here(partial(questions.find, operation_id=operation_id, expired=self._expired()))

    async def page_bodies(self, operation_id: str) -> tuple[bytes, ...] | None:
        """All page results in the order of `pages` once the operation has succeeded, else None."""
        return await self._reader.run(
            partial(questions.page_bodies, operation_id=operation_id, expired=self._expired())
        )

    async def input(self, operation_id: str) -> bytes | Path | None:
        """The document, as bytes or as the file they are in; None when the operation has ended or is not found."""
        found = await self._reader.run(partial(questions.document, operation_id=operation_id))
        return self._blobs.path(found) if isinstance(found, str) else found

    async def claim(self, lease_seconds: float, beside: frozenset[str] = frozenset()) -> PageClaim | None:
        """The page whose turn it is; None when there is none to take now."""
        lease = _at_most_longest(lease_seconds)
        # Before the question: whatever is accepted from here on either answers it or sets the event again.
        self._fresh.clear()
        take = partial(
            tables.claim,
            holder=self._presence.name,
            now=self._clock(),
            lease_seconds=lease,
            attempts_allowed=self._allowed,
            beside=beside,
        )
        return await self._writer.run(take)

    async def renew(self, claim: PageClaim, lease_seconds: float) -> bool:
        """Hold the page for `lease_seconds` from now. False when it is no longer this holder's."""
        until = self._clock() + _at_most_longest(lease_seconds)
        return await self._writer.run(partial(tables.renew, mine=claim, until=until))

    async def complete(self, claim: PageClaim, body: bytes) -> Kept:
        """Keep the page's result; the last page publishes the operation. STALE when the claim is."""
        keep = partial(tables.complete, mine=claim, body=body, now=self._clock())
        outcome = await self._writer.run(keep, len(body))
        self._fresh.set()  # a page that waited to be alone may be taken
        if isinstance(outcome, tables.Ended):
            await self._delete_blob(outcome.blob)
            return Kept.PUBLISHED
        return Kept.TAKEN if outcome else Kept.STALE

    async def give_back(self, claim: PageClaim) -> bool:
        """Let another take the page at once; the attempt does not count. False when the claim is stale."""
        given = await self._writer.run(partial(tables.give_back, mine=claim))
        self._fresh.set()
        return given

    async def try_again(self, claim: PageClaim, after_seconds: float) -> bool:
        """Offer the page again in `after_seconds`, or fail the operation if the attempt was the last."""
        if claim.attempt >= self._allowed:
            await self.fail(claim)
            return False
        until = self._clock() + _at_most_longest(after_seconds)
        postponed = await self._writer.run(partial(tables.postpone, mine=claim, until=until))
        self._fresh.set()
        return postponed

    async def fail(self, claim: PageClaim) -> bool:
        """End the operation as failed. False when the claim is stale."""
        ended = await self._writer.run(partial(tables.fail, mine=claim, now=self._clock()))
        if ended:
            await self._delete_blob(ended.blob)
        self._fresh.set()
        return ended is not None

    async def wait_for_work(self, seconds: float) -> None:
        """Return when a page may have become claimable since the last `claim`, or after `seconds`.

        What another process accepts is not noticed: that process reads it, or the next look does.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._fresh.wait()

    async def sweep(self) -> Swept:
        """Remove what expired, give up pages whose last attempt lapsed, free what dead processes held."""
        await self._release_departed()
        lost = await self._writer.run(partial(sweeping.give_up, now=self._clock(), attempts_allowed=self._allowed))
        for operation in lost:
            await self._delete_blob(operation.blob)
        expired = 0
        while some := await self._writer.run(partial(sweeping.expire, ended_before=self._expired())):
            expired += some
        await self._writer.run(turns.forget)
        for _ in range(_SHRINKS_A_SWEEP):
            if not await self._writer.run(sweeping.shrink):
                break
        names = await self._in_files(self._blobs.names)
        referenced = await self._reader.run(questions.referenced_blobs)
        orphans = await self._in_files(partial(self._orphans.delete, names, referenced))
        return Swept(expired, tuple(operation.id for operation in lost), orphans)

    async def counts(self) -> Counts:
        """How much there is to do."""
        return await self._reader.run(partial(questions.counts, now=self._clock()))

    async def backlog(self) -> Backlog:
        """Who waits."""
        return await self._reader.run(partial(questions.backlog, now=self._clock()))

    def _expired(self) -> float:
        """What ended at this time or before is not found any more, whether swept already or not."""
        return self._clock() - self._retention

    async def _placed(self, document: bytes | Path) -> tuple[str | None, bytes | None]:
        """The name of the file it is in by now, or what goes into the database."""
        if isinstance(document, Path):
            return await self._in_files(partial(self._blobs.adopt, document)), None
        if len(document) > INLINE_BYTES:
            return await self._in_files(partial(self._blobs.put, document)), None
        return None, document

    def _check_room(self, incoming: int) -> None:
        try:
            self._watermark.check(self._folder, incoming)
        except OSError as fault:
            raise StoreUnavailableError(f"The data folder does not answer ({type(fault).__name__}).") from fault

    async def _release_departed(self) -> None:
        holders = await self._reader.run(questions.holders)
        departed = await self._in_files(partial(self._presence.departed, holders))
        if departed:
            await self._writer.run(partial(sweeping.release, departed=departed))
            self._fresh.set()

    async def _delete_blob(self, name: str | None) -> None:
        if name:
            await self._in_files(partial(self._blobs.delete, name))

    async def _in_files(self, work: Callable[[], Result]) -> Result:
        """Run file work on its own threads: a large write never keeps a poll waiting."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._files, work)
        except OSError as fault:
            raise StoreUnavailableError(f"The data folder does not answer ({type(fault).__name__}).") from fault


def _at_most_longest(seconds: float) -> float:
    if not 0 < seconds <= LONGEST_LEASE_SECONDS:
        raise ValueError(f"a lease or pause lasts above 0 and at most {LONGEST_LEASE_SECONDS:.0f} seconds")
    return seconds
