"""Which processes live: each holds a lock on a file of its own, which the kernel lets go when it dies.

So what a killed server was reading continues when the next one starts, without waiting for the lease. The
lease remains for a process that lives but no longer moves, and for whoever shares no kernel with us.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


class Presence:
    """This process's lock and a look at the others'. `name` is what a task's `holder` says."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = uuid4().hex
        self._descriptor: int | None = None

    def arrive(self) -> None:
        """Take the lock. Raises OSError."""
        self._descriptor = os.open(self._folder / self.name, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def leave(self) -> None:
        """Let go and remove the file."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            (self._folder / self.name).unlink(missing_ok=True)
            os.close(descriptor)

    def departed(self, names: Iterable[str]) -> list[str]:
        """Those of `names` whose process is gone. Ask only for names read from tasks: these had arrived."""
        return [name for name in names if name != self.name and self._is_gone(name)]

    def clear(self) -> None:
        """Remove the files of dead processes; a missing file is as good a sign. Raises OSError.

        Not while another process is between making its file and locking it: see `one_at_a_time`.
        """
        for path in self._folder.iterdir():
            if path.name != self.name and self._is_gone(path.name):
                path.unlink(missing_ok=True)

    def _is_gone(self, name: str) -> bool:
        try:
            descriptor = os.open(self._folder / name, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        return True


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file between processes; made if needed."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
