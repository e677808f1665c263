"""How many files a process has open."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil

_PATIENCE_SECONDS = 5.0


def descriptors() -> int:
    """This process's; 0 where the system does not tell."""
    return len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0


def left_open(child: psutil.Process, most: int) -> int:
    """The child's, once they are no more than `most`; it may still be closing its last file when it has answered."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (found := child.num_fds()) > most and time.monotonic() < deadline:
        time.sleep(0.01)
    return int(found)
