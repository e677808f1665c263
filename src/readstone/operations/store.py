"""What every operation store promises. One suite of contract tests holds for all of them.

Accepted means on stable storage. One owner's pages are handed out in order of acceptance, the owners take
turns, and every page is handed out at least once; a result is taken once, from the last holder of its page; an
operation is published in the same transaction as its last page, and its results never change afterwards. An
unknown or expired id is not found, and nothing else is.

Every method may raise StoreUnavailableError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from readstone.operations.operation import Kept, NewOperation, Operation, PageClaim, State

LONGEST_LEASE_SECONDS = 300.0
"""No lease and no pause before another attempt is longer. A lease that seems to end later than this was
given before the clock was set back, and counts as lapsed; nobody waits an hour for it."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Pages waiting and pages being read; `oldest_queued_seconds` is the age of the first waiting page's operation.

    `operations` has the number of those that have not ended, by each state in which they may be.
    """

    queued: int
    running: int
    oldest_queued_seconds: float
    operations: Mapping[State, int]


@dataclass(frozen=True, slots=True)
class Backlog:
    """Pages waiting, by their operations' owner (no owner has 0), and the age of the oldest one's operation."""

    waiting: Mapping[str, int] = field(default_factory=dict)
    oldest_seconds: float = 0.0

    @property
    def pages(self) -> int:
        """Pages waiting in all."""
        return sum(self.waiting.values())


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did: operations expired, ids of operations given up, input files without an operation removed."""

    expired: int = 0
    failed: tuple[str, ...] = ()
    orphans: int = 0


class OperationStore(Protocol):
    """Where operations live. Methods are for one event loop; several processes may share the storage."""

    async def open(self) -> None:
        """Make ready. Raises StoreUnusableError when a person must change something first."""
        ...

    async def close(self) -> None:
        """Finish what was begun and let go. Later calls raise StoreUnavailableError."""
        ...

    async def accept(self, new: NewOperation) -> Operation:
        """Keep a document; on return it survives a kill and a power cut. Raises StoreFullError.

        An input given as a file may lie elsewhere afterwards, also when this raises.
        """
        ...

    async def find(self, operation_id: str) -> Operation | None:
        """The operation, or None when the id is unknown or expired."""
        ...

    async def page_bodies(self, operation_id: str) -> tuple[bytes, ...] | None:
        """All page results in the order of `pages` once the operation has succeeded, else None."""
        ...

    async def input(self, operation_id: str) -> bytes | Path | None:
        """The document, as bytes or as the file they are in; None when the operation has ended or is not found."""
        ...

    async def claim(self, lease_seconds: float, beside: frozenset[str] = frozenset()) -> PageClaim | None:
        """The page whose turn it is, held for `lease_seconds`; None when there is none to take now.

        With `beside`: of the pages of other owners than these the one whose turn it is, and None without going
        through all that waits when those others have nothing waiting.

        Turns: an owner's pages in order of acceptance, and of owners who wait at the same time each gets as many
        as the other, a few pages more or less; for a page of an owner who had none waiting that means at once.
        A page that was being read when its process died is handed out alone: nothing else is until it is
        done. If it kills this process as well, no neighbour is counted down with it.
        Raises ValueError when the lease is not above 0 and at most LONGEST_LEASE_SECONDS.
        """
        ...

    async def renew(self, claim: PageClaim, lease_seconds: float) -> bool:
        """Hold the page for `lease_seconds` from now. False when it is no longer this holder's."""
        ...

    async def complete(self, claim: PageClaim, body: bytes) -> Kept:
        """Keep the page's result; the last page publishes the operation and deletes the input.

        STALE, and nothing changes, when the claim is stale or the operation has ended. Raises StoreFullError.
        """
        ...

    async def give_back(self, claim: PageClaim) -> bool:
        """Let another take the page at once; the attempt does not count. False when the claim is stale."""
        ...

    async def try_again(self, claim: PageClaim, after_seconds: float) -> bool:
        """The attempt failed: offer the page again in `after_seconds`, or fail the operation if it was the last.

        True when there will be another attempt; False when the operation failed or the claim is stale.
        """
        ...

    async def fail(self, claim: PageClaim) -> bool:
        """End the operation as failed. False when the claim is stale."""
        ...

    async def wait_for_work(self, seconds: float) -> None:
        """Return when a page may have become claimable since the last `claim`, or after `seconds`."""
        ...

    async def sweep(self) -> Swept:
        """Remove what expired, give up pages whose last attempt lapsed, free what dead processes held."""
        ...

    async def counts(self) -> Counts:
        """How much there is to do."""
        ...

    async def backlog(self) -> Backlog:
        """Who waits. May take as long as reading all waiting pages once: not to be asked at every request."""
        ...
