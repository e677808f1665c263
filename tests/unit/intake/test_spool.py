"""Bodies in memory and in files: what is kept, what a refusal, a kill or a full disk leaves behind."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
import subprocess
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from readstone.domain.refusals import Reason, Refusal
from readstone.intake import spool as spool_module
from readstone.intake.spool import Spool

MEGABYTE = 1 << 20


def room(_folder: Path, _more: int) -> None:
    """There is always room."""


def run(main: Coroutine[Any, Any, None], spool: Spool) -> None:
    spool.open()
    try:
        asyncio.run(main)
    finally:
        spool.close()
    assert list(spool.folder.iterdir()) == []


@pytest.mark.parametrize("size", [0, 1, 1000, 1001, 5 * MEGABYTE + 3])
def test_small_bodies_stay_in_memory_and_large_ones_get_a_file(tmp_path: Path, size: int) -> None:
    spool = Spool(tmp_path / "spool", room, memory_bytes=1000)
    data = (bytes(range(251)) * (size // 251 + 1))[:size]

    async def main() -> None:
        async with spool.incoming() as incoming:
            for start in range(0, size, 64_000):
                await incoming.take(data[start : start + 64_000])
            whole = await incoming.whole()
            assert incoming.size == size
            if size <= 1000:
                assert whole == data
                return
            assert isinstance(whole, Path)
            assert whole.read_bytes() == data
            assert stat.S_IMODE(whole.stat().st_mode) == 0o600
            assert stat.S_IMODE(spool.folder.stat().st_mode) == 0o700

    run(main(), spool)


def test_a_file_that_was_taken_over_stays(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", room, memory_bytes=10)

    async def main() -> None:
        async with spool.incoming() as incoming:
            await incoming.take(b"x" * 100)
            whole = await incoming.whole()
            assert isinstance(whole, Path)
            whole.rename(tmp_path / "taken")

    run(main(), spool)
    assert (tmp_path / "taken").read_bytes() == b"x" * 100


def test_a_restart_forgets_what_was_written(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", room, memory_bytes=10)

    async def main() -> None:
        async with spool.incoming() as incoming:
            await incoming.take(b"x" * 3 * MEGABYTE)
            incoming.restart()
            await incoming.take(b"short")
            whole = await incoming.whole()
            assert (await asyncio.to_thread(whole.read_bytes) if isinstance(whole, Path) else whole) == b"short"

    run(main(), spool)


@pytest.mark.parametrize("declared", [None, 3 * MEGABYTE])
def test_no_room_is_503_and_nothing_is_left(tmp_path: Path, declared: int | None) -> None:
    asked: list[int] = []

    def full(_folder: Path, more: int) -> None:
        asked.append(more)
        raise Refusal(Reason.UNAVAILABLE, "full", retry_after=5)

    spool = Spool(tmp_path / "spool", full, memory_bytes=1000)

    async def main() -> None:
        async with spool.incoming(declared) as incoming:
            await incoming.take(b"x" * 3 * MEGABYTE)

    with pytest.raises(Refusal) as refused:
        run(main(), spool)
    assert refused.value.reason is Reason.UNAVAILABLE
    assert asked == [3 * MEGABYTE]  # before anything was written
    assert list(spool.folder.iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("call", ["open", "write", "flock"])
def test_a_disk_that_fails_is_503(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, call: str) -> None:
    spool = Spool(tmp_path / "spool", room, memory_bytes=10)
    calls = 0

    def fails(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if call == "write" and calls == 1:
            return real(*arguments)  # half of it is on the disk already
        raise OSError(number, os.strerror(number))

    owner: Any = spool_module.fcntl if call == "flock" else os
    real = getattr(owner, call)

    async def failing() -> None:
        monkeypatch.setattr(owner, call, fails)
        async with spool.incoming() as incoming:
            await incoming.take(b"x" * 100)
            await incoming.take(b"x" * 2 * MEGABYTE)

    with pytest.raises(Refusal) as refused:
        run(failing(), spool)
    assert refused.value.reason is Reason.UNAVAILABLE
    assert refused.value.retry_after
    monkeypatch.undo()
    assert list(spool.folder.iterdir()) == []


def test_a_cancelled_writer_leaves_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", room, memory_bytes=10)

    async def endless() -> None:
        async with spool.incoming() as incoming:
            while True:
                await incoming.take(b"x" * MEGABYTE)

    async def main() -> None:
        for pause in (0.0, 0.001, 0.01, 0.05):
            task = asyncio.create_task(endless())
            await asyncio.sleep(pause)
            task.cancel()
            await asyncio.sleep(0)
            task.cancel()  # once more, while it waits for the disk
            with pytest.raises(asyncio.CancelledError):
                await task

    run(main(), spool)


LEAVES_A_FILE = """
import asyncio, os, sys
from pathlib import Path
from readstone.intake.spool import Spool

async def main():
    spool = Spool(Path(sys.argv[1]), lambda *_: None, memory_bytes=10)
    spool.open()
    async with spool.incoming() as incoming:
        await incoming.take(b"x" * 100_000)
        print("there", flush=True)
        sys.stdin.read(1)
        os._exit(9)

asyncio.run(main())
"""


def test_what_a_killed_server_leaves_is_swept_and_what_a_living_one_has_is_not(tmp_path: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", LEAVES_A_FILE, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with other:
        assert other.stdout
        assert other.stdout.readline() == b"there\n"
        spool = Spool(tmp_path, room)
        assert spool.open() == 0
        assert len(list(tmp_path.iterdir())) == 1
        other.kill()
    assert spool.open() == 1
    assert list(tmp_path.iterdir()) == []
    spool.close()
