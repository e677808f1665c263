"""`readstone serve` and `readstone worker` with a reader that reads one number out of a picture's colour.

python echo_processes.py serve|worker

The settings come from the environment. ECHO_SECONDS: how long a page takes. ECHO_GRACE: how long a worker's pages
may go on after SIGTERM. ECHO_RELEASE=next: as if the next release had one more, additive step of the schema.
A picture of the number 7777777 is read for ever, whatever its caller wants.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from chaos.echo_server import EchoReader
from readstone.cli.serve import Server
from readstone.cli.worker import WorkerServer
from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture
from readstone.domain.text import Page
from readstone.engines.protocols import never
from readstone.observe import logs
from readstone.operations.postgres import schema
from readstone.settings import load

ENDLESS = 7777777
SECONDS = float(os.environ.get("ECHO_SECONDS", "0.005"))
GRACE = float(os.environ.get("ECHO_GRACE", "20"))


class SlowEchoReader(EchoReader):
    """Takes its time, and some pages for ever."""

    def read(self, picture: Picture, options: ReadOptions, cancelled: Callable[[], bool] = never) -> Page:
        page = super().read(picture, options, cancelled)
        time.sleep(SECONDS)
        while page.regions[0].lines[0].text == str(ENDLESS):
            time.sleep(0.1)
        return page


def as_next_release() -> None:
    """One more step, which older processes know nothing of."""
    name = "999_next.sql"
    text = "ALTER TABLE operation ADD COLUMN next_release integer NOT NULL DEFAULT 0"
    theirs = schema._text
    schema.STEPS = (*schema.STEPS, name)
    schema._text = lambda step: text if step == name else theirs(step)


def main(kind: str) -> int:
    if os.environ.get("ECHO_RELEASE") == "next":
        as_next_release()
    settings = load()
    logs.configure("info", "text")
    if kind == "worker":
        return WorkerServer(settings, SlowEchoReader, grace_seconds=GRACE).work()
    server = Server(settings, None, SlowEchoReader)
    server.run()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
