"""Whether one more document may join those that wait: bounds on how many pages, of one key and in all, and how long.

Who waits is sampled once a second, and again before somebody is refused; in between, what this process accepted
counts on top. So several processes together may pass a bound by what they accept within a second, and each by the one
document it is accepting: a document longer than a bound is not refused for ever.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from readstone.domain.refusals import Reason, Refusal
from readstone.operations.store import Backlog

_FRESH_SECONDS = 1.0
_FRESH_SECONDS_TO_REFUSE = 0.1
_COST_SHARE = 20
"""A sample that took long is good for so many times as long: sampling never takes more than a twentieth."""

_SHORTEST, _UNKNOWN, _LONGEST = 1, 10, 60


@dataclass(frozen=True, slots=True)
class Bounds:
    """Pages waiting in all, pages waiting of one key, seconds that the oldest may have waited. None: no bound."""

    pages: int | None = None
    pages_per_key: int | None = None
    seconds: float | None = None


class Admission:
    """Keeps to `bounds`; `ask` samples who waits (`OperationStore.backlog`). For one event loop."""

    def __init__(
        self, ask: Callable[[], Awaitable[Backlog]], bounds: Bounds, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._bounds = bounds
        self._clock = clock
        self._backlog = Backlog()
        self._since: Counter[str] = Counter()
        self._sampled = -math.inf
        self._took = 0.0
        self._pages_a_second = 0.0
        self._sampling: asyncio.Task[None] | None = None

    async def check(self, owner: str) -> None:
        """Refuse a document of `owner` when a bound is reached.

        Its own bound is a 429, like every limit of a key; a bound of all is a 503, as with a store that is full:
        the caller has done nothing too much. Raises StoreUnavailableError when there is no sample to be had.
        """
        if self._bounds == Bounds():
            return
        await self._fresh(_FRESH_SECONDS)
        if self._judged(owner):
            await self._fresh(_FRESH_SECONDS_TO_REFUSE)
            if refusal := self._judged(owner):
                raise refusal

    def accepted(self, owner: str, pages: int) -> None:
        """A document of `owner` joined."""
        self._since[owner] += pages

    def _judged(self, owner: str) -> Refusal | None:
        bounds = self._bounds
        waiting = self._backlog.pages + self._since.total()
        if bounds.pages is not None and waiting >= bounds.pages:
            return Refusal(
                Reason.UNAVAILABLE,
                "Too many documents are waiting to be read.",
                retry_after=self._seconds_for(waiting - bounds.pages + 1),
            )
        if bounds.seconds is not None and self._backlog.oldest_seconds >= bounds.seconds:
            longer = math.ceil(self._backlog.oldest_seconds - bounds.seconds)
            return Refusal(
                Reason.UNAVAILABLE,
                "Documents have been waiting for too long.",
                retry_after=min(max(longer, _UNKNOWN), _LONGEST),
            )
        mine = self._backlog.waiting.get(owner, 0) + self._since[owner]
        if bounds.pages_per_key is not None and mine >= bounds.pages_per_key:
            return Refusal(
                Reason.TOO_MANY_REQUESTS,
                "Too many pages of this key are waiting to be read.",
                retry_after=self._seconds_for(mine - bounds.pages_per_key + 1),
                bound="waiting",
            )
        return None

    async def _fresh(self, seconds: float) -> None:
        """Have a sample that is not older than that, or the one under way: everybody waits for the same."""
        if self._clock() < self._sampled + max(seconds, _COST_SHARE * self._took):
            return
        if self._sampling is None or self._sampling.done():
            self._sampling = asyncio.create_task(self._sample())
            self._sampling.add_done_callback(lambda done: done.cancelled() or done.exception())  # all may have left
        await asyncio.shield(self._sampling)

    async def _sample(self) -> None:
        before, counted = self._backlog.pages + self._since.total(), self._since
        # What is accepted while the store is asked may be in the sample or not: it counts on top of it.
        self._since = Counter()
        began = self._clock()
        try:
            backlog = await self._ask()
        except BaseException:
            self._since += counted
            raise
        passed = began - self._sampled
        if 0 < passed < _LONGEST:
            self._pages_a_second = max(0.0, before - backlog.pages) / passed
        self._backlog, self._sampled, self._took = backlog, began, self._clock() - began

    def _seconds_for(self, pages: int) -> int:
        """Until so many pages are read, at the pace of late."""
        if self._pages_a_second <= 0:
            return _UNKNOWN
        return min(max(math.ceil(pages / self._pages_a_second), _SHORTEST), _LONGEST)
