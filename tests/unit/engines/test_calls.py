"""Which call of a model comes next. One thread is kept busy until all that is to be compared waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from readstone.domain.standing import Standing
from readstone.engines.read.calls import Calls

SECONDS = 30.0  # nothing takes that long; a test that fails is not to hang

FIRST, SECOND, THIRD = Standing(0), Standing(5), Standing(9)


class Clock:
    """Stands still but for what `work` takes."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def work(self, seconds: float) -> Callable[[bool], None]:
        def take(_wide: bool) -> None:
            self.now += seconds

        return take


@contextmanager
def busy(calls: Calls, standing: Standing = FIRST, *, large: int = 0) -> Iterator[Future[bool]]:
    """A thread of `calls` is at work until the end of this context."""
    begun, go_on = threading.Event(), threading.Event()

    def work(wide: bool) -> bool:
        begun.set()
        assert go_on.wait(SECONDS)
        return wide

    future = calls.add(work, standing, large=large)
    assert begun.wait(SECONDS)
    try:
        yield future
    finally:
        go_on.set()


class Log:
    """The order in which calls were made."""

    def __init__(self, calls: Calls) -> None:
        self.names: list[str] = []
        self._calls = calls
        self._futures: list[Future[None]] = []

    def add(self, name: str, standing: Standing, *, large: int = 0) -> Future[None]:
        future = self._calls.add(lambda _wide: self.names.append(name), standing, large=large)
        self._futures.append(future)
        return future

    def order(self) -> list[str]:
        for future in self._futures:
            future.result(SECONDS)
        return self.names


def test_what_stands_first_comes_first_and_equals_in_order() -> None:
    calls = Calls(1, 1)
    log = Log(calls)
    with busy(calls):
        for name, standing in (("a", THIRD), ("b", SECOND), ("c", FIRST), ("d", THIRD), ("e", FIRST), ("f", SECOND)):
            log.add(name, standing)
    assert log.order() == ["c", "e", "b", "f", "a", "d"]


