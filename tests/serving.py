"""Starts the real server for tests: in a thread of this process, or as a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from readstone.api.connection import connections
from readstone.app import App
from readstone.engines.protocols import SceneViewer, Segmenter, TextReader
from readstone.settings import load

KEY = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True, slots=True)
class RunningServer:
    """Base URL without a slash at its end, the application, and the headers that let a test in."""

    url: str
    app: App | None = None
    process: subprocess.Popen[str] | None = None

    @property
    def key_header(self) -> dict[str, str]:
        return {"Ocp-Apim-Subscription-Key": KEY}


@contextmanager
def server_in_thread(
    data_dir: Path,
    make_reader: Callable[[], TextReader] | None = None,
    make_viewer: Callable[[], SceneViewer] | None = None,
    make_segmenter: Callable[[], Segmenter] | None = None,
    **settings: Any,
) -> Iterator[RunningServer]:
    """The whole application behind a real socket."""
    loaded = load({"data_dir": data_dir, "keys": KEY, **settings})
    app = App(loaded, make_reader, make_viewer, make_segmenter)
    config = uvicorn.Config(
        app,
        port=0,
        http=connections(loaded.header_timeout),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the server did not start")
        time.sleep(0.01)
    try:
        yield RunningServer(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", app)
    finally:
        server.should_exit = True
        thread.join(40)
        assert not thread.is_alive(), "the server did not stop"


@contextmanager
def server_process(data_dir: Path, environ: Mapping[str, str] | None = None, *flags: str) -> Iterator[RunningServer]:
    """`readstone serve` as a user starts it, on a free port; what it logs is in `data_dir`/server.log."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("READSTONE_")}
    environment |= {"READSTONE_DATA_DIR": str(data_dir), "READSTONE_KEYS": KEY, **(environ or {})}
    log = data_dir / "server.log"
    with log.open("ab") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "readstone", "serve", "--port", "0", *flags],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    try:
        assert process.stdout is not None
        url = None
        for line in process.stdout:
            found = re.search(r"listens on (\S+)", line)
            if found:
                url = found[1]
                break
        assert url, f"no greeting; it said: {log.read_text()}"
        yield RunningServer(url, process=process)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stdout:
            process.stdout.close()
