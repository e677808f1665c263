"""The decoder's child processes: right pictures, contained crashes, nothing left behind."""

from __future__ import annotations

import io
import logging
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pytest
from PIL import Image

from descriptors import descriptors, left_open
from readstone.domain.refusals import Reason, Refusal
from readstone.intake.decode import ImageLimits
from readstone.intake.decoder_process import DecoderPool

LIMITS = ImageLimits(frozenset({"Jpeg", "Png", "Bmp"}), 50, 4200, 4200 * 4200)


def png(side: int, seed: int) -> tuple[bytes, np.ndarray]:
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "PNG", compress_level=1)
    return written.getvalue(), pixels


def slow_bmp() -> bytes:
    """Valid, and a second of work for Pillow's Python decoder of RLE: it pads each short line bytewise."""
    side, start = 4200, 14 + 40 + 64
    head = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 4, 2, 0, 0, 0, 16, 0)
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, start) + head + b"\1\2\3\0" * 16 + b"\1\0\0\0" * (side + 9)


@pytest.fixture
def make_pool() -> Iterator[Callable[..., DecoderPool]]:
    pools: list[DecoderPool] = []

    def make(*arguments: int, **options: float) -> DecoderPool:
        pool = DecoderPool(*arguments, **options)  # type: ignore[arg-type]
        pools.append(pool)
        pool.start()
        return pool

    yield make
    for pool in pools:
        pool.close()


def stopped_while_busy(pool: DecoderPool, data: bytes) -> threading.Thread:
    """Kills the child as soon as it works on `data`."""
    (pid,) = pool.pids()
    child = psutil.Process(pid)
    idle = sum(child.cpu_times()[:2])

    def kill() -> None:
        while sum(child.cpu_times()[:2]) < idle + 0.1:
            time.sleep(0.005)
        os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    return killer


def test_same_pixels_as_were_saved(make_pool: Callable[..., DecoderPool]) -> None:
    data, pixels = png(300, 1)
    picture = make_pool().decode(data, LIMITS)
    assert np.array_equal(picture.pixels, pixels)
    assert picture.format == "Png"
    assert picture.pixels.flags.c_contiguous


def test_large_pictures_come_whole(make_pool: Callable[..., DecoderPool]) -> None:
    data, pixels = png(2000, 2)
    assert np.array_equal(make_pool().decode(data, LIMITS).pixels, pixels)


def test_refusals_are_those_of_decode(make_pool: Callable[..., DecoderPool]) -> None:
    pool = make_pool()
    for data, reason, words in (
        (b"", Reason.IMAGE_FORMAT, "Input data is not a valid image."),
        (b"hello", Reason.IMAGE_FORMAT, "Input data is not a valid image."),
        (png(40, 1)[0], Reason.IMAGE_TOO_SMALL, "Image must be at least 50 pixels in width and height"),
        (png(60, 1)[0][:-300], Reason.IMAGE_FORMAT, "Input data is not a valid image."),
    ):
        with pytest.raises(Refusal) as caught:
            pool.decode(data, LIMITS)
        assert (caught.value.reason, caught.value.message) == (reason, words)


def test_a_child_that_dies_over_a_file_costs_that_file_only(
    make_pool: Callable[..., DecoderPool], caplog: pytest.LogCaptureFixture
) -> None:
    pool = make_pool()
    before = pool.pids()
    killer = stopped_while_busy(pool, slow_bmp())
    with caplog.at_level(logging.WARNING, "readstone.decode"), pytest.raises(Refusal) as caught:
        pool.decode(slow_bmp(), LIMITS)
    killer.join()
    assert caught.value.reason is Reason.IMAGE_FORMAT
    assert [record.getMessage() for record in caplog.records] == ["image decoder ended, status -9; its file is refused"]
    data, pixels = png(100, 3)
    assert np.array_equal(pool.decode(data, LIMITS).pixels, pixels)
    assert pool.pids() != before


def test_a_file_that_takes_too_long_is_refused(make_pool: Callable[..., DecoderPool]) -> None:
    pool = make_pool(seconds=0.3)
    pids = pool.pids()
    start = time.perf_counter()
    with pytest.raises(Refusal) as caught:
        pool.decode(slow_bmp(), LIMITS)
    assert caught.value.reason is Reason.IMAGE_FORMAT
    assert time.perf_counter() - start < 1
    data, pixels = png(100, 3)
    assert np.array_equal(pool.decode(data, LIMITS).pixels, pixels)
    assert len(pool.pids()) == len(pids)


