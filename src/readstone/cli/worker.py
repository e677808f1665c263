"""`readstone worker`: read pages of accepted documents until SIGTERM."""

from __future__ import annotations

import argparse
import logging
import os
import socket
import sys
from collections.abc import Callable
from types import FrameType

import uvicorn

from readstone.cli.configuration import add_container_names, add_flags, settings_of
from readstone.cli.listening import listening
from readstone.engines.protocols import TextReader
from readstone.observe import logs
from readstone.settings import Settings
from readstone.worker import PAGE_GRACE_SECONDS, Worker

_SQLITE = (
    "READSTONE_DATABASE is unset, so this worker reads for the servers of this machine that use the same data folder "
    "({}). Workers on other machines want READSTONE_DATABASE=postgresql://..."
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the command."""
    add_flags(parser)
    add_container_names(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Work until SIGTERM or Ctrl-C. 1 when the start failed."""
    settings = settings_of(arguments)
    logs.configure(settings.log_level.value, settings.log_format.value)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if settings.database is None:
        print(_SQLITE.format(settings.data_dir), file=sys.stderr)
    return WorkerServer(settings).work()


class WorkerServer(uvicorn.Server):
    """uvicorn around the worker's probes: they are answered until its last page is done or given back."""

    def __init__(
        self,
        settings: Settings,
        make_reader: Callable[[], TextReader] | None = None,
        grace_seconds: float = PAGE_GRACE_SECONDS,
    ) -> None:
        self._settings = settings
        self._worker = Worker(settings, make_reader, give_up=self.give_up, grace_seconds=grace_seconds)
        super().__init__(listening(self._worker, settings, 1))

    def work(self) -> int:
        """Until the end. The exit status."""
        self.run()
        if self._worker.fault:
            print(f"readstone: {self._worker.fault}", file=sys.stderr)
        return 0 if self.started and not self._worker.fault else 1

    def give_up(self) -> None:
        """Have `work` end."""
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as the base class has it
        """SIGTERM and Ctrl-C. Not raised anew afterwards, as uvicorn does: a drained worker ends with status 0."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the port and say where."""
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            base = self._settings.model_copy(update={"port": port}).local_url
            print(f"Readstone worker; its probes are on {base}/ready and {base}/metrics", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Rest first, then close the port."""
        clean = await self._worker.stop()
        await super().shutdown(sockets)
        if not clean:
            # A thread that still reads would be waited for. Its page is somebody else's by now.
            logging.shutdown()
            sys.stdout.flush()
            os._exit(0)
