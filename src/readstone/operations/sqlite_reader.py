"""Reads, on threads and connections of their own: in WAL mode they never wait for the writer."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from readstone.operations.errors import StoreUnavailableError
from readstone.operations.sqlite_connection import connect, translated

Result = TypeVar("Result")

_THREADS = 2


class Reader:
    """Runs questions to the database, a few at a time, off the event loop."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._executor: ThreadPoolExecutor | None = None
        self._mine = threading.local()
        self._opened: list[sqlite3.Connection] = []

    def start(self) -> None:
        """Take questions from now on."""
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="operations-read")

    async def run(self, question: Callable[[sqlite3.Connection], Result]) -> Result:
        """The answer as of now. Raises StoreUnavailableError."""
        if self._executor is None:
            raise StoreUnavailableError("The operations store is closed.")
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._ask, question)

    async def close(self) -> None:
        """Let running questions end."""
        executor, self._executor = self._executor, None
        if executor:
            await asyncio.to_thread(executor.shutdown)
            for connection in self._opened:
                connection.close()

    def _ask(self, question: Callable[[sqlite3.Connection], Result]) -> Result:
        try:
            if not hasattr(self._mine, "connection"):
                self._mine.connection = connect(self._path)
                self._opened.append(self._mine.connection)
            return question(self._mine.connection)
        except sqlite3.Error as fault:
            raise translated(fault) from fault
