"""Limits and usage of one server, put together as its settings say: on this machine, or in the shared database."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from readstone.access.keys import KeyFile
from readstone.access.rate import Limiter, RateLimits, Rates, parse_rates
from readstone.access.rate_window import OwnLimiter
from readstone.access.usage import Usage, UsageBook, UsageStore
from readstone.access.usage_file import UsageFile

if TYPE_CHECKING:
    from readstone.operations.postgres.connection import Connections

_CONNECTIONS = 4
"""Apart from those of the store: to be counted, nobody waits behind an upload."""

_SECONDS = 3.0
"""Usage that cannot be kept in that time is kept later, and a server that stops does not wait for it for long."""


class Metering:
    """What keys may do and have done. `rate` as `parse_rates` reads it; `keys` know their own limits and names.

    With the URL of a `database` both are those of all its processes, without it those of `data_dir`.
    """

    def __init__(self, data_dir: Path, keys: KeyFile, rate: str | None, database: str | None = None) -> None:
        self._keys = keys
        self._connections: Connections | None = None
        limiter: Limiter
        store: UsageStore
        if database is None:
            limiter, store = OwnLimiter(), UsageFile(data_dir / "usage.db")
        else:
            from readstone.access.postgres_rate import SharedLimiter
            from readstone.access.postgres_usage import SharedUsage
            from readstone.operations.postgres.connection import Connections

            self._connections = Connections(database, _CONNECTIONS, _SECONDS)
            limiter, store = SharedLimiter(self._connections), SharedUsage(self._connections)
        self.rates = RateLimits(limiter, parse_rates(rate) if rate else (), self._own_rates)
        self.usage = UsageBook(store, self._name)

    def sees(self, owner: str) -> str | None:
        """Whose usage the key may look at: its own, or everybody's (None)."""
        record = self._keys.record(owner)
        return None if record and record.admin else owner

    async def open(self) -> None:
        """Connect, and begin to keep usage."""
        if self._connections:
            await self._connections.open()
        self.usage.start()

    async def look(self, first: date, last: date) -> tuple[Usage, ...]:
        """What all keys used, in place of `open` and `close`: for a command that runs beside the servers."""
        try:
            if self._connections:
                await self._connections.open()
            return await self.usage.rows(first, last, None)
        finally:
            if self._connections:
                await self._connections.close()

    async def close(self) -> None:
        """Keep the rest of the usage, and let go."""
        await self.usage.stop()
        if self._connections:
            await self._connections.close()

    def _own_rates(self, owner: str) -> Rates | None:
        record = self._keys.record(owner)
        return parse_rates(record.rate) if record and record.rate else None

    def _name(self, owner: str) -> str:
        record = self._keys.record(owner)
        return record.name if record else ""
