"""What each key used on each day (UTC): counted in memory, added to what is kept every few seconds.

A process that is killed loses what it counted since the last time, `FLUSH_SECONDS` at most; one that is stopped
loses nothing. When the storage breaks while it adds, it may have done so all the same, and that much counts twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from readstone.operations.errors import StoreUnavailableError

_log = logging.getLogger("readstone.access")

FLUSH_SECONDS = 5.0
KEPT_DAYS = 400


@dataclass(frozen=True, slots=True)
class Usage:
    """What the key with fingerprint `owner` did on `day` with one operation of one version.

    `name` is what the key was made for. `calls`: all that came in with the key, whatever the answer; `refused`: those
    of them that were answered 429 or 503; `pages`: pages accepted to be read later, pages read, and images seen.
    """

    day: date
    owner: str
    name: str
    version: str
    operation: str
    calls: int
    pages: int
    refused: int


class UsageStore(Protocol):
    """Where usage is kept. Methods raise StoreUnavailableError."""

    async def add(self, rows: Sequence[Usage]) -> None:
        """Add to what is kept of the same day, owner, version and operation; all of them or none."""
        ...

    async def rows(self, first: date, last: date, owner: str | None) -> tuple[Usage, ...]:
        """What is kept of those days, both included, of one owner or of all, in order."""
        ...

    async def forget(self, before: date) -> None:
        """Remove older days."""
        ...


@dataclass(slots=True)
class _Tally:
    calls: int = 0
    pages: int = 0
    refused: int = 0


_What = tuple[date, str, str, str]


def today() -> date:
    """The day now, in UTC."""
    return datetime.now(UTC).date()


class UsageBook:
    """Counts; `name_of` tells a key's name by its fingerprint. For one event loop."""

    def __init__(self, store: UsageStore, name_of: Callable[[str], str], day: Callable[[], date] = today) -> None:
        self._store = store
        self._name_of = name_of
        self._today = day
        self._tallies: dict[_What, _Tally] = {}
        self._adding = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._forgotten: date | None = None
        self._away = False

    def count(self, owner: str, version: str, operation: str, *, pages: int, refused: bool) -> None:
        """One call."""
        tally = self._tallies.setdefault((self._today(), owner, version, operation), _Tally())
        tally.calls += 1
        tally.pages += pages
        tally.refused += refused

    async def rows(self, first: date, last: date, owner: str | None) -> tuple[Usage, ...]:
        """What was used, with all that this process has counted. Raises StoreUnavailableError."""
        await self._add()
        return await self._store.rows(first, last, owner)

    def start(self) -> None:
        """Begin to keep what is counted."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Keep the rest."""
        self._stopping.set()
        if self._task:
            await self._task

    async def _run(self) -> None:
        while not self._stopping.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_SECONDS):
                    await self._stopping.wait()
            await self._keep()
        await self._keep()  # what was counted while the last was being kept

    async def _keep(self) -> None:
        """Add, and forget once a day. What cannot be kept now is kept the next time."""
        try:
            await self._add()
            if self._forgotten != self._today():
                await self._store.forget(self._today() - timedelta(days=KEPT_DAYS))
                self._forgotten = self._today()
        except StoreUnavailableError as fault:
            if not self._away:
                _log.warning("usage cannot be kept at the moment: %s", fault)
            self._away = True
        except Exception:
            # Counting must go on being done, and must never end the server.
            _log.exception("keeping usage failed")
        else:
            self._away = False

    async def _add(self) -> None:
        async with self._adding:
            counted, self._tallies = self._tallies, {}
            if not counted:
                return
            # In one order for all processes, so that no two wait for each other.
            rows = [
                Usage(day, owner, self._name_of(owner), version, operation, tally.calls, tally.pages, tally.refused)
                for (day, owner, version, operation), tally in sorted(counted.items(), key=lambda item: item[0])
            ]
            try:
                await self._store.add(rows)
            except BaseException:
                self._take_back(counted)
                raise

    def _take_back(self, counted: dict[_What, _Tally]) -> None:
        for what, tally in counted.items():
            mine = self._tallies.setdefault(what, _Tally())
            mine.calls += tally.calls
            mine.pages += tally.pages
            mine.refused += tally.refused
