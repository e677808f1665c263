"""Which call of a model gets the next core: the one that stands first, and of those the one that came first.

A call that has begun is never stopped; so what stands first waits for a call at most, some ten milliseconds for a line
and some hundred for a search for text.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from readstone.domain.standing import FAR, Standing

R = TypeVar("R")

_SHARE = 1 / 8
"""Of the time of calls that pass others over, so much is owed to those."""
_ENOUGH_SECONDS = 0.25
"""What is owed is paid from so much on: a page or two that come in between are not interrupted."""
_MOST_SECONDS = 1.0
"""More is never owed: whoever comes after a long time of others is not to wait for all of it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    work: Callable[[bool], Any]
    standing: Standing
    large: int
    future: Future[Any]

    @property
    def rank(self) -> int:
        return self.standing.rank


@dataclass(frozen=True, slots=True)
class _Turn:
    """`wide`: on all cores. `passing`: others wait that stand behind it."""

    call: _Call
    wide: bool
    passing: bool


class Calls:
    """`threads` threads that make all callers' calls, of large ones at a time as many as `large` holds. Re-entrant.

    What stands behind is not shut out for good: an eighth of the time of what passes it over is its own. `clock` in
    seconds.
    """

    def __init__(self, threads: int, large: int, clock: Callable[[], float] = time.perf_counter) -> None:
        self._count = threads
        # Each call brings a turn, and whoever has a turn makes the call that is first by then.
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="read-line")
        self._clock = clock
        self._lock = threading.Lock()  # guards what follows
        self._waiting: list[_Call] = []  # in order of arrival
        self._pages: list[int] = []  # ranks
        self._large = self._large_left = large
        self._wide: list[int] = []  # ranks of the calls that have all cores now
        self._turns_back = 0  # turns for which there was no call that might be made
        self._owed = 0.0  # seconds

    @contextmanager
    def page(self, standing: Standing) -> Iterator[None]:
        """While one page is being read."""
        with self._lock:
            self._pages.append(standing.rank)
        try:
            yield
        finally:
            with self._lock:
                self._pages.remove(standing.rank)

    def pages(self) -> int:
        """How many are being read."""
        with self._lock:
            return len(self._pages)

    def add(self, work: Callable[[bool], R], standing: Standing, *, large: int = 0) -> Future[R]:
        """Have `work` done by a thread.

        Its argument says whether it may use all cores: a large one when no other page stands as near the first; what
        stands behind holds meanwhile. `large`: how much a large one takes of what may be at a time; all, if it is more.
        """
        future: Future[R] = Future()
        with self._lock:
            self._waiting.append(_Call(work, standing, min(large, self._large), future))
        self._threads.submit(self._take_turn)
        return future

    def _take_turn(self) -> None:
        turn = self._next()
        if turn is None:
            return
        future, start = turn.call.future, self._clock()
        try:
            result = turn.call.work(turn.wide)
        except BaseException as fault:
            back = self._over(turn, self._clock() - start)
            future.set_exception(fault)
        else:
            back = self._over(turn, self._clock() - start)
            future.set_result(result)
        finally:
            del turn, future  # a fault holds on to this frame, which is not to hold on to a picture
        for _ in range(back):
            try:
                self._threads.submit(self._take_turn)
            except RuntimeError:  # the interpreter ends: what waits is answered all the same
                self._take_turn()

    def _next(self) -> _Turn | None:
        with self._lock:
            while choice := self._choice():
                call, owed = choice
                self._waiting.remove(call)
                if not call.future.set_running_or_notify_cancel():
                    continue
                wide = call.large > 0 and sum(rank < call.rank + FAR for rank in self._pages) <= 1
                self._large_left -= call.large
                if wide:
                    self._wide.append(call.rank)
                return _Turn(call, wide, not owed and any(other.rank > call.rank for other in self._waiting))
            self._turns_back += 1
            return None

    def _choice(self) -> tuple[_Call, bool] | None:
        """The next of the calls that may be made now, and whether it passes others by what it is owed."""
        self._waiting = [call for call in self._waiting if not call.future.cancelled()]
        last = min(self._wide, default=None)
        left = self._large_left
        free = list[_Call]()
        for call in sorted(self._waiting, key=lambda call: call.rank):
            if last is not None and call.rank > last:
                break
            if call.large > left:
                # Smaller ones that came later would else keep a larger one waiting for good.
                left = 0
            else:
                free.append(call)
        if not free:
            return None
        first = free[0]
        behind = next((call for call in self._waiting if call.rank > first.rank and call in free), None)
        return (behind, True) if behind and self._owed >= _ENOUGH_SECONDS else (first, False)

    def _over(self, turn: _Turn, seconds: float) -> int:
        """A call is over; for how many turns that had no call there may be one now."""
        seconds *= self._count if turn.wide else 1
        turn.call.standing.spent(seconds)
        with self._lock:
            if turn.passing:
                self._owed = min(self._owed + seconds * _SHARE, _MOST_SECONDS)
            else:
                self._owed = max(self._owed - seconds, 0.0)
            if not turn.call.large:
                return 0
            self._large_left += turn.call.large
            if turn.wide:
                self._wide.remove(turn.call.rank)
            back, self._turns_back = min(self._turns_back, len(self._waiting)), 0
            return back
