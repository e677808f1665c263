"""Room on the disk: refuse documents while results can still be written."""

from __future__ import annotations

import shutil
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
    """Refuses what would take the disk above `used` (a fraction of it), or leave less than `free_bytes`."""

    def __init__(
        self, used: float = 0.95, free_bytes: int = 256 << 20, usage: Callable[[Path], Usage] = shutil.disk_usage
    ) -> None:
        if not 0 < used <= 1 or free_bytes < 0:
            raise ValueError("the watermark is a fraction of the disk and a number of bytes")
        self._used = used
        self._free_bytes = free_bytes
        self._usage = usage

    def check(self, folder: Path, incoming: int) -> None:
        """Raise StoreFullError when there is no room for `incoming` more bytes in `folder`."""
        usage = self._usage(folder)
        # As `df` counts: what is reserved for root is neither used nor free.
        used, free = usage.used + incoming, usage.free - incoming
        if free < self._free_bytes or used >= self._used * (usage.used + usage.free):
            raise StoreFullError("The disk has no room for more documents.")
