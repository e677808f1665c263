"""Connections to the database, and what its errors mean to us. No call waits longer than it was allowed to.

A database that is gone refuses; one that is paused or cut off says nothing at all, and no time-out of its own
helps. So every piece of work has a deadline on this side, at which its connection is cut.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection, errors
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from readstone.operations.errors import StoreFullError, StoreUnavailableError

_log = logging.getLogger("readstone.operations")

# The pool warns at every attempt to connect, several times a second; whoever wanted something says so once.
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)

Result = TypeVar("Result")
Connection = AsyncConnection[tuple[Any, ...]]
Work = Callable[[Connection], Awaitable[Result]]

SCHEMA = "readstone"

SECONDS = 10.0
"""The longest that a caller waits for a piece of work, after at most half as long for a connection."""

_AWAY_SECONDS = 1.0  # so long for a connection while there is none to be had: who asks then is refused quickly

_ATTEMPTS = 3  # of work that was undone because two waited for each other; the order of locks should rule that out

_CONNECT: dict[str, Any] = {
    "connect_timeout": 5,
    # A machine that is gone is noticed in some 15 s, also by a connection that only listens.
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}

# What a session is to be. The server's own limits come before ours, so that what is given up here does not go on
# there; a transaction left open by a client that stopped must not keep its locks. A plan made for the short queue of
# a quiet hour is kept, and would read all of a long one at every claim: so only by index, whatever the statistics say.
_SESSION = {
    "search_path": SCHEMA,
    "application_name": "readstone",
    "statement_timeout": "60s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "15s",
    "jit": "off",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_sort": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}

# A commit that is not on the disk is no acceptance; what is stricter than that is the database's own choice.
_DURABLE = (
    "set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' "
    "ELSE current_setting('synchronous_commit') END, false)"
)
_SET_UP = f"SELECT {', '.join('set_config(%s, %s, false)' for _ in _SESSION)}, {_DURABLE}".encode()

# The storage's fault, not ours: to be answered with 503. Anything else is a programming error and stays one.
# The last are what a database says while it is being restored, or after a switch to a replica.
_STORAGE_FAULTS = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    errors.UndefinedTable,
    errors.UndefinedFunction,
    errors.InvalidSchemaName,
    errors.ReadOnlySqlTransaction,
)


class _CrossedError(StoreUnavailableError):
    """Two waited for each other, and the database chose this one to be undone."""


def translated(fault: psycopg.Error) -> Exception:
    """`fault` as callers of the store know it; no address, no password, no value."""
    if isinstance(fault, errors.DeadlockDetected):
        return _CrossedError("The operations database is busy.")
    if isinstance(fault, errors.DiskFull):
        return StoreFullError("The disk of the operations database is full.")
    if isinstance(fault, _STORAGE_FAULTS):
        return StoreUnavailableError(f"The operations database does not answer ({type(fault).__name__}).")
    return fault


async def connect(url: str) -> Connection:
    """A connection of its own, set up as those of `Connections` are. Raises psycopg.Error."""
    connection = await AsyncConnection.connect(url, autocommit=True, **_CONNECT)
    try:
        with Deadline(connection, SECONDS):
            await set_up(connection)
    except BaseException:
        await connection.close()
        raise
    return connection


async def set_up(connection: Connection) -> None:
    """Limits and search path of a new connection."""
    await connection.execute(_SET_UP, [part for setting in _SESSION.items() for part in setting])


class Deadline:
    """Cuts a connection when what happens within the block takes longer than `seconds`.

    Cancelling would not do: psycopg then asks the server to stop, and waits for it.
    """

    def __init__(self, connection: Connection, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> Deadline:
        self.extend()
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer:
            self._timer.cancel()

    def extend(self) -> None:
        """The time counts from now on: some of the work is done."""
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._cut)

    def _cut(self) -> None:
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(self._connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)


class Connections:
    """Up to `size` connections to `url`, made when needed and anew when broken; `seconds`: see SECONDS."""

    def __init__(self, url: str, size: int, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._away = False
        self._pool = AsyncConnectionPool(
            url,
            kwargs={"autocommit": True, **_CONNECT},
            min_size=1,
            max_size=size,
            open=False,
            configure=set_up,
            # Attempts come further and further apart until it gives up; then whoever asks next starts anew.
            reconnect_timeout=2.0,
            name="operations",
        )
        self._tasks: set[asyncio.Task[Any]] = set()
        self._checking: asyncio.Task[None] | None = None
        self.round_trips = 0
        """Pieces of work so far."""

    async def open(self) -> None:
        """Begin to connect."""
        await self._pool.open()

    async def close(self) -> None:
        """Finish what was begun and let go."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        if self._checking:
            self._checking.cancel()
            await asyncio.gather(self._checking, return_exceptions=True)
        await self._pool.close()

    async def run(self, work: Work[Result], seconds: float | None = None) -> Result:
        """Do `work` on a connection. Once begun it goes on to its end, also when the caller is cancelled.

        Raises StoreUnavailableError, StoreFullError; what happened then may be unknown, see `work`.
        """
        return await self.shielded(self._run(work, seconds))

    async def shielded(self, work: Coroutine[Any, Any, Result]) -> Result:
        """`work`, to its end: a caller that is cancelled leaves it going on, and `close` waits for it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return await asyncio.shield(task)

    @asynccontextmanager
    async def borrowed(self, seconds: float | None = None) -> AsyncIterator[tuple[Connection, Deadline]]:
        """A connection for the block, and the deadline, to be extended as it goes on. Raises as `run`."""
        try:
            async with self._pool.connection(_AWAY_SECONDS if self._away else self._seconds / 2) as connection:
                self._away = False
                self.round_trips += 1
                deadline = Deadline(connection, self._seconds if seconds is None else seconds)
                try:
                    with deadline:
                        yield connection, deadline
                finally:
                    if connection.closed:
                        self._check_all()
        except psycopg.Error as fault:
            self._away = isinstance(fault, PoolTimeout)
            raise translated(fault) from fault

    async def _run(self, work: Work[Result], seconds: float | None) -> Result:
        for _ in range(_ATTEMPTS - 1):
            with suppress(_CrossedError):
                return await self._run_once(work, seconds)
        return await self._run_once(work, seconds)

    async def _run_once(self, work: Work[Result], seconds: float | None) -> Result:
        async with self.borrowed(seconds) as (connection, _):
            return await work(connection)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # a caller that was cancelled does not ask for it

    def _check_all(self) -> None:
        """One connection broke: most likely all did, and each would cost a caller an error to find out."""
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._check())

    async def _check(self) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                await self._pool.check()
        except (TimeoutError, psycopg.Error) as fault:
            _log.debug("connections not checked: %s", type(fault).__name__)
