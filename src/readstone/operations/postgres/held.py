"""What this process holds, and what it may hold without knowing: a claim whose answer got lost.

Without more, such a page would wait for its lease to lapse, and an attempt would count that nobody made.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from readstone.operations.errors import StoreUnavailableError
from readstone.operations.operation import PageClaim
from readstone.operations.store import LONGEST_LEASE_SECONDS

Disown = Callable[[list[tuple[str, int]]], Awaitable[None]]
"""Gives back what this process holds beside these pages (operation id and position)."""


class Held:
    """The pages in work here."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, int], int] = {}
        self._claiming = 0
        self._settled = asyncio.Event()
        self._settled.set()
        self._doubt_until = 0.0
        self._trouble = False
        self._calm_from = 0.0

    @asynccontextmanager
    async def claiming(self, lease_seconds: float) -> AsyncIterator[None]:
        """Around a claim, to be followed by `add` within when it brought a page."""
        await self._settled.wait()
        self._claiming += 1
        try:
            yield
        except StoreUnavailableError:
            # Also a query that a stopped server reads much later takes a page then.
            self._doubt_until = time.monotonic() + LONGEST_LEASE_SECONDS
            self._trouble = True
            raise
        finally:
            self._claiming -= 1
        if self._trouble:
            self._trouble = False
            self._calm_from = time.monotonic() + lease_seconds / 2

    @property
    def calm(self) -> bool:
        """Whether a lapsed lease means something: right after an outage nobody could have renewed it."""
        return not self._trouble and time.monotonic() >= self._calm_from

    def add(self, claim: PageClaim) -> None:
        """It is held from now on."""
        self._pages[claim.operation.id, claim.position] = claim.fence

    def drop(self, claim: PageClaim) -> None:
        """It is held no more."""
        key = claim.operation.id, claim.position
        if self._pages.get(key) == claim.fence:
            del self._pages[key]

    async def settle(self, disown: Disown) -> None:
        """Give back what is held without knowing, if that may be. Raises as `disown`."""
        if time.monotonic() >= self._doubt_until or self._claiming or not self._settled.is_set():
            return
        self._settled.clear()
        try:
            await disown(list(self._pages))
        finally:
            self._settled.set()
