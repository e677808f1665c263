"""Calls at the same time are joined; nobody waits for company, and every caller gets what is his."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from readstone.domain.picture import RgbPixels
from readstone.domain.refusals import Cancelled
from readstone.engines.large import trocr
from readstone.engines.large.gathering import Gathering
from readstone.engines.large.handwriting import PluggedHandwriting, ReadsTogether
from readstone.engines.large.held import Held
from readstone.engines.large.runtime import Torch
from readstone.engines.large.trocr import TrOcr
from readstone.engines.protocols import LineRecogniser
from readstone.engines.read.handwriting import HandwritingRecogniser
from readstone.engines.read.recognise import Glyph, Reading
from tiny_models import SIGNS

SECONDS = 60.0  # until a test gives up; nothing waits so long


@dataclass
class Doubling:
    """Doubles numbers, once it is let; 13 it does not like. `calls`: what came together."""

    let: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    calls: list[list[int]] = field(default_factory=list)

    def __call__(self, items: Sequence[int]) -> Iterator[int]:
        self.calls.append(list(items))
        self.begun.set()
        assert self.let.wait(SECONDS)
        for item in items:
            if item == 13:
                raise ValueError("13")
            yield 2 * item


def waiting(gathering: Gathering[Any, Any], count: int) -> None:
    """Until so many wait for the next call."""
    deadline = time.monotonic() + SECONDS
    while len(gathering._waiting) < count:
        assert time.monotonic() < deadline, "they do not come"
        time.sleep(0.002)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(20) as pool:
        yield pool


def behind_one(
    threads: ThreadPoolExecutor, gathering: Gathering[int, int], doubling: Doubling, *items: int
) -> list[Future[int]]:
    """Calls with `items` that wait, in this order, for the end of a call with 1."""
    futures = [threads.submit(gathering.do, 1)]
    assert doubling.begun.wait(SECONDS)
    for count, item in enumerate(items, 1):
        futures.append(threads.submit(gathering.do, item))
        waiting(gathering, count)
    return futures


def test_who_comes_alone_begins_at_once() -> None:
    doubling = Doubling()
    doubling.let.set()
    gathering = Gathering(doubling, 8)
    assert [gathering.do(number) for number in range(3)] == [0, 2, 4]
    assert doubling.calls == [[0], [1], [2]]


def test_who_comes_meanwhile_is_the_next_call_together(threads: ThreadPoolExecutor) -> None:
    doubling = Doubling()
    gathering = Gathering(doubling, 4)
    futures = behind_one(threads, gathering, doubling, 2, 3, 4, 5, 6, 7)
    doubling.let.set()
    assert [future.result(SECONDS) for future in futures] == [2, 4, 6, 8, 10, 12, 14]
    assert doubling.calls == [[1], [2, 3, 4, 5], [6, 7]]
    assert gathering.do(8) == 16


def test_a_fault_reaches_all_who_have_nothing_yet_and_the_next_call_goes_on(threads: ThreadPoolExecutor) -> None:
    doubling = Doubling()
    gathering = Gathering(doubling, 3)
    futures = behind_one(threads, gathering, doubling, 2, 13, 4, 5)
    doubling.let.set()
    assert futures[1].result(SECONDS) == 4, "it was done before"
    for future in futures[2:4]:
        with pytest.raises(ValueError, match="13"):
            future.result(SECONDS)
    assert futures[4].result(SECONDS) == 10


def test_a_model_that_answers_too_little_is_a_fault() -> None:
    gathering: Gathering[int, int] = Gathering(lambda _: [], 3)
    for _ in range(2):
        with pytest.raises(ValueError, match="shorter"):
            gathering.do(1)


@pytest.mark.parametrize("leaver", [0, 1, 2])
def test_who_left_is_dropped(threads: ThreadPoolExecutor, leaver: int) -> None:
    doubling = Doubling()
    gathering = Gathering(doubling, 8)
    behind_one(threads, gathering, doubling)
    gone = threading.Event()
    futures = []
    for count in range(3):
        futures.append(threads.submit(gathering.do, count, gone.is_set if count == leaver else lambda: False))
        waiting(gathering, count + 1)
    gone.set()
    with pytest.raises(Cancelled):
        futures[leaver].result(SECONDS)
    doubling.let.set()
    stay = [count for count in range(3) if count != leaver]
    assert [futures[count].result(SECONDS) for count in stay] == [2 * count for count in stay]
    assert doubling.calls == [[1], stay]


def test_who_leaves_when_it_is_his_turn_to_begin_passes_it_on(threads: ThreadPoolExecutor) -> None:
    doubling = Doubling()
    gathering = Gathering(doubling, 8)
    first = behind_one(threads, gathering, doubling)[0]
    leaving = threads.submit(gathering.do, 2, first.done)  # has left by the time that its turn comes
    waiting(gathering, 1)
    staying = threads.submit(gathering.do, 3)
    waiting(gathering, 2)
    doubling.let.set()
    assert first.result(SECONDS) == 2
    assert staying.result(SECONDS) == 6
    assert leaving.exception(SECONDS) is None or isinstance(leaving.exception(), Cancelled)
    with pytest.raises(Cancelled):
        gathering.do(4, lambda: True)
    assert gathering.do(5) == 10


def test_many_threads_for_long(threads: ThreadPoolExecutor) -> None:
    calls = []

    def work(items: Sequence[int]) -> list[int]:
        calls.append(len(items))
        time.sleep(0.001)
        return [2 * item for item in items]

    gathering = Gathering(work, 8)

    def caller(number: int) -> int:
        try:
            return gathering.do(number, (lambda: True) if number % 7 == 0 else lambda: False)
        except Cancelled:
            return -1

    found = list(threads.map(caller, range(2000)))
    assert all(made == 2 * number or (made == -1 and number % 7 == 0) for number, made in enumerate(found))
    assert max(calls) <= 8
    assert len(calls) < 1900
    assert not gathering._waiting


# --- TrOCR in miniature ----------------------------------------------------------------------------------------


def lines(count: int) -> list[RgbPixels]:
    """No two of one width, in patches of colours."""
    dice = np.random.default_rng(11)
    patches = np.ones((12, 1, 1), np.uint8)
    return [
        np.kron(dice.integers(0, 256, (4, 4, 3)).astype(np.uint8), np.repeat(patches, 15 + 5 * at, 1))
        for at in range(count)
    ]


@pytest.fixture
def recogniser(built: Callable[[str], Path], runtime: Torch, monkeypatch: pytest.MonkeyPatch) -> TrOcr:
    """One that writes something else to each line, and ends some before others: "g" is its full stop."""
    monkeypatch.setattr(trocr, "_LONGEST", 8)
    made = TrOcr(built("trocr"), runtime)
    with runtime.torch.no_grad():
        for weights in made._model.parameters():
            if weights.dim() > 1:
                weights.mul_(20)
    made._model.generation_config.eos_token_id = 4 + SIGNS.index("g")
    return made


def test_lines_together_are_read_as_one_by_one(recogniser: TrOcr) -> None:
    alone = [recogniser.read(line) for line in lines(6)]
    assert len({len(text) for text, _ in alone}) > 2
    together = recogniser.read_lines(lines(6))
    assert [text for text, _ in together] == [text for text, _ in alone]
    assert [probability for _, probability in together] == pytest.approx([one for _, one in alone], rel=1e-2)


@dataclass
class Counted:
    """TrOCR, sure of itself; its first call takes until the others wait."""

    inner: TrOcr
    go: threading.Event = field(default_factory=threading.Event)
    calls: list[int] = field(default_factory=list)

    def read(self, line: RgbPixels) -> tuple[str, float]:
        raise AssertionError("one by one")

    def read_lines(self, lines: Sequence[RgbPixels]) -> list[tuple[str, float]]:
        self.calls.append(len(lines))
        assert self.go.wait(SECONDS)
        return [(text, 0.9) for text, _ in self.inner.read_lines(lines)]


@dataclass
class Guide:
    """Has read each line, told by its width, as the model does alone."""

    said: dict[int, str]

    def read(self, views: Sequence[RgbPixels]) -> Reading:
        said = self.said[views[0].shape[1]]
        return Reading(tuple(Glyph(sign, 20.0 * at, 0.6) for at, sign in enumerate(said)), 0.6)


def test_lines_of_many_threads_share_calls(recogniser: TrOcr, threads: ThreadPoolExecutor) -> None:
    assert isinstance(recogniser, ReadsTogether)
    said = {line.shape[1]: recogniser.read(line)[0] for line in lines(16)}
    counted = Counted(recogniser)
    held: Held[LineRecogniser] = Held("x", lambda: counted)
    hands = PluggedHandwriting(held, cast(HandwritingRecogniser, Guide(said)))
    futures = [threads.submit(hands.read, (line,)) for line in lines(16)]
    waiting(hands._together, 15)
    counted.go.set()
    assert [future.result(SECONDS).text for future in futures] == [said[line.shape[1]] for line in lines(16)]
    assert {future.result().score for future in futures} == {0.9}
    assert counted.calls == [1, 15]


def test_a_recogniser_of_single_lines_is_asked_for_single_lines(threads: ThreadPoolExecutor) -> None:
    class Single:
        calls = 0

        def read(self, line: RgbPixels) -> tuple[str, float]:
            self.calls += 1
            return "abc", 0.9

    single = Single()
    held: Held[LineRecogniser] = Held("x", lambda: single)
    hands = PluggedHandwriting(held, cast(HandwritingRecogniser, Guide({line.shape[1]: "abc" for line in lines(9)})))
    assert [reading.text for reading in threads.map(hands.read, [(line,) for line in lines(9)])] == ["abc"] * 9
    assert single.calls == 9
