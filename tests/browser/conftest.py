"""A browser, a host for pictures and pages, and a stand-in for the host of jQuery."""

from __future__ import annotations

import json
import os
import shutil
import ssl
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import trustme

from browser.hosts import JQUERY_HOST, JQUERY_PATH, host
from sdk.clients import run
from sdk.poster import POSTER
from sdk.setup import is_current, node_program

HERE = Path(__file__).resolve().parent
SDKS = HERE.parent.parent / "build" / "sdk"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = (
    "--no-sandbox",  # tests run as root in containers; the pages are Microsoft's and ours
    *("--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
FILES = {"/poster.png": POSTER, "/other_origin.html": (HERE / "other_origin.html").read_bytes()}


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program: $CHROMIUM, or the first of the usual names on the PATH."""
    for name in filter(None, (os.environ.get("CHROMIUM"), *PROGRAMS)):
        found = shutil.which(name)
        if found:
            return found
    pytest.skip(f"no browser: install {PROGRAMS[0]}, or name one in the environment variable CHROMIUM")


@pytest.fixture(scope="session")
def file_host() -> Iterator[str]:
    """Base URL of the poster and of a page of ours. 127.0.0.2: the one address that `reading` may fetch from."""
    with host("127.0.0.2", FILES) as port:
        yield f"http://127.0.0.2:{port}"


@pytest.fixture(scope="session")
def _jquery_port(_node_modules: Path) -> Iterator[int]:
    """jQuery at the path that Microsoft's pages load it from. 1.9.0 is not on npm; 1.9.1 is its bug-fix release."""
    script = (_node_modules / "jquery" / "jquery.min.js").read_bytes()
    assert b"jQuery v1.9.1" in script[:100]
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(JQUERY_HOST).configure_cert(tls)
    with host("127.0.0.1", {JQUERY_PATH: script}, tls) as port:
        yield port


@pytest.fixture(scope="session")
def _node_modules() -> Path:
    if not is_current(SDKS, "node"):
        pytest.fail("the node packages are not installed: run `make test`, or `python tests/sdk/setup.py build/sdk`")
    return SDKS / "node" / "node_modules"


@pytest.fixture(scope="session")
def browse(chromium: str, _jquery_port: int, _node_modules: Path) -> Callable[[Mapping[str, Any]], Any]:
    """Makes visits (see visits.js). The browser knows one name, and reaches nothing outside this machine."""
    names = f"MAP {JQUERY_HOST}:443 127.0.0.1:{_jquery_port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE 127.0.0.2"
    switches = json.dumps([*SWITCHES, f"--host-resolver-rules={names}"])

    def outcomes(visits: Mapping[str, Any]) -> Any:
        command = [node_program(), HERE / "visits.js", chromium, switches, json.dumps(visits)]
        return run(command, NODE_PATH=_node_modules)

    return outcomes