def test_results_and_faults_come_back() -> None:
    calls = Calls(2, 1)
    assert calls.add(lambda wide: ("small", wide), FIRST).result(SECONDS) == ("small", False)
    with pytest.raises(ZeroDivisionError):
        calls.add(lambda _: 1 // 0, FIRST, large=True).result(SECONDS)
    assert calls.add(lambda _: "goes on", FIRST, large=True).result(SECONDS) == "goes on"


def test_a_call_that_nobody_wants_any_more_is_not_made() -> None:
    calls = Calls(1, 1)
    log = Log(calls)
    with busy(calls):
        gone = calls.add(lambda _: log.names.append("gone"), FIRST)
        log.add("behind it", SECOND)
        assert gone.cancel()
    assert log.order() == ["behind it"]


def test_large_calls_are_few_at_a_time_and_small_ones_pass() -> None:
    calls = Calls(2, 1)
    log = Log(calls)
    with calls.page(FIRST), calls.page(FIRST), busy(calls, large=True):
        waits = log.add("large", FIRST, large=True)
        calls.add(lambda _: log.names.append("small"), SECOND).result(SECONDS)
        assert not waits.done()
    assert log.order() == ["small", "large"]


def test_a_lone_page_has_all_cores() -> None:
    calls = Calls(2, 1)

    def wide() -> bool:
        return calls.add(lambda wide: wide, SECOND, large=True).result(SECONDS)

    with calls.page(SECOND):
        assert wide()
        with calls.page(SECOND):
            assert not wide()
        with calls.page(FIRST):
            assert not wide()
        with calls.page(Standing(SECOND.rank + 1)):  # near: it may well be first with its next page
            assert not wide()
        with calls.page(THIRD):
            assert wide()
        assert wide()


def test_who_has_all_cores_is_waited_for_by_who_stands_behind() -> None:
    calls = Calls(2, 2)
    log = Log(calls)
    with calls.page(SECOND), calls.page(THIRD), busy(calls, SECOND, large=True) as running:
        held = [log.add("behind", THIRD), log.add("behind, large", THIRD, large=True)]
        log.add("of the same page", SECOND).result(SECONDS)
        with calls.page(FIRST):
            log.add("before it", FIRST, large=True).result(SECONDS)
        assert not any(future.done() for future in held)
    assert running.result(SECONDS)
    assert sorted(log.order()[2:]) == ["behind", "behind, large"]
    assert log.names[:2] == ["of the same page", "before it"]


def test_who_stands_behind_has_an_eighth_of_the_time_for_himself() -> None:
    clock = Clock()
    calls = Calls(1, 1, clock)
    made: list[tuple[str, float]] = []

    def add(name: str, standing: Standing, seconds: float) -> Future[None]:
        work = clock.work(seconds)

        def call(wide: bool) -> None:
            made.append((name, seconds))
            work(wide)

        return calls.add(call, standing)

    with busy(calls):
        futures = [add("behind", THIRD, 0.2) for _ in range(20)]
        futures += [add("first", FIRST, 0.02) for _ in range(1000)]
    for future in futures:
        future.result(SECONDS)
    names = [name for name, _ in made]
    # A page of 50 lines is not interrupted, and then the oldest that waits has its eighth.
    assert names[:99] == ["first"] * 99
    waited = sum(seconds for name, seconds in made[:1000] if name == "first")
    had = sum(seconds for name, seconds in made[:1000] if name == "behind")
    assert had == pytest.approx(waited / 8, abs=0.3)


def test_what_is_owed_goes_to_the_longest_waiting_and_is_paid_off_by_what_is_had_anyway() -> None:
    clock = Clock()
    calls = Calls(1, 1, clock)
    log = Log(calls)

    def pass_by(seconds: float) -> None:
        with busy(calls):
            others = [log.add("third", THIRD), log.add("second", SECOND)]
            passing = calls.add(clock.work(seconds), FIRST)
            last = log.add("first", FIRST)
        for future in (passing, last, *others):
            future.result(SECONDS)

    pass_by(2.5)  # an eighth of it is enough for those behind to come first, until they have had it
    assert log.names == ["third", "second", "first"]
    log.names.clear()
    calls.add(clock.work(5.0), THIRD).result(SECONDS)
    pass_by(1.0)
    assert log.names == ["first", "second", "third"]


def test_who_asked_is_told_what_was_spent() -> None:
    clock, told = Clock(), dict[str, float]()

    def standing(name: str) -> Standing:
        return Standing(3, lambda seconds: told.update({name: told.get(name, 0.0) + seconds}))

    calls = Calls(4, 2, clock)
    calls.add(clock.work(0.5), standing("one core")).result(SECONDS)
    calls.add(clock.work(0.25), standing("all cores"), large=True).result(SECONDS)
    assert told == {"one core": 0.5, "all cores": 1.0}


def test_what_waits_is_answered_when_the_interpreter_ends() -> None:
    calls = Calls(2, 1)
    log = Log(calls)
    with calls.page(FIRST), calls.page(FIRST), busy(calls, large=True):
        log.add("large", FIRST, large=True)
        calls.add(lambda _: None, FIRST).result(SECONDS)  # by now a thread has looked at the large one and left it
        calls.add(lambda _: None, FIRST).result(SECONDS)
        calls._threads.shutdown(wait=False)
    assert log.order() == ["large"]


def test_large_calls_are_made_side_by_side_as_far_as_there_is_room() -> None:
    calls = Calls(4, large=10)
    log = Log(calls)
    with calls.page(FIRST), calls.page(FIRST), busy(calls, large=4):
        log.add("beside it", FIRST, large=6).result(SECONDS)
        with busy(calls, large=3):
            waits = log.add("too large", FIRST, large=4)
            log.add("line", FIRST).result(SECONDS)
            assert not waits.done()
    waits.result(SECONDS)
    assert log.order() == ["beside it", "line", "too large"]


def test_small_ones_that_come_later_keep_no_larger_one_waiting() -> None:
    calls = Calls(4, large=10)
    log = Log(calls)
    with calls.page(FIRST), calls.page(FIRST), busy(calls, large=4):
        log.add("all of it", FIRST, large=99)
        later = log.add("later", FIRST, large=1)
        log.add("line", FIRST).result(SECONDS)
        assert not later.done()
    later.result(SECONDS)
    assert sorted(log.order()[1:]) == ["all of it", "later"]