def test_a_stuck_child_is_killed(make_pool: Callable[..., DecoderPool], caplog: pytest.LogCaptureFixture) -> None:
    pool = make_pool(seconds=1.0)
    (pid,) = pool.pids()
    child = psutil.Process(pid)
    idle = sum(child.cpu_times()[:2])

    def stop() -> None:
        while sum(child.cpu_times()[:2]) < idle + 0.05:
            time.sleep(0.002)
        os.kill(pid, signal.SIGSTOP)

    stopper = threading.Thread(target=stop)
    stopper.start()
    with caplog.at_level(logging.WARNING, "readstone.decode"), pytest.raises(Refusal) as caught:
        pool.decode(slow_bmp(), LIMITS)
    stopper.join()
    assert caught.value.reason is Reason.IMAGE_FORMAT
    assert "image decoder took over 1 s; its file is refused" in caplog.text
    assert not psutil.pid_exists(pid)


def test_a_child_killed_between_requests_costs_nobody(make_pool: Callable[..., DecoderPool]) -> None:
    pool = make_pool()
    data, pixels = png(100, 4)
    for _ in range(3):
        os.kill(pool.pids()[0], signal.SIGKILL)
        assert np.array_equal(pool.decode(data, LIMITS).pixels, pixels)


def test_sixteen_threads_get_their_own_pictures(make_pool: Callable[..., DecoderPool]) -> None:
    pool = make_pool(2)
    files = [png(60 + number, number) for number in range(64)]
    with ThreadPoolExecutor(16) as threads:
        pictures = list(threads.map(lambda file: pool.decode(file[0], LIMITS), files))
    for picture, (_, pixels) in zip(pictures, files, strict=True):
        assert np.array_equal(picture.pixels, pixels)


def test_memory_returns_after_a_large_picture(make_pool: Callable[..., DecoderPool]) -> None:
    pool = make_pool()
    (pid,) = pool.pids()
    pool.decode(png(100, 1)[0], LIMITS)
    before = psutil.Process(pid).memory_info().rss
    written = io.BytesIO()
    Image.new("RGB", (4200, 4200), (1, 2, 3)).save(written, "JPEG", progressive=True)
    for _ in range(3):
        pool.decode(written.getvalue(), LIMITS)
        pool.decode(png(100, 1)[0], LIMITS)
    assert psutil.Process(pid).memory_info().rss - before < 16 << 20


def test_no_descriptor_is_left_over(make_pool: Callable[..., DecoderPool]) -> None:
    pool = make_pool()
    data = png(60, 1)[0]
    pool.decode(data, LIMITS)
    before, childs_before = descriptors(), psutil.Process(pool.pids()[0]).num_fds()
    kept = [pool.decode(data, LIMITS) for _ in range(200)]
    assert descriptors() == before
    child = psutil.Process(pool.pids()[0])
    assert left_open(child, childs_before) <= childs_before
    assert len(kept) == 200


def test_nothing_is_left_after_close() -> None:
    before = descriptors()
    pool = DecoderPool(2)
    pool.start()
    pids = pool.pids()
    pool.close()
    pool.close()
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert descriptors() == before
    with pytest.raises(Refusal) as caught:
        pool.decode(b"x", LIMITS)
    assert caught.value.reason is Reason.UNAVAILABLE


def test_close_ends_requests_under_way_and_waiting(make_pool: Callable[..., DecoderPool]) -> None:
    pool = make_pool()
    data = slow_bmp()
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(pool.decode, data, LIMITS) for _ in range(4)]
        time.sleep(0.2)
        pool.close()
        for answer in asked:
            error = answer.exception(5)
            assert isinstance(error, Refusal)
            assert error.reason is Reason.UNAVAILABLE


def test_children_end_with_the_server() -> None:
    script = (
        "import sys, time\n"
        "from readstone.intake.decoder_process import DecoderPool\n"
        "pool = DecoderPool(2); pool.start(); print(*pool.pids(), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        children = [psutil.Process(int(pid)) for pid in server.stdout.readline().split()]
        assert len(children) == 2
        os.kill(children[0].pid, signal.SIGINT)
        time.sleep(0.1)
        assert children[0].is_running()
        server.kill()
    gone, alive = psutil.wait_procs(children, timeout=5)
    assert not alive
    assert len(gone) == 2


def test_the_child_does_not_see_the_servers_secrets(
    make_pool: Callable[..., DecoderPool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READSTONE_KEYS", "0123456789")
    seen = psutil.Process(make_pool().pids()[0]).environ()
    assert "READSTONE_KEYS" not in seen


def test_a_pool_must_be_started_and_have_a_process() -> None:
    with pytest.raises(RuntimeError):
        DecoderPool().decode(b"x", LIMITS)
    with pytest.raises(ValueError, match="process"):
        DecoderPool(0)
