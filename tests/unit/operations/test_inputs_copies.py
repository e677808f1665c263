"""Local copies: fetched once, there while held, gone afterwards and after a kill."""

from __future__ import annotations

import gc
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from readstone.operations.inputs_copies import LocalCopies


class Source:
    """Writes ten bytes a name and counts how often."""

    def __init__(self) -> None:
        self.fetched: list[str] = []

    def fetch(self, path: Path) -> None:
        self.fetched.append(path.stem)
        time.sleep(0.02)
        path.write_bytes(path.stem.encode().ljust(10))


@pytest.fixture
def copies(tmp_path: Path) -> Iterator[LocalCopies]:
    copies = LocalCopies(tmp_path / "copies", kept_bytes=25)
    copies.open()
    yield copies
    copies.close()


def files(folder: Path) -> set[str]:
    gc.collect()
    return {path.stem for path in folder.rglob("*.*") if path.is_file() and path.name != "opening.lock"}


def test_many_ask_and_one_fetches(copies: LocalCopies, tmp_path: Path) -> None:
    source = Source()
    start = threading.Barrier(8)

    def ask(_: int) -> bytes:
        start.wait()
        return copies.get("a", source.fetch).read_bytes()

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(ask, range(8))) == {b"a".ljust(10)}
    assert source.fetched == ["a"]
    copies.get("a", source.fetch)  # kept, although nobody held it
    assert source.fetched == ["a"]


def test_the_longest_unused_goes_but_not_from_under_its_reader(copies: LocalCopies, tmp_path: Path) -> None:
    source = Source()
    held = copies.get("a", source.fetch)
    copies.get("b", source.fetch)
    copies.get("a", source.fetch)  # used now: b is the older one
    copies.get("c", source.fetch)
    assert files(tmp_path) == {"a", "c"}
    for name in "def":
        copies.get(name, source.fetch)
    assert files(tmp_path) == {"a", "e", "f"}
    assert held.read_bytes() == b"a".ljust(10)
    assert copies.get("a", source.fetch) is held  # and is found as long as it is there
    with held.open("rb") as file:
        copies.forget("a")
        assert files(tmp_path) == {"f"}
        assert file.read() == b"a".ljust(10)
    anew = copies.get("a", source.fetch)
    del held
    gc.collect()
    assert anew.read_bytes() == b"a".ljust(10)


def test_what_nobody_asks_for_any_more_does_not_stay(tmp_path: Path) -> None:
    copies = LocalCopies(tmp_path, kept_seconds=0.3)
    copies.open()
    held = copies.get("held", Source().fetch)
    copies.get("a", Source().fetch)
    deadline = time.monotonic() + 20
    while files(tmp_path) != {"held"}:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert held.exists()
    copies.get("b", Source().fetch)  # and again
    while files(tmp_path) != {"held"}:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    copies.close()


def test_a_fetch_that_fails_leaves_nothing(copies: LocalCopies, tmp_path: Path) -> None:
    def broken(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("away")

    with pytest.raises(OSError, match="away"):
        copies.get("a", broken)
    assert files(tmp_path) == set()
    assert copies.get("a", Source().fetch).read_bytes() == b"a".ljust(10)


def test_what_a_killed_process_left_goes_at_the_next_start(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from readstone.operations.inputs_copies import LocalCopies\n"
        "copies = LocalCopies(Path(sys.argv[1])); copies.open()\n"
        "held = copies.get('left', lambda path: path.write_bytes(b'x'))\n"
        "print('there', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"there\n"
        neighbour = LocalCopies(tmp_path)
        neighbour.open()
        assert files(tmp_path) == {"left"}  # its process lives
        process.send_signal(signal.SIGKILL)
        process.wait()
    neighbour.close()
    assert files(tmp_path) == {"left"}
    later = LocalCopies(tmp_path)
    later.open()
    assert files(tmp_path) == set()
    later.close()
