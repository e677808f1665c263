"""This process among the others: Procrastinate's registration and heartbeats, and its word that there is new work."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

import psycopg
from procrastinate.manager import get_channel_for_queues
from psycopg import sql

from readstone.operations.errors import StoreUnavailableError
from readstone.operations.postgres.connection import SECONDS, Connection, Connections, Deadline, connect

_log = logging.getLogger("readstone.operations")

QUEUE = "readstone"
"""Procrastinate's queue of pages; `readstone_alone` is that of pages to be read alone."""

_AGAIN_SECONDS = 1.0
_LISTEN_SECONDS = 15.0

LISTENERS = 64
"""Among more processes than these nobody listens: each word of new work would have all idle ones look, and the database
would do little else (docs/scaling.md). Then each looks once a second by itself."""


class Presence:
    """Shows every `heartbeat_seconds` that this process lives, and listens while there are few.

    A process without a sign for `stale_seconds` counts as dead. `fresh` is set when a page may be waiting.
    """

    def __init__(
        self, url: str, connections: Connections, fresh: asyncio.Event, heartbeat_seconds: float, stale_seconds: float
    ) -> None:
        self._url = url
        self._connections = connections
        self._fresh = fresh
        self._heartbeat = heartbeat_seconds
        self._stale = stale_seconds
        self._since: float | None = None
        self._listening = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.id = 0
        """What a lease's `holder` says."""

    async def arrive(self) -> None:
        """Register. Raises StoreUnavailableError."""
        self.id = await self._connections.run(_arrive)
        self._since = time.monotonic()

    async def start(self) -> None:
        """Begin to show signs of life, and to listen; on return it does, if the database lets it."""
        self._tasks = [asyncio.create_task(self._beat()), asyncio.create_task(self._listen())]
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS):
                await self._listening.wait()

    async def leave(self) -> None:
        """Unregister; what this process still holds is for others to take at once."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.id:
            with suppress(StoreUnavailableError):
                await self._connections.run(lambda connection: _call(connection, b"SELECT leave(%s)", self.id))

    @property
    def stale_seconds(self) -> float | None:
        """How old a sign of life may be; None while we cannot know, having been without the database ourselves.

        Right after an outage all signs are old: nobody could give one.
        """
        knows = self._since is not None and time.monotonic() - self._since >= self._stale
        return self._stale if knows else None

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._heartbeat)
            try:
                if not await self._connections.run(lambda connection: _call(connection, b"SELECT beat(%s)", self.id)):
                    _log.warning("this process was taken for dead; it registers anew")
                    await self.arrive()
                elif self._since is None:
                    self._since = time.monotonic()
            except StoreUnavailableError as fault:
                self._since = None
                _log.warning("no sign of life: %s", fault)
            except Exception:
                # Without signs of life this process would be taken for dead, again and again.
                _log.exception("a sign of life failed")

    async def _listen(self) -> None:
        while True:
            with suppress(psycopg.Error, OSError):
                await self._listen_once()
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _listen_once(self) -> None:
        connection = await connect(self._url)
        try:
            while True:
                with Deadline(connection, SECONDS):
                    processes = await _call(connection, b"SELECT count(*) FROM procrastinate_workers")
                    for channel in get_channel_for_queues([QUEUE]):
                        hear = sql.SQL("LISTEN {}" if int(str(processes)) <= LISTENERS else "UNLISTEN {}")
                        await connection.execute(hear.format(sql.Identifier(channel)))
                if not self._listening.is_set():
                    self._fresh.set()  # whatever came meanwhile was not heard
                    self._listening.set()
                async for _ in connection.notifies(timeout=_LISTEN_SECONDS):
                    self._fresh.set()
        finally:
            self._listening.clear()
            await connection.close()


async def _arrive(connection: Connection) -> int:
    return int(str(await _call(connection, b"SELECT arrive()")))


async def _call(connection: Connection, query: bytes, *values: object) -> object:
    row = await (await connection.execute(query, values)).fetchone()
    return row[0] if row else None
