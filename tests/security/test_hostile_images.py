"""Hostile files through the decoder's processes (tests T1 and T2 of the plan, below HTTP)."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import numpy as np
import psutil
import pytest
from PIL import Image

from readstone.domain.refusals import Reason, Refusal
from readstone.intake.decode import ImageLimits
from readstone.intake.decoder_process import DecoderPool
from security.hostile_images import bombs, hostile_images, may_decode

EVERYTHING = ImageLimits(frozenset({"Jpeg", "Png", "Gif", "Bmp", "Webp", "Ico", "Tiff", "Mpo"}), 50, 4200, 4200 * 4200)
ALLOWED = {Reason.IMAGE_FORMAT, Reason.IMAGE_TOO_SMALL, Reason.IMAGE_DIMENSION}
MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    pool = DecoderPool(1)
    pool.start()
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def small_pixels() -> np.ndarray:
    return np.arange(60 * 70 * 3, dtype=np.uint32).astype(np.uint8).reshape(60, 70, 3)


@pytest.fixture(scope="module")
def small_png(small_pixels: np.ndarray) -> bytes:
    written = io.BytesIO()
    Image.fromarray(small_pixels).save(written, "PNG")
    return written.getvalue()


def try_one(pool: DecoderPool, name: str, data: bytes) -> None:
    """The property: a refusal that names the image, or a whole picture within the limits."""
    picture = None
    reason = Reason.IMAGE_FORMAT
    try:
        picture = pool.decode(data, EVERYTHING)
    except Refusal as refusal:
        reason = refusal.reason
    assert reason in ALLOWED, name
    if picture is not None:
        assert may_decode(name), name
        assert picture.pixels.shape == (picture.height, picture.width, 3)
        assert picture.pixels.dtype == np.uint8
        assert min(picture.width, picture.height) >= 50
        assert max(picture.width, picture.height) <= 4200


@contextmanager
def peak_of_tree(pool: DecoderPool) -> Iterator[list[int]]:
    """Bytes resident in this process and the pool's children together: [before, highest]."""

    def resident() -> int:
        total = 0
        for pid in [psutil.Process().pid, *pool.pids()]:
            with suppress(psutil.Error):
                total += psutil.Process(pid).memory_info().rss
        return total

    seen = [resident(), 0]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.002):
            seen[1] = max(seen[1], resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def test_the_corpus_is_the_same_every_time() -> None:
    assert hostile_images(5, 300) == hostile_images(5, 300)
    assert hostile_images(5, 300) != hostile_images(6, 300)
    assert len({name for name, _ in hostile_images(5, 300)}) == 300


def test_damaged_files_are_refused_or_decoded_within_limits(
    pool: DecoderPool, small_png: bytes, small_pixels: np.ndarray
) -> None:
    pids = pool.pids()
    with peak_of_tree(pool) as seen:
        for name, data in hostile_images(2024, 500):
            start = time.perf_counter()
            try_one(pool, name, data)
            assert time.perf_counter() - start < 5, name
            assert np.array_equal(pool.decode(small_png, EVERYTHING).pixels, small_pixels), name
    assert seen[1] - seen[0] < 256 * MEGABYTE
    assert pool.pids() == pids, "a damaged file cost a child"


@pytest.mark.parametrize(("name", "data"), bombs(), ids=[name for name, _ in bombs()])
def test_bombs_cost_little(
    pool: DecoderPool, name: str, data: bytes, small_png: bytes, small_pixels: np.ndarray
) -> None:
    (child,) = (psutil.Process(pid) for pid in pool.pids())
    busy = sum(child.cpu_times()[:2])
    start = time.perf_counter()
    with peak_of_tree(pool) as seen:
        try_one(pool, name, data)
    # Processor time, since other tests may share the cores; what is read after all may take T1's time.
    assert sum(child.cpu_times()[:2]) - busy < 2, "or the child is gone"
    assert time.perf_counter() - start < 5
    assert seen[1] - seen[0] < 256 * MEGABYTE
    assert np.array_equal(pool.decode(small_png, EVERYTHING).pixels, small_pixels)
