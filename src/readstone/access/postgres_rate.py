"""The windows of all processes, in the database; without it each process for itself, until it is back.

A limiter must not be what takes the service down: while the database is away, or slower than a caller should
wait for being counted, every process holds its callers to the limit by what it has seen itself.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial

from readstone.access.rate import Rates
from readstone.access.rate_window import OwnLimiter
from readstone.operations.errors import StoreUnavailableError
from readstone.operations.postgres.connection import Connection, Connections

_log = logging.getLogger("readstone.access")

_ANSWER_SECONDS = 1.0
_ASK_AGAIN_SECONDS = 2.0


class SharedLimiter:
    """See `Limiter`; one round trip a call. The connections are their owner's to open and close.

    `moment` replaces the database's clock in tests (UTC seconds).
    """

    def __init__(self, connections: Connections, moment: Callable[[], float] | None = None) -> None:
        self._connections = connections
        self._own = OwnLimiter()
        self._moment = moment
        self._away_until: float | None = None

    @property
    def away(self) -> bool:
        """Whether this process limits by what it has seen itself."""
        return self._away_until is not None

    async def admit(self, owner: str, rates: Rates) -> float:
        """See `Limiter.admit`."""
        if self._away_until is not None:
            if time.monotonic() < self._away_until:
                return await self._own.admit(owner, rates)
            self._away_until = time.monotonic() + _ASK_AGAIN_SECONDS  # this call asks, the others need not wait for it
        ask = partial(_admit, owner=owner, rates=rates, moment=self._moment() if self._moment else None)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):  # finding a connection included
                wait = await self._connections.run(ask, _ANSWER_SECONDS)
        except (StoreUnavailableError, TimeoutError) as fault:
            if self._away_until is None:
                _log.warning("rate limits are kept by each process for itself: %s", fault or "no answer in time")
            self._away_until = time.monotonic() + _ASK_AGAIN_SECONDS
            return await self._own.admit(owner, rates)
        if self._away_until is not None:
            self._away_until = None
            _log.info("rate limits are shared again")
        return wait


async def _admit(connection: Connection, owner: str, rates: Rates, moment: float | None) -> float:
    cursor = await connection.execute(
        "SELECT admit_call(%s, %s::integer[], %s::integer[], %s)",
        (owner, [rate.calls for rate in rates], [rate.seconds for rate in rates], moment),
    )
    row = await cursor.fetchone()
    return float(row[0]) if row else 0.0
