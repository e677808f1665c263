"""The one thread that writes to the database: whatever waits when it is free goes into one transaction.

A commit costs one wait for the disk, however much is in it. With one commit per document the disk's
latency is the limit; with group commit the limit grows with the load.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from readstone.operations.errors import StoreUnavailableError
from readstone.operations.sqlite_connection import commit, connect_for_writing, primary_code, translated

Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Result]
"""Changes within an open transaction. It may be run again if the transaction was rolled back."""

# A group is not to keep the first of its callers waiting for long: some 10 ms of writing.
_MOST_JOBS = 128
_MOST_BYTES = 8 << 20


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    work: Work[Any]
    bytes: int
    future: asyncio.Future[Any]


class Writer:
    """Runs changes in the order in which they were asked for and answers once they are on the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self, prepare: Callable[[sqlite3.Connection], None]) -> None:
        """Open the database, let `prepare` look at it, start the thread. Blocking; raises as these do."""
        connection = connect_for_writing(self._path)
        try:
            prepare(connection)
        except BaseException:
            connection.close()
            raise
        self._thread = threading.Thread(target=self._run, args=(connection,), name="operations", daemon=True)
        self._thread.start()

    async def run(self, work: Work[Result], size: int = 0) -> Result:
        """Do `work`, which writes about `size` bytes; on return it is on the disk.

        A caller cancelled before the work started leaves nothing behind; afterwards the work counts.
        Raises StoreUnavailableError, StoreFullError, and what `work` raises.
        """
        if self._thread is None:
            raise StoreUnavailableError("The operations store is closed.")
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(work, size, future))
        return await future

    async def close(self) -> None:
        """Do what was asked for so far, then close the database."""
        thread, self._thread = self._thread, None  # on the event loop, as `run` is: nothing comes after the end
        if thread:
            self._jobs.put(None)
            await asyncio.to_thread(thread.join)

    def _run(self, connection: sqlite3.Connection) -> None:
        while group := self._next_group():
            _answer(_transact(connection, [job for job in group if not job.future.cancelled()]))
        connection.close()

    def _next_group(self) -> list[_Job]:
        """Wait for a job and take what came with it; empty when the writer is to end."""
        job = self._jobs.get()
        group: list[_Job] = []
        size = 0
        while job is not None:
            group.append(job)
            size += job.bytes
            if len(group) >= _MOST_JOBS or size >= _MOST_BYTES:
                return group
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return group
        if group:
            self._jobs.put(None)  # the end was asked for: it comes after this group
        return group


_Outcome = tuple[_Job, Any, BaseException | None]


def _transact(connection: sqlite3.Connection, group: list[_Job]) -> list[_Outcome]:
    if not group:
        return []
    try:
        connection.execute("BEGIN IMMEDIATE")
        results = [job.work(connection) for job in group]
        commit(connection)
    except Exception as fault:
        # SQLite has rolled back by itself when the disk was full.
        if connection.in_transaction:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        # One document too many must not refuse its neighbours. Waiting for another process's lock was for all.
        if len(group) == 1 or primary_code(fault) == sqlite3.SQLITE_BUSY:
            return [(job, None, translated(fault)) for job in group]
        return [outcome for job in group for outcome in _transact(connection, [job])]
    return [(job, result, None) for job, result in zip(group, results, strict=True)]


def _answer(outcomes: list[_Outcome]) -> None:
    """Wake the callers: one call into each event loop, however many they are."""
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[_Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_loop[outcome[0].future.get_loop()].append(outcome)
    for loop, mine in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, mine)


def _settle(outcomes: list[_Outcome]) -> None:
    for job, result, fault in outcomes:
        if job.future.done():
            continue
        if fault is None:
            job.future.set_result(result)
        else:
            job.future.set_exception(fault)
