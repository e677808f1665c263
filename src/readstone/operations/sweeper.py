"""Sweeps the store now and then, and says in the log what was given up."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from readstone.operations.errors import StoreUnavailableError
from readstone.operations.store import OperationStore, Swept
from readstone.operations.witness import NOBODY, Witness

_log = logging.getLogger("readstone.operations")


class Sweeper:
    """Sweeps at the start and every `period_seconds`. `witness` is told of operations given up."""

    def __init__(self, store: OperationStore, period_seconds: float = 10.0, witness: Witness = NOBODY) -> None:
        self._store = store
        self._witness = witness
        self._period = period_seconds
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End, after the sweep under way: what it gave up is to be in the log."""
        self._stopping.set()
        if self._task:
            await self._task

    async def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                swept = await self._store.sweep()
                for operation_id in swept.failed:
                    _log.error("operation %s failed: its worker died at every attempt", operation_id)
                if swept.expired or swept.orphans:
                    _log.info("swept: %d operations expired, %d files removed", swept.expired, swept.orphans)
                await self._bear_witness(swept)
            except StoreUnavailableError as fault:
                _log.warning("no sweep: %s", fault)
            except Exception:
                # What a sweep does must go on being done.
                _log.exception("a sweep failed")
            with suppress(TimeoutError):
                async with asyncio.timeout(self._period):
                    await self._stopping.wait()

    async def _bear_witness(self, swept: Swept) -> None:
        for operation_id in swept.failed:
            operation = await self._store.find(operation_id)
            if operation:
                self._witness.ended(operation)
