"""Local copies of inputs that lie elsewhere: fetched once however many pages are read, gone when nobody needs them."""

from __future__ import annotations

import os
import shutil
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PosixPath

from readstone.operations.presence import Presence, one_at_a_time

KEPT_BYTES = 1 << 30
KEPT_SECONDS = 60.0
"""Of copies that no page holds just now, so much stays on the disk, and so long: the next page is likely of the same
document. Another process may end its operation, and then nothing of it is to stay."""


class _Copy(PosixPath):
    """The path of a copy; unlike a plain path it can be watched for its end."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A copy, its bytes, and when it was last asked for."""

    copy: _Copy
    size: int
    used: float


class LocalCopies:
    """Copies in a folder of this process below `folder`; what killed processes left there goes at `open`.

    All methods block. Who was given a path may use it for as long as it holds that object.
    """

    def __init__(self, folder: Path, kept_bytes: int = KEPT_BYTES, kept_seconds: float = KEPT_SECONDS) -> None:
        self._top = folder
        self._presence = Presence(folder / "present")
        self._mine = folder / self._presence.name
        self._kept_bytes = kept_bytes
        self._kept_seconds = kept_seconds
        self._numbers = count()
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()
        self._fetching: dict[str, threading.Lock] = {}
        self._known: weakref.WeakValueDictionary[str, _Copy] = weakref.WeakValueDictionary()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def open(self) -> None:
        """Make the folder. Raises OSError."""
        (self._top / "present").mkdir(mode=0o700, parents=True, exist_ok=True)
        with one_at_a_time(self._top / "opening.lock"):
            self._presence.arrive()
            left = [path.name for path in self._top.iterdir() if path.is_dir() and path.name != "present"]
            for name in self._presence.departed(left):
                shutil.rmtree(self._top / name, ignore_errors=True)
            self._presence.clear()
        self._mine.mkdir(mode=0o700)

    def close(self) -> None:
        """Remove all copies."""
        with self._lock:
            self._kept.clear()
            if self._timer:
                self._timer.cancel()
        shutil.rmtree(self._mine, ignore_errors=True)
        self._presence.leave()

    def get(self, name: str, fetch: Callable[[Path], None]) -> Path:
        """The copy of `name`, which `fetch` writes to the path it is given when there is none.

        Raises what `fetch` raises. Of several callers at once, one fetches and the others wait.
        """
        with self._lock:
            fetching = self._fetching.setdefault(name, threading.Lock())
        with fetching:
            copy = self._find(name)
            if copy is None:
                copy = _Copy(self._mine / f"{name}.{next(self._numbers)}")  # never one that was there before
                try:
                    fetch(copy)
                except BaseException:
                    copy.unlink(missing_ok=True)
                    raise
                weakref.finalize(copy, _unlink, str(copy)).atexit = False
            self._keep(name, copy)
        return copy

    def forget(self, name: str) -> None:
        """Nobody will ask for `name` again, and its copy goes at once: who has it open may go on reading."""
        with self._lock:
            copy = self._known.pop(name, None)
            self._kept.pop(name, None)
            self._fetching.pop(name, None)
        if copy is not None:
            _unlink(str(copy))

    def _find(self, name: str) -> _Copy | None:
        with self._lock:
            return self._known.get(name)

    def _keep(self, name: str, copy: _Copy) -> None:
        """Note that `name` was used now; let go of what was not for the longest time."""
        size = copy.stat().st_size
        with self._lock:
            self._known[name] = copy
            self._kept[name] = _Kept(copy, size, time.monotonic())
            self._kept.move_to_end(name)
            while len(self._kept) > 1 and sum(kept.size for kept in self._kept.values()) > self._kept_bytes:
                self._let_go_of_oldest()
            self._look_again()

    def _let_go_of_oldest(self) -> None:
        name, _ = self._kept.popitem(last=False)
        self._fetching.pop(name, None)

    def _look_again(self) -> None:
        """Have the unused ones let go in time; the lock is held."""
        if self._timer is None and self._kept:
            self._timer = threading.Timer(self._kept_seconds, self._let_go_of_unused)
            self._timer.daemon = True
            self._timer.start()

    def _let_go_of_unused(self) -> None:
        with self._lock:
            self._timer = None
            while self._kept and time.monotonic() - next(iter(self._kept.values())).used >= self._kept_seconds:
                self._let_go_of_oldest()
            self._look_again()


def _unlink(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
