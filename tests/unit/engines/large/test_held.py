"""An engine is loaded when it is used, for one caller at a time, and dropped when it is idle."""

from __future__ import annotations

import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from readstone.domain.refusals import Cancelled, Reason, Refusal
from readstone.engines.large.held import Held


class Engine:
    pass


def until(true: object, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():  # type: ignore[operator]
            return True
        time.sleep(0.01)
    return False


def test_loaded_once_and_only_when_used() -> None:
    made: list[Engine] = []

    def load() -> Engine:
        made.append(Engine())
        return made[-1]

    held = Held("x", load)
    assert not held.loaded
    for _ in range(3):
        with held.use() as engine:
            assert engine is made[0]
    assert len(made) == 1
    assert held.loaded


def test_dropped_when_idle_and_loaded_anew() -> None:
    released = threading.Event()
    held = Held("x", Engine, idle_seconds=0.2, release=released.set)
    with held.use() as engine:
        time.sleep(0.3)
        assert held.loaded, "in use"
        gone = weakref.ref(engine)
    del engine
    assert until(lambda: gone() is None)
    assert released.is_set()
    assert not held.loaded
    with held.use():
        assert held.loaded
    held.close()
    assert not held.loaded


def test_use_puts_off_the_drop() -> None:
    held = Held("x", Engine, idle_seconds=100)
    with held.use() as first:
        pass
    held._drop_if_idle()  # as the timer calls it
    with held.use() as engine:
        assert engine is first
    held.close()


def test_kept_where_idle_is_0() -> None:
    held = Held("x", Engine)
    with held.use():
        pass
    time.sleep(0.1)
    assert held.loaded


def test_one_caller_at_a_time() -> None:
    inside, most = 0, 0
    held = Held("x", Engine)
    lock = threading.Lock()

    def work(_: int) -> None:
        nonlocal inside, most
        with held.use():
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.01)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(16)))
    assert most == 1


def test_who_leaves_does_not_wait() -> None:
    held = Held("x", Engine)
    with held.use(), pytest.raises(Cancelled), ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: held.use(lambda: True).__enter__()).result(10)


def test_a_failed_load_is_a_refusal_and_tried_again() -> None:
    faults = [ValueError("secret path /x")]

    def load() -> Engine:
        if faults:
            raise faults.pop()
        return Engine()

    held = Held("x", load)
    with pytest.raises(Refusal) as refused, held.use():
        pass
    assert refused.value.reason is Reason.UNAVAILABLE
    assert "secret" not in refused.value.message
    with held.use():
        assert held.loaded
