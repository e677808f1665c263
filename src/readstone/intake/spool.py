"""What arrives is collected in memory while it is small, and in a file from then on.

A file of the spool belongs to one request and goes with it, unless the store takes it over by renaming it. The
request's process holds a lock on it, which the kernel lets go when the process dies, so that whoever starts
next removes what a kill has left and nothing else.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import uuid4

from readstone.domain.refusals import Reason, Refusal

CheckRoom = Callable[[Path, int], None]
"""Raises Refusal when the folder has no room for so many more bytes. May raise OSError."""

# Measured (submit over loopback to 202, medians): up to 2 MB memory is quicker, by 1.1 to 1.9 times; from 4 MB
# on the file takes half the time: it is written while the body arrives, and then only renamed.
MEMORY_BYTES = 2 << 20

_WRITE_BYTES = 1 << 20
_RETRY_SECONDS = 5


class Incoming:
    """Bytes on their way in, kept in memory. `size` is how many there are."""

    def __init__(self) -> None:
        self.size = 0
        self._chunks: list[bytes] = []

    def add(self, chunk: bytes) -> None:
        """Take the next bytes. To be followed by `settle`."""
        self.size += len(chunk)
        self._chunks.append(chunk)

    def restart(self) -> None:
        """Forget what was added."""
        self.size = 0
        self._chunks.clear()

    async def take(self, chunk: bytes) -> None:
        """`add` and `settle`."""
        self.add(chunk)
        await self.settle()

    async def settle(self) -> None:
        """Bring what was added to where it is to stay. Raises Refusal(UNAVAILABLE)."""

    def in_memory(self) -> bytes:
        """What was added and is not in a file."""
        return b"".join(self._chunks)


class Spool:
    """The folder for what arrives. `check_room` is asked before anything is written to it.

    `memory_bytes`: so many bytes of a body are held in memory before it gets a file.
    """

    def __init__(self, folder: Path, check_room: CheckRoom, memory_bytes: int = MEMORY_BYTES) -> None:
        self.folder = folder
        self.memory_bytes = memory_bytes
        self._check_room = check_room
        # Of its own, so that a slow disk holds up nobody but those who send large bodies.
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="spool")

    def open(self) -> int:
        """Make the folder, remove what dead processes left; how many files that were. Blocks. Raises OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return sum(_remove_if_left(path) for path in self.folder.iterdir())

    def close(self) -> None:
        """Let go of the threads. Blocks."""
        self._threads.shutdown()

    @asynccontextmanager
    async def incoming(self, declared: int | None = None) -> AsyncIterator[SpooledIncoming]:
        """A place for a body that says to be `declared` bytes long; its file, if any, goes at the end.

        Raises Refusal(UNAVAILABLE) when a file of that size has no room.
        """
        incoming = SpooledIncoming(self, declared)
        try:
            if declared is not None and declared > self.memory_bytes:
                self.check_room(declared)
            yield incoming
        finally:
            if incoming.has_file:
                await self.run(incoming.remove)

    def check_room(self, more: int) -> None:
        """Raises Refusal(UNAVAILABLE) when the disk should not take so many more bytes."""
        try:
            self._check_room(self.folder, more)
        except OSError as fault:
            raise _no_room() from fault

    async def run(self, work: Callable[[], None]) -> None:
        """Do file work on a thread. Even if cancelled this returns only once the file is at rest."""
        doing = asyncio.get_running_loop().run_in_executor(self._threads, work)
        cancelled: asyncio.CancelledError | None = None
        while not doing.done():
            try:
                await asyncio.wait({doing})
            except asyncio.CancelledError as cancel:
                cancelled = cancel
        if cancelled:
            raise cancelled
        doing.result()


class SpooledIncoming(Incoming):
    """Bytes on their way in, in a file once there are more than the spool keeps in memory."""

    def __init__(self, spool: Spool, declared: int | None) -> None:
        super().__init__()
        self._spool = spool
        self._declared = declared is not None
        self._path: Path | None = None
        self._descriptor: int | None = None
        self._written = 0
        self._forget = False

    @property
    def has_file(self) -> bool:
        """Whether there is a file to be removed."""
        return self._descriptor is not None

    def restart(self) -> None:
        """Forget what was added; the file is emptied before the next byte is written to it."""
        super().restart()
        self._forget, self._written = True, 0

    async def settle(self) -> None:
        """Write what waits when it is much. Raises Refusal(UNAVAILABLE) when the disk does not take it."""
        waiting = self.size - self._written
        if waiting > (_WRITE_BYTES if self.has_file else self._spool.memory_bytes):
            await self._write(waiting)

    async def whole(self) -> bytes | Path:
        """All of it; a file is readable until the spool's context ends. Raises as `settle` does."""
        if self._path is None:
            return self.in_memory()
        await self._write(self.size - self._written)
        return self._path

    async def _write(self, waiting: int) -> None:
        # What was declared has been counted; the disk may have become full all the same.
        self._spool.check_room(0 if self._declared else waiting)
        await self._spool.run(self._append)
        self._chunks.clear()
        self._written = self.size

    def _append(self) -> None:
        try:
            if self._descriptor is None:
                self._path = self._spool.folder / uuid4().hex
                self._descriptor = _locked_file(self._path)
            if self._forget:
                os.ftruncate(self._descriptor, 0)
                os.lseek(self._descriptor, 0, os.SEEK_SET)
                self._forget = False
            left = memoryview(b"".join(self._chunks))
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError as fault:
            raise _no_room() from fault

    def remove(self) -> None:
        """Remove the file, if nobody has taken it over. Blocks."""
        if self._descriptor is not None and self._path is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None


def _locked_file(path: Path) -> int:
    """A new file with this process's lock on it. Raises OSError."""
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Another process that starts just now may have found it before it was locked, and removed it.
            if os.fstat(descriptor).st_nlink:
                return descriptor
        except OSError:
            path.unlink(missing_ok=True)
            os.close(descriptor)
            raise
        os.close(descriptor)


def _remove_if_left(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _no_room() -> Refusal:
    return Refusal(Reason.UNAVAILABLE, "The server cannot store the document now.", retry_after=_RETRY_SECONDS)
