"""The server for bench/operations_http.py: `python operations_server.py DATA_DIR PORT stopped|reading`.

`stopped`: the reader never answers, so that only accepting and polling are measured.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn

from readstone.api.connection import connections
from readstone.app import App
from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture
from readstone.domain.refusals import Cancelled
from readstone.domain.text import Page
from readstone.engines.protocols import never
from readstone.settings import load

KEY = "bench"


class StoppedReader:
    """Reads nothing until its caller leaves."""

    def read(self, picture: Picture, options: ReadOptions, cancelled: Callable[[], bool] = never) -> Page:
        while not cancelled():
            threading.Event().wait(0.05)
        raise Cancelled


def main(data_dir: Path, port: int, mode: str) -> None:
    settings = load({"data_dir": data_dir, "keys": KEY})
    app = App(settings, StoppedReader if mode == "stopped" else None)
    http = connections(settings.header_timeout)
    uvicorn.run(app, port=port, http=http, ws="none", lifespan="on", log_config=None, access_log=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
