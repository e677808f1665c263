"""Worker threads for engine calls, with a bounded line before them.

Engines release the interpreter lock while a model runs, so threads suffice. What the pool guarantees:
the event loop never waits for a model, at most `workers` calls run and `queue` wait, the next caller is
told to come back later instead of waiting ever longer, and a call whose caller left is dropped. Pages of accepted
documents are patient calls with threads of their own: no client waits behind them for a thread, nor for its place.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from readstone.domain.refusals import Cancelled, Reason, Refusal

Result = TypeVar("Result")
Work = Callable[[Callable[[], bool]], Result]
"""A call of an engine; its argument tells whether the caller has left."""


class WorkPool:
    """`workers` threads and room for `queue` waiting calls, and `patient` threads for patient calls."""

    def __init__(self, workers: int, queue: int, patient: int = 1) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="reading")
        self._patient = ThreadPoolExecutor(patient, thread_name_prefix="reading-accepted")
        self._workers = workers
        self._capacity = workers + queue
        self._lock = threading.Lock()
        self._inside = 0
        self._typical_seconds = 0.5

    def check_room(self) -> None:
        """Raise Refusal TOO_MANY_REQUESTS when a call would find the line full.

        Asked before a body is read (contract 6.1); `run` asks again, as the room may be gone by then.
        """
        with self._lock:
            if self._inside >= self._capacity:
                raise self._full()

    async def run(self, work: Work[Result], *, patient: bool = False) -> Result:
        """Run `work` on a worker thread and return what it returns.

        Cancelling the awaiting task drops the call: at once while it waits, at its next check when it runs.
        Raises Refusal TOO_MANY_REQUESTS when the line is full, unless `patient`: for callers that bound themselves,
        and have promised their work to somebody already.
        """
        departed = threading.Event()
        # With the caller's context: who watches its stages, how it stands (readstone.domain.stages, .standing), the
        # ids of its log lines.
        if patient:
            future = self._patient.submit(copy_context().run, _unless_departed, work, departed)
        else:
            future = self._submit(work, departed)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            departed.set()
            raise

    def close(self) -> None:
        """Let running calls end, drop waiting ones."""
        for executor in (self._executor, self._patient):
            executor.shutdown(wait=False, cancel_futures=True)
        for executor in (self._executor, self._patient):
            executor.shutdown(wait=True)

    def _submit(self, work: Work[Result], departed: threading.Event) -> Future[Result]:
        with self._lock:
            if self._inside >= self._capacity:
                raise self._full()
            self._inside += 1
        try:
            future = self._executor.submit(copy_context().run, self._timed, work, departed)
        except BaseException:
            self._leave()
            raise
        future.add_done_callback(self._leave)
        return future

    def _timed(self, work: Work[Result], departed: threading.Event) -> Result:
        started = time.monotonic()
        result = _unless_departed(work, departed)
        with self._lock:
            self._typical_seconds += 0.2 * (time.monotonic() - started - self._typical_seconds)
        return result

    def _leave(self, _future: Future[Result] | None = None) -> None:
        with self._lock:
            self._inside -= 1

    def _full(self) -> Refusal:
        # By then the calls now waiting have been served, at the pace of the last ones. The lock is held.
        seconds = max(1, math.ceil(self._typical_seconds * self._capacity / self._workers))
        return Refusal(Reason.TOO_MANY_REQUESTS, "The server is busy.", retry_after=min(seconds, 60), bound="workers")


def _unless_departed(work: Work[Result], departed: threading.Event) -> Result:
    if departed.is_set():
        raise Cancelled
    return work(departed.is_set)
