"""`readstone serve`: start the server and say how to use it."""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
from collections.abc import Callable

import uvicorn

from readstone.access.keys import KeyFile
from readstone.api.extras import SAMPLE_PATH
from readstone.app import App
from readstone.cli.configuration import add_container_names, add_flags, settings_of
from readstone.cli.listening import listening
from readstone.engines.protocols import TextReader
from readstone.observe import logs
from readstone.settings import Auth, Settings

GRACE_SECONDS = 20
"""Requests in flight when SIGTERM comes have this long to finish; pages in work then `PAGE_GRACE_SECONDS`."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the command."""
    add_flags(parser)
    add_container_names(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    settings = settings_of(arguments)
    logs.configure(settings.log_level.value, settings.log_format.value)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    server = Server(settings, _first_key(settings))
    server.run()
    return 0 if server.started else 1


def _first_key(settings: Settings) -> str | None:
    """A new key when nobody could get in otherwise; it is shown once and kept only as a hash."""
    stored = KeyFile(settings.data_dir)
    if settings.auth is Auth.OPEN or settings.keys or stored.records():
        return None
    _, key = stored.create("first start")
    return key


class Server(uvicorn.Server):
    """uvicorn, with our greeting once the port is open."""

    def __init__(
        self, settings: Settings, new_key: str | None, make_reader: Callable[[], TextReader] | None = None
    ) -> None:
        self._settings = settings
        self._new_key = new_key
        self._app = App(settings, make_reader)
        super().__init__(listening(self._app, settings, GRACE_SECONDS))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the port, then greet."""
        await super().startup(sockets)
        if self.started:
            port = self.servers[0].sockets[0].getsockname()[1]
            print(greeting(self._settings.model_copy(update={"port": port}), self._new_key), flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Give balancers time to look elsewhere, then close the port."""
        self._app.leave()
        await asyncio.sleep(self._settings.drain_seconds)
        await super().shutdown(sockets)


def greeting(settings: Settings, new_key: str | None) -> str:
    """Where the server listens, the key if it is new, and a curl line to paste."""
    base = settings.public_url or settings.local_url
    lines = [f"Readstone listens on {base}"]
    key: str | None = None
    if settings.auth is Auth.OPEN:
        lines.append("Access: open to everyone, no key needed")
    elif new_key is not None:
        key = new_key
        lines.append(f"Key: {key}   (made now and shown this once; `readstone keys` makes and revokes more)")
    else:
        key = "YOUR_KEY"
        lines.append("Key: one you have already; `readstone keys create NAME` makes another")
    header = f'-H "Ocp-Apim-Subscription-Key: {key}" ' if key else ""
    lines += [
        "Try it:",
        f"  curl -s {base}{SAMPLE_PATH} | curl -s {header}"
        f'-H "Content-Type: application/octet-stream" --data-binary @- {base}/vision/v3.2/ocr',
        "",
    ]
    if not sys.stdout.isatty():
        return "\n".join(lines)
    return "\n" + "\n".join(lines)
