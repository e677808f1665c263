"""Sliding windows in the memory of one process. They begin anew when it does."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from readstone.access.rate import SLOTS, Rate, Rates


@dataclass(slots=True)
class _Slot:
    """Calls made close together, the last of them then; they leave the window together."""

    last: float
    calls: int


class Window:
    """The calls of one key that count towards one rate. Times are seconds of a clock that never goes back."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._slots: deque[_Slot] = deque()
        self._calls = 0

    def wait(self, rate: Rate, now: float) -> float:
        """Seconds until one more call fits; 0 when it does."""
        while self._slots and self._slots[0].last + self._seconds <= now:
            self._calls -= self._slots.popleft().calls
        too_many = self._calls - rate.calls + 1
        leaves = now
        for slot in self._slots:
            if too_many <= 0:
                break
            too_many -= slot.calls
            leaves = slot.last + self._seconds
        return leaves - now

    def count(self, now: float) -> None:
        """One call more."""
        width = self._seconds / SLOTS
        if not self._slots or self._slots[-1].last // width < now // width:
            self._slots.append(_Slot(now, 0))
        self._slots[-1].last = now
        self._slots[-1].calls += 1
        self._calls += 1


class OwnLimiter:
    """See `Limiter`. `clock` tells seconds and never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, int], Window] = {}

    async def admit(self, owner: str, rates: Rates) -> float:
        """See `Limiter.admit`."""
        now = self._clock()
        windows = [self._windows.setdefault((owner, rate.seconds), Window(rate.seconds)) for rate in rates]
        wait = max(window.wait(rate, now) for window, rate in zip(windows, rates, strict=True))
        if wait <= 0:
            for window in windows:
                window.count(now)
        return wait
