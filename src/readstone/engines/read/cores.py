"""Shares the processor's cores among the lines of all pages that are being read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import TypeVar

from readstone.domain.refusals import Cancelled
from readstone.domain.standing import standing
from readstone.engines.read.calls import Calls

T = TypeVar("T")
R = TypeVar("R")


_LARGE = 1440 * 1018
"""Pixels of the first look at an A4 page."""


class Cores:
    """`count` threads that do the work of all callers, first what stands first (`readstone.domain.standing`).

    Re-entrant.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._calls = Calls(count, large=max(1, count // 2) * _LARGE)

    def page(self) -> AbstractContextManager[None]:
        """While one page is being read."""
        return self._calls.page(standing())

    @property
    def shares(self) -> int:
        """Into how many parts a page's work is best split: two for each core that others leave it."""
        return max(1, 2 * self.count // max(1, self._calls.pages()))

    def one(self, work: Callable[[bool], R], pixels: int) -> R:
        """`work` that may use all cores when its argument says so: when no other page is read that stands as near.

        Otherwise it has one of them: pages side by side get more done than one after another on all cores.
        Such work needs memory by the `pixels` that it looks at: no more at a time than large pages take on half the
        cores; the others have lines to read.
        """
        return self._calls.add(work, standing(), large=max(pixels, 1)).result()

    def each(self, work: Callable[[T], R], items: Iterable[T], cancelled: Callable[[], bool]) -> list[R]:
        """`work` done on every item, results in order. Raises Cancelled once `cancelled` answers True.

        Only a few items wait at a time, so that a long page does not shut out a short one.
        """
        results: list[R] = []
        waiting: deque[Future[R]] = deque()
        mine = standing()
        try:
            for item in items:
                stop_if(cancelled)
                if len(waiting) >= 2 * self.count:
                    results.append(waiting.popleft().result())
                waiting.append(self._calls.add(_with(item, work), mine))
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


def _with(item: T, work: Callable[[T], R]) -> Callable[[bool], R]:
    return lambda _wide: work(item)
