"""Reads accepted pages, a few at a time, by their owners' turns.

The runner knows neither documents nor models: `read_page` turns a page into the bytes to be kept. It
claims a page only when it can start it at once, so others find the queue as it is, and the engines' own
line is never filled with what may wait here.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from readstone.domain.stages import Stage, stage
from readstone.operations.errors import NoRoomError, PageUnreadableError, StoreUnavailableError
from readstone.operations.operation import Kept, Operation, PageClaim
from readstone.operations.store import OperationStore
from readstone.operations.witness import NOBODY, Witness

_log = logging.getLogger("readstone.operations")

Result = TypeVar("Result")

ReadPage = Callable[[Operation, int], Awaitable[bytes]]
"""Reads the page with that original number. Raises PageUnreadableError when it never will be read,
NoRoomError when there is no free worker now, StoreUnavailableError when its document is out of reach: these are
tried again until it can be read. Anything else counts as a failed attempt."""

_RENEWALS_A_LEASE = 4
_NO_ROOM_SECONDS = 0.2
_STORE_AWAY_SECONDS = 1.0
# While all slots are taken, other owners are asked for at news alone, and not more often than this when they had
# nothing. Whatever comes by without news, a page that ends finds it, and in the end a look now and then.
_ASK_SECONDS = 0.25
_QUIET_POLLS = 10


class Runner:
    """Keeps up to `jobs` pages in work, and beside these one of an owner who has none among them.

    So a single page does not wait until a page of another's long document is done.

    `lease_seconds`: how long a page is held, renewed four times as often. `poll_seconds`: how long an idle
    runner waits for word of new work before it looks by itself. `page_seconds`: how long one page may take.
    `retry_seconds`: the pause before a page's next attempt, times the attempts so far. `witness` is told of it all.
    """

    def __init__(
        self,
        store: OperationStore,
        read_page: ReadPage,
        jobs: int,
        *,
        lease_seconds: float = 60.0,
        poll_seconds: float = 1.0,
        page_seconds: float = 600.0,
        retry_seconds: float = 2.0,
        witness: Witness = NOBODY,
    ) -> None:
        if jobs < 1:
            raise ValueError("a runner needs a job to do at a time")
        self._store = store
        self._read_page = read_page
        self._most = jobs
        self._lease = lease_seconds
        self._poll = poll_seconds
        self._page_seconds = page_seconds
        self._retry = retry_seconds
        self._witness = witness
        self._stopping = asyncio.Event()
        self._jobs: dict[asyncio.Task[None], PageClaim] = {}
        self._ended = asyncio.Event()  # a page is in work no more
        self._told: set[PageClaim] = set()  # read no more, and the store is being told
        self._in_vain: tuple[frozenset[str], float] = frozenset(), 0.0  # beside whom nobody had anything, and when
        self._dispatcher: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to claim pages."""
        self._dispatcher = asyncio.create_task(self._dispatch())

    async def stop(self, grace_seconds: float = 30.0) -> None:
        """Claim nothing more, let running pages end for up to `grace_seconds`, give back the others."""
        self._stopping.set()
        if self._jobs:
            await asyncio.wait(self._jobs, timeout=grace_seconds)
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)
        if self._dispatcher:
            await self._dispatcher

    # --- claiming ------------------------------------------------------------------------------------

    async def _dispatch(self) -> None:
        others = False  # whether owners who have nothing in work may have a page waiting
        while not self._stopping.is_set():
            self._ended.clear()
            if len(self._jobs) < self._most:
                claim = await self._next()
                if claim is None:
                    await self._unless_stopped(self._store.wait_for_work(self._poll))
                else:
                    # Of a single owner they all are; where there is a second one, there may be a third.
                    others |= claim.operation.owner not in self._in_vain[0]
                    self._begin(claim)
            elif len(self._jobs) > self._most:
                await self._unless_stopped(self._ended.wait())
            elif others:
                others = await self._one_beside()
            else:
                others = await self._news()

    def _begin(self, claim: PageClaim) -> None:
        job = asyncio.create_task(self._work(claim))
        self._jobs[job] = claim
        job.add_done_callback(self._end)

    def _end(self, job: asyncio.Task[None]) -> None:
        self._told.discard(self._jobs.pop(job))
        self._ended.set()
        if not job.cancelled() and (fault := job.exception()):
            _log.error("a page job broke; its lease will lapse", exc_info=fault)

    async def _one_beside(self) -> bool:
        """Take a page of an owner who has none in work. Whether to try again: there was no time for it."""
        asked_before = asyncio.get_running_loop().time() - self._in_vain[1]
        if asked_before < _ASK_SECONDS:
            await self._unless_stopped(asyncio.sleep(_ASK_SECONDS - asked_before), self._ended.wait())
            return True
        owners = frozenset(claim.operation.owner for claim in self._jobs.values())
        if claim := await self._next(owners):
            self._begin(claim)
        else:
            self._in_vain = owners, asyncio.get_running_loop().time()
        return False

    async def _news(self) -> bool:
        """Wait for word that other owners may have a page waiting (True), or for the end of a page in work."""
        await self._unless_stopped(self._store.wait_for_work(_QUIET_POLLS * self._poll), self._ended.wait())
        if self._told:
            # It may be word of what ends here, and then there is a slot in a moment.
            await self._unless_stopped(asyncio.sleep(_ASK_SECONDS), self._ended.wait())
        return not self._ended.is_set()

    async def _next(self, beside: frozenset[str] = frozenset()) -> PageClaim | None:
        """A page to be read now, of another owner than these; None when there is none, or the runner stops."""
        while not self._stopping.is_set():
            try:
                claim = await self._store.claim(self._lease, beside)
                if claim is None or not self._stopping.is_set():
                    return claim
                await self._store.give_back(claim)
            except StoreUnavailableError as fault:
                _log.warning("no page can be claimed: %s", fault)
                await self._unless_stopped(asyncio.sleep(_STORE_AWAY_SECONDS))
            except Exception:
                # A runner that ends while the server accepts would be worse than any single fault.
                _log.exception("claiming a page failed")
                await self._unless_stopped(asyncio.sleep(_STORE_AWAY_SECONDS))
        return None

    async def _unless_stopped(self, *waits: Coroutine[Any, Any, object]) -> None:
        """Until the first of these is over, or the runner stops."""
        tasks = [asyncio.create_task(wait) for wait in (*waits, self._stopping.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # --- one page ------------------------------------------------------------------------------------

    async def _work(self, claim: PageClaim) -> None:
        with self._witness.page(claim):
            await self._see_through(claim)

    async def _see_through(self, claim: PageClaim) -> None:
        try:
            await self._keep(claim, await self._while_held(claim, self._read(claim)))
        except asyncio.CancelledError:
            await self._tell(self._store.give_back(claim))
            raise
        except _LeaseLostError:
            _log.warning("operation %s page %d: the lease was lost", claim.operation.id, claim.page)
        except PageUnreadableError as fault:
            _log.info("operation %s failed: page %d: %s", claim.operation.id, claim.page, fault)
            if await self._tell(self._store.fail(claim)):
                await self._bear_witness(claim)
        except StoreUnavailableError as fault:
            # Where the documents lie does not answer, for this page as little as for any other: no fault of its own.
            _log.warning("operation %s page %d waits: %s", claim.operation.id, claim.page, fault)
            await self._unless_stopped(asyncio.sleep(_STORE_AWAY_SECONDS))
            await self._tell(self._store.give_back(claim))
        except Exception as fault:
            # Class and place only: a message may quote the document.
            place = traceback.extract_tb(fault.__traceback__)[-1]
            _log.warning(
                "operation %s page %d, attempt %d: %s in %s, %s line %d",
                claim.operation.id,
                claim.page,
                claim.attempt,
                type(fault).__name__,
                place.name,
                Path(place.filename).name,
                place.lineno or 0,
            )
            if await self._tell(self._store.try_again(claim, self._retry * claim.attempt)) is False:
                _log.error("operation %s failed: page %d, no attempt left", claim.operation.id, claim.page)
                await self._bear_witness(claim)

    async def _read(self, claim: PageClaim) -> bytes:
        async with asyncio.timeout(self._page_seconds):
            while True:
                try:
                    return await self._read_page(claim.operation, claim.page)
                except NoRoomError:
                    await asyncio.sleep(_NO_ROOM_SECONDS)

    async def _while_held(self, claim: PageClaim, work: Coroutine[Any, Any, Result]) -> Result:
        """`work`'s result. Raises _LeaseLostError, and drops the work, when the page is no longer ours."""
        working = asyncio.create_task(work)
        holding = asyncio.create_task(self._hold(claim))
        try:
            await asyncio.wait((working, holding), return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                return working.result()
            raise _LeaseLostError
        finally:
            self._told.add(claim)
            for task in (working, holding):
                task.cancel()
            await asyncio.gather(working, holding, return_exceptions=True)

    async def _hold(self, claim: PageClaim) -> None:
        """Renew the lease until it is lost."""
        while True:
            await asyncio.sleep(self._lease / _RENEWALS_A_LEASE)
            try:
                if not await self._store.renew(claim, self._lease):
                    return
            except StoreUnavailableError as fault:
                _log.warning("a lease cannot be renewed: %s", fault)

    async def _keep(self, claim: PageClaim, body: bytes) -> None:
        """Store the result; while the storage is away, hold on to it: reading it again would cost more."""
        while True:
            try:
                with stage(Stage.PUBLISH, "store"):
                    kept = await self._store.complete(claim, body)
                if not kept:
                    _log.warning("operation %s page %d: read by another too", claim.operation.id, claim.page)
                elif kept == Kept.PUBLISHED:
                    await self._bear_witness(claim)
                return
            except StoreUnavailableError as fault:
                _log.warning("a page's result cannot be stored: %s", fault)
                if self._stopping.is_set():
                    await self._tell(self._store.give_back(claim))
                    return
                await self._unless_stopped(asyncio.sleep(_STORE_AWAY_SECONDS))

    async def _bear_witness(self, claim: PageClaim) -> None:
        """Say that the operation has ended, as the store has it: its clock is the one that counts."""
        operation = await self._tell(self._store.find(claim.operation.id))
        if operation and operation.state.ended:
            self._witness.ended(operation)

    async def _tell(self, message: Coroutine[Any, Any, Result]) -> Result | None:
        """Tell the store what became of a page. If it does not answer (None), the lease will lapse."""
        try:
            return await message
        except StoreUnavailableError as fault:
            _log.warning("what became of a page cannot be stored: %s", fault)
            return None


class _LeaseLostError(Exception):
    """Another holds the page now, or its operation has ended."""
