"""Joins calls that several threads make at the same time into one call of a model.

A large model on a graphics processor does eight lines in little more than the time of one. Nobody waits for company:
who comes while nothing is under way begins at once, and those who come meanwhile are the next call together.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar, cast

from readstone.domain.refusals import Cancelled
from readstone.engines.protocols import never

Item = TypeVar("Item")
Made = TypeVar("Made")

_GLANCE_SECONDS = 0.05


class _Call(Generic[Item, Made]):
    """One caller's; `told` is set when it is done, or when it is its caller's turn to begin the next call."""

    __slots__ = ("done", "fault", "item", "leads", "made", "told")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.made: Made | None = None
        self.fault: BaseException | None = None
        self.done = False
        self.leads = False
        self.told = threading.Event()

    def end(self, made: Made | None, fault: BaseException | None = None) -> None:
        self.made, self.fault, self.done = made, fault, True
        self.told.set()

    def result(self) -> Made:
        if self.fault is not None:
            raise self.fault
        return cast(Made, self.made)


class Gathering(Generic[Item, Made]):
    """`work` makes something of each of at most `most` items, in their order; it runs once at a time, in a caller's
    thread. What it yields goes to its caller at once, what it raises to all who have nothing yet.
    """

    def __init__(self, work: Callable[[Sequence[Item]], Iterable[Made]], most: int) -> None:
        self._work = work
        self._most = most
        self._lock = threading.Lock()
        self._waiting: deque[_Call[Item, Made]] = deque()  # empty while nothing is under way
        self._busy = False

    def do(self, item: Item, cancelled: Callable[[], bool] = never) -> Made:
        """What `work` makes of `item`. Raises what it raises, and Cancelled when the caller leaves while waiting."""
        call: _Call[Item, Made] = _Call(item)
        with self._lock:
            self._waiting.append(call)
            if not self._busy:
                self._busy = True
                self._lead_next()
        while not call.told.wait(_GLANCE_SECONDS):
            if cancelled():
                self._leave(call)
        if not call.done:
            if cancelled():
                self._leave(call)
            self._run()
        return call.result()

    def _run(self) -> None:
        """Do what waits, the caller's own first."""
        with self._lock:
            calls = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        try:
            for call, made in zip(calls, self._work([call.item for call in calls]), strict=True):
                call.end(made)
        except BaseException as fault:
            for call in calls:
                if not call.done:
                    call.end(None, fault)
        finally:
            with self._lock:
                self._lead_next()

    def _leave(self, call: _Call[Item, Made]) -> None:
        """The caller has gone: its item is dropped if nobody has begun with it. Raises Cancelled."""
        with self._lock:
            if call in self._waiting:
                self._waiting.remove(call)
            if call.leads and not call.done:
                self._lead_next()
        raise Cancelled

    def _lead_next(self) -> None:
        """The first who waits is to begin; the lock is held."""
        self._busy = bool(self._waiting)
        if self._waiting:
            self._waiting[0].leads = True
            self._waiting[0].told.set()
