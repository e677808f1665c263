"""The worker for bench/scale.py: `python scale_worker.py fixed|real`, its settings in READSTONE_* as usual.

`fixed`: each page costs so much of the processor that the reading is known, and what is above it is the queue's.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable

from readstone.cli.worker import WorkerServer
from readstone.domain.geometry import Point, Quad
from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture
from readstone.domain.text import Line, Orientation, Page, Region, Word
from readstone.engines.protocols import never
from readstone.observe import logs
from readstone.settings import load

FIXED_SECONDS = 0.020
_BLOCK = bytes(200_000)


class FixedCostReader:
    """Keeps one core busy for 20 ms, counted by the thread's own clock, and then has read one line.

    It hashes, which lets other threads run meanwhile, as the engines' libraries do; it never sleeps.
    """

    def read(self, picture: Picture, _options: ReadOptions, _cancelled: Callable[[], bool] = never) -> Page:
        end = time.thread_time() + FIXED_SECONDS
        while time.thread_time() < end:
            hashlib.sha256(_BLOCK)
        corners = (Point(10, 10), Point(90, 10), Point(90, 30), Point(10, 30))
        line = Line("counted", Quad(*corners), (Word("counted", Quad(*corners), 1.0),))
        return Page(picture.width, picture.height, 0.0, Orientation.UP, "en", (Region((line,)),))


if __name__ == "__main__":
    settings = load()
    logs.configure("warning", "text")
    sys.exit(WorkerServer(settings, FixedCostReader if sys.argv[1] == "fixed" else None).work())
