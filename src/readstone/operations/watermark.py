"""Room on the disk: refuse documents while results can still be written."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from readstone.operations.errors import StoreFullError


class Usage(Protocol):
    """Bytes of a file system, as shutil.disk_usage gives them."""

    @property
    def used(self) -> int:
        """What is taken."""
        ...

    @property
    def free(self) -> int:
        """What this account may still write."""
        ...


class Watermark:
    """Refuses what would take the disk above `used` (a fraction of it), or leave less than `free_bytes`.

    The system is asked at most every `fresh_seconds`; in between, what was let in is counted. (Measured:
    asking costs 60 us, a good part of accepting a small image.)
    """

    def __init__(
        self,
        used: float = 0.95,
        free_bytes: int = 256 << 20,
        usage: Callable[[Path], Usage] = shutil.disk_usage,
        *,
        fresh_seconds: float = 0.0,
    ) -> None:
        if not 0 < used <= 1 or free_bytes < 0:
            raise ValueError("the watermark is a fraction of the disk and a number of bytes")
        self._used = used
        self._free_bytes = free_bytes
        self._usage = usage
        self._fresh_seconds = fresh_seconds
        self._asked = float("-inf")
        self._last: tuple[int, int] = (0, 0)

    def check(self, folder: Path, incoming: int) -> None:
        """Raise StoreFullError when there is no room for `incoming` more bytes in `folder`."""
        now = time.monotonic()
        if now - self._asked >= self._fresh_seconds:
            usage = self._usage(folder)
            self._asked, self._last = now, (usage.used, usage.free)
        # As `df` counts: what is reserved for root is neither used nor free.
        used, free = self._last[0] + incoming, self._last[1] - incoming
        if free < self._free_bytes or used >= self._used * sum(self._last):
            raise StoreFullError("The disk has no room for more documents.")
        self._last = (used, free)
