"""Reading and looking at one picture side by side."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest

from readers import BrokenReader, FixedReader, HeldReader
from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture
from readstone.domain.refusals import Cancelled, Reason, Refusal
from readstone.domain.scene import Feature, Scene, SceneOptions
from readstone.engines.protocols import SceneViewer, TextReader, never
from readstone.inference.analysing import Analysing, Analysis
from readstone.inference.pool import WorkPool
from readstone.inference.reading import ReaderSlot
from readstone.inference.seeing import ViewerSlot
from readstone.intake.decode import ImageLimits
from readstone.intake.limits import ANALYSIS
from sights import ground
from viewers import BrokenViewer, FixedViewer, HeldViewer

TAGS = SceneOptions(frozenset({Feature.TAGS}))
READ = ReadOptions()


class CountingDecoder:
    """Gives the same picture for all data; counts how often."""

    def __init__(self) -> None:
        self.decoded = 0

    def decode(self, _data: bytes, _limits: ImageLimits) -> Picture:
        self.decoded += 1
        return Picture(ground("room"), "Png")


class WaitingViewer:
    """Asks for the text, as crops do; `shown` is what it got."""

    def __init__(self) -> None:
        self.shown: list[object] = []

    def see(self, picture: Picture, options: SceneOptions, cancelled: Callable[[], bool] = never) -> Scene:
        self.shown.append(options.text())
        return Scene(picture.width, picture.height, tags=())


Analyse = Callable[[TextReader, SceneViewer, SceneOptions, ReadOptions | None], Analysis]


@pytest.fixture
def decoder() -> CountingDecoder:
    return CountingDecoder()


@pytest.fixture
def pool() -> Iterator[WorkPool]:
    pool = WorkPool(workers=1, queue=1)
    yield pool
    pool.close()


@pytest.fixture
def analyse(pool: WorkPool, decoder: CountingDecoder) -> Iterator[Analyse]:
    made: list[Analysing] = []

    def analyse(reader: TextReader, viewer: SceneViewer, see: SceneOptions, read: ReadOptions | None) -> Analysis:
        slot = ReaderSlot()
        slot.put(reader)
        made.append(Analysing(pool, decoder, slot, ViewerSlot(lambda: viewer), lambda word, _: word, workers=1))
        return asyncio.run(asyncio.wait_for(made[-1].analyse(b"", ANALYSIS.image, see, read), 20))

    yield analyse
    for analysing in made:
        analysing.close()


def test_decoded_once_for_both(analyse: Analyse, decoder: CountingDecoder) -> None:
    viewer = WaitingViewer()
    analysis = analyse(FixedReader(), viewer, TAGS, READ)
    assert decoder.decoded == 1
    assert analysis.page
    assert viewer.shown == [analysis.page]
    assert analysis.scene.tags == ()


def test_who_is_not_asked_does_nothing(analyse: Analyse) -> None:
    reader, viewer = FixedReader(), FixedViewer()
    assert analyse(reader, viewer, TAGS, None).page is None
    assert not reader.asked
    text_alone = analyse(reader, viewer, SceneOptions(frozenset()), READ)
    assert len(viewer.asked) == 1
    assert text_alone.scene == Scene(640, 480)


def test_a_broken_reader_frees_the_viewer_that_waits_for_it(analyse: Analyse) -> None:
    with pytest.raises(ZeroDivisionError):
        analyse(BrokenReader(), WaitingViewer(), TAGS, READ)


def test_a_broken_reader_stops_the_viewer(analyse: Analyse) -> None:
    held = HeldViewer()
    with pytest.raises(ZeroDivisionError):
        analyse(BrokenReader(), held, TAGS, READ)
    assert held.dropped.acquire(timeout=5)


def test_a_broken_viewer_stops_the_reader(analyse: Analyse) -> None:
    held = HeldReader()
    with pytest.raises(ZeroDivisionError):
        analyse(held, BrokenViewer(), TAGS, READ)
    assert held.dropped.acquire(timeout=5)


def test_a_viewer_that_cannot_be_loaded(pool: WorkPool, decoder: CountingDecoder) -> None:
    def missing() -> SceneViewer:
        raise OSError("no such file")

    slot = ReaderSlot()
    slot.put(FixedReader())
    analysing = Analysing(pool, decoder, slot, ViewerSlot(missing), lambda word, _: word, workers=1)
    with pytest.raises(Refusal) as refused:
        asyncio.run(analysing.analyse(b"", ANALYSIS.image, TAGS, READ))
    assert refused.value.reason is Reason.UNAVAILABLE
    analysing.close()


def test_a_caller_that_leaves_stops_both(pool: WorkPool, decoder: CountingDecoder) -> None:
    reader, viewer = HeldReader(), HeldViewer()
    slot = ReaderSlot()
    slot.put(reader)
    analysing = Analysing(pool, decoder, slot, ViewerSlot(lambda: viewer), lambda word, _: word, workers=1)

    async def leave() -> None:
        call = asyncio.ensure_future(analysing.analyse(b"", ANALYSIS.image, TAGS, READ))
        both = threading.Thread(target=lambda: (reader.started.acquire(timeout=10), viewer.started.acquire(timeout=10)))
        both.start()
        await asyncio.to_thread(both.join)
        call.cancel()
        with pytest.raises((asyncio.CancelledError, Cancelled)):
            await call

    asyncio.run(leave())
    assert reader.dropped.acquire(timeout=5)
    assert viewer.dropped.acquire(timeout=5)
    analysing.close()
