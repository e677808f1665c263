"""Fixtures shared by all kinds of tests, and the record of what they proved (docs/compatibility.md)."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

from readers import FixedReader
from segmenters import FixedSegmenter
from serving import KEY, RunningServer, server_in_thread
from viewers import FixedViewer

ROOT = Path(__file__).parent.parent
COMPATIBILITY_RECORD = ROOT / "build" / "compatibility.json"

# How long an example takes says something about the machine, not about the code.
hypothesis.settings.register_profile("readstone", deadline=None)
hypothesis.settings.load_profile("readstone")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("READSTONE_") and not n.startswith("READSTONE_TEST")]:
        if name not in ("READSTONE_SHARED", "READSTONE_DATA"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def fixed_reader() -> FixedReader:
    return FixedReader()


@pytest.fixture(scope="session")
def fixed_viewer() -> FixedViewer:
    return FixedViewer()


@pytest.fixture(scope="session")
def wire(
    tmp_path_factory: pytest.TempPathFactory, fixed_reader: FixedReader, fixed_viewer: FixedViewer
) -> Iterator[RunningServer]:
    """The whole server but for the models: its reader answers the same two words for every picture, its viewer
    the same scene, and its segmenter the left half."""
    settings = {"fetch_allow": "127.0.0.2/32", "fetch_timeout": 5, "upload_timeout": 5}
    folder = tmp_path_factory.mktemp("wire")
    with server_in_thread(folder, lambda: fixed_reader, lambda: fixed_viewer, FixedSegmenter, **settings) as server:
        yield server


@pytest.fixture(scope="session")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The whole server with the real models."""
    with server_in_thread(tmp_path_factory.mktemp("reading"), fetch_allow="127.0.0.2/32") as server:
        yield server


@pytest.fixture(scope="session")
def key() -> str:
    return KEY


# --- what passed, by operation and version --------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _keep(item, report)
    return report


def _keep(item: pytest.Item, report: pytest.TestReport) -> None:
    if report.when != "call":
        return
    record = item.config.stash.setdefault(_PROVED, {})
    kind = item.path.relative_to(ROOT / "tests").parts[0]
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    for marker in item.iter_markers("covers"):
        operation, *versions = marker.args
        # A test parametrised by `version` proves the version it runs with.
        for version in versions or [parameters["version"]]:
            record.setdefault((operation, version, kind), []).append(report.passed)


_PROVED = pytest.StashKey[dict[tuple[str, str, str], list[bool]]]()


def pytest_sessionfinish(session: pytest.Session) -> None:
    record = session.config.stash.get(_PROVED, None)
    if record:
        COMPATIBILITY_RECORD.parent.mkdir(exist_ok=True)
        rows = [
            {"operation": operation, "version": version, "kind": kind, "passed": all(passed), "tests": len(passed)}
            for (operation, version, kind), passed in sorted(record.items())
        ]
        COMPATIBILITY_RECORD.write_text(json.dumps(rows, indent=1))
