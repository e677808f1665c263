"""Shares the processor's cores among the lines of all pages that are being read."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from readstone.domain.refusals import Cancelled

T = TypeVar("T")
R = TypeVar("R")


class Cores:
    """`count` threads that do the work of all callers. Re-entrant."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="read-line")
        self._large = threading.BoundedSemaphore(max(1, count // 2))
        self._lock = threading.Lock()
        self._pages = 0

    @contextmanager
    def page(self) -> Iterator[None]:
        """While one page is being read."""
        with self._lock:
            self._pages += 1
        try:
            yield
        finally:
            with self._lock:
                self._pages -= 1

    def one(self, work: Callable[[bool], R]) -> R:
        """`work` that may use all cores when its argument says so: when no other page is being read.

        Otherwise it waits for a thread: pages side by side get more done than one after another on all cores.
        Such work needs much memory, so at most half the cores do it at a time; the others have lines to read.
        """
        with self._large:
            return work(True) if self._pages <= 1 else self._pool.submit(work, False).result()

    def each(self, work: Callable[[T], R], items: Iterable[T], cancelled: Callable[[], bool]) -> list[R]:
        """`work` done on every item, results in order. Raises Cancelled once `cancelled` answers True.

        Only a few items wait at a time, so that a long page does not shut out a short one.
        """
        results: list[R] = []
        waiting: deque[Future[R]] = deque()
        try:
            for item in items:
                stop_if(cancelled)
                if len(waiting) >= 2 * self.count:
                    results.append(waiting.popleft().result())
                waiting.append(self._pool.submit(work, item))
            while waiting:
                stop_if(cancelled)
                results.append(waiting.popleft().result())
        finally:
            for future in waiting:
                future.cancel()
        return results


def stop_if(cancelled: Callable[[], bool]) -> None:
    """Raises Cancelled once `cancelled` answers True."""
    if cancelled():
        raise Cancelled
