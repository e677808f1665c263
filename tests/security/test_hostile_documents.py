"""Hostile documents through the decoder's processes (tests T1 and T2 of the plan, below HTTP)."""

from __future__ import annotations

import random
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
import pytest

from readstone.domain.document import Unit
from readstone.domain.refusals import Reason, Refusal
from readstone.intake.decoder_process import DecoderPool
from readstone.intake.document import DocumentLimits
from security.hostile_documents import damaged_documents, good_documents, hostile_documents
from security.hostile_images import hostile_images
from security.hostile_pdfs import text_page

READ = DocumentLimits(frozenset({"Jpeg", "Png", "Bmp", "Pdf", "Tiff"}), 50, 10_000, 10_000 * 10_000, 17.0, 2000)
ALLOWED = {
    Reason.IMAGE_FORMAT,
    Reason.UNSUPPORTED_IMAGE_FORMAT,
    Reason.INVALID_IMAGE,
    Reason.IMAGE_DIMENSION,
    Reason.PAGE_RANGE,
}
MEGABYTE = 1 << 20
HOSTILE = hostile_documents()
GOOD = text_page(["the pool is alive"])
REFUSED_AT_THE_DOOR = {"pdf-pages-none", "pdf-page-200-inch", "pdf-objects-bomb", "pdf-encrypted", "tiff-circle"}


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    pool = DecoderPool(1)
    pool.start()
    pool.page(GOOD, 1, READ)  # pdfium is loaded with the first PDF
    yield pool
    pool.close()


def try_one(pool: DecoderPool, name: str, data: bytes) -> bool:
    """The property: a refusal that names the document, or a page within the limits; whether it was refused."""
    number = 1
    try:
        info = pool.inspect(data, READ)
        assert info.page_count >= 1, name
        number = min(info.page_count, 2)
        picture, sheet = pool.page(data, number, READ)
    except Refusal as refusal:
        reason = refusal.reason
    else:
        reason = None
    if reason is not None:
        assert reason in ALLOWED, name
        return True
    assert sheet.number == number
    assert max(picture.width, picture.height) <= (4200 if sheet.unit is Unit.INCH else 10_000)
    assert picture.pixels.shape == (picture.height, picture.width, 3)
    if sheet.unit is Unit.INCH:
        assert max(sheet.width, sheet.height) <= 17.01
    return False


@contextmanager
def peak_of(pool: DecoderPool) -> Iterator[list[int]]:
    """Bytes resident in the pool's children: [before, highest]. The server's own part is the pixels it asked for."""

    def resident() -> int:
        total = 0
        for pid in pool.pids():
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


def busy(pool: DecoderPool) -> float:
    """Processor seconds of all children so far, dead and alive: other tests may share the cores."""
    past = resource.getrusage(resource.RUSAGE_CHILDREN)
    return past.ru_utime + past.ru_stime + sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pool.pids())


def test_good_documents_are_drawn(pool: DecoderPool) -> None:
    for kind, data in good_documents(random.Random(1)):
        assert not try_one(pool, kind, data), kind


def test_damaged_documents_are_refused_or_drawn_within_limits(pool: DecoderPool) -> None:
    with peak_of(pool) as seen:
        for name, data in damaged_documents(2026, 216):
            start = busy(pool)
            try_one(pool, name, data)
            assert busy(pool) - start < 5, name
    assert seen[1] - seen[0] < 256 * MEGABYTE
    assert not try_one(pool, "good", GOOD)


def test_damaged_images_are_refused_for_the_right_reason(pool: DecoderPool) -> None:
    refused = sum(try_one(pool, name, data) for name, data in hostile_images(62, 300))
    assert refused > 100


@pytest.mark.parametrize(("name", "data"), HOSTILE, ids=[name for name, _ in HOSTILE])
def test_hostile_documents_cost_little(pool: DecoderPool, name: str, data: bytes) -> None:
    start, since = busy(pool), time.perf_counter()
    with peak_of(pool) as seen:
        refused = try_one(pool, name, data)
    assert busy(pool) - start < 5
    assert time.perf_counter() - since < 30, "the server never waits longer, however busy the machine"
    if refused:
        assert seen[1] - seen[0] < 256 * MEGABYTE
    if name in REFUSED_AT_THE_DOOR:
        with pytest.raises(Refusal):
            pool.inspect(data, READ)
    assert not try_one(pool, "good", GOOD)
