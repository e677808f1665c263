"""Inputs too large for the database: one file each, complete on the disk before anything refers to it."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from readstone.operations.durable_folder import sync_folder
from readstone.operations.errors import StoreFullError, StoreUnavailableError

_UNFINISHED = ".part"

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_COPIED_AT_ONCE = 1 << 20


class Blobs:
    """A folder of input files. All methods block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, data: bytes) -> str:
        """Keep `data`; on return it survives a power cut. The answer is its name.

        Raises StoreFullError, StoreUnavailableError; then nothing is kept.
        """
        name = uuid4().hex
        part = self._folder / (name + _UNFINISHED)
        with self._all_or_nothing(name):
            with _new_file(part) as file:
                file.write(data)
                _sync(file)
            self._place(part, name)
        return name

    def adopt(self, path: Path) -> str:
        """Keep the file `path`, by moving it here where it lies on the same file system, else by a copy.

        Otherwise as `put`; a file that was moved is gone from `path` in any case.
        """
        name = uuid4().hex
        with self._all_or_nothing(name), path.open("rb") as file:
            os.fsync(file.fileno())
            try:
                self._place(path, name)
            except OSError as fault:
                if fault.errno != errno.EXDEV:
                    raise
                part = self._folder / (name + _UNFINISHED)
                with _new_file(part) as copy:
                    shutil.copyfileobj(file, copy, _COPIED_AT_ONCE)
                    _sync(copy)
                self._place(part, name)
        return name

    def _place(self, whole: Path, name: str) -> None:
        # Under its final name a file is whole: whoever finds it need not ask.
        os.replace(whole, self.path(name))
        sync_folder(self._folder)

    @contextmanager
    def _all_or_nothing(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as fault:
            for left in (self._folder / (name + _UNFINISHED), self.path(name)):
                with suppress(OSError):
                    left.unlink(missing_ok=True)
            if fault.errno in _NO_ROOM:
                raise StoreFullError("There is no room for the document.") from fault
            raise StoreUnavailableError(f"The document cannot be stored ({type(fault).__name__}).") from fault

    def path(self, name: str) -> Path:
        """Where `name` is, if it is."""
        return self._folder / name

    def delete(self, name: str) -> None:
        """Remove `name`; what cannot be removed now, a later sweep finds."""
        with suppress(OSError):
            os.unlink(self.path(name))

    def names(self) -> frozenset[str]:
        """All files, unfinished ones included. Raises OSError."""
        return frozenset(entry.name for entry in os.scandir(self._folder))


def _new_file(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600), "wb")


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


class Orphans:
    """Finds files that no operation refers to: left by a kill between a blob and its record.

    A file is written before its record, also by other processes, so it is an orphan only when two looks at
    least `seconds` apart found it unwanted. Counted on a clock that nobody sets back or forward.
    """

    def __init__(self, blobs: Blobs, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._blobs = blobs
        self._seconds = seconds
        self._clock = clock
        self._seen: dict[str, float] = {}

    def delete(self, names: frozenset[str], referenced: frozenset[str]) -> int:
        """Delete what is due of `names`, listed before `referenced` was asked for; how many that were."""
        now = self._clock()
        self._seen = {name: self._seen.get(name, now) for name in names - referenced}
        due = [name for name, since in self._seen.items() if now - since >= self._seconds]
        for name in due:
            self._blobs.delete(name)
        return len(due)
