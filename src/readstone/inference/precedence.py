"""How the pages of accepted documents stand: behind clients that wait, and by what was done for their owners of late.

An owner's use is the processor time spent on its pages in this process, halved every half-life: as a scheduler's
virtual run time, but who was away for some minutes begins anew, and nobody need be told that an owner has gone.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from functools import partial

from readstone.domain.standing import FAR, Standing

_STEPS = 4  # ranks for each doubling of the use: owners who differ by less than a sixth stand alike
_LITTLE_SECONDS = 8.0  # added to every use, so that a few pages more or less make no difference
_NOTHING_SECONDS = 0.01  # a use below this is forgotten


class Precedence:
    """Tells standings and is told what was spent, from any thread. `clock` in seconds."""

    def __init__(self, half_life_seconds: float = 30.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._half_life = half_life_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._uses: dict[str, tuple[float, float]] = {}  # seconds, and as of when

    def of(self, owner: str) -> Standing:
        """How a page of `owner` stands that begins to be read now. It keeps that to its end."""
        with self._lock:
            used = self._used(owner)
        rank = FAR + int(_STEPS * math.log2(1 + used / _LITTLE_SECONDS))
        return Standing(rank, partial(self._spent, owner))

    def _spent(self, owner: str, seconds: float) -> None:
        with self._lock:
            if owner not in self._uses:
                # Now and then, so that keys which come once do not stay for ever.
                for other in [other for other in self._uses if self._used(other) < _NOTHING_SECONDS]:
                    del self._uses[other]
            self._uses[owner] = self._used(owner) + seconds, self._clock()

    def _used(self, owner: str) -> float:
        seconds, at = self._uses.get(owner, (0.0, 0.0))
        return seconds * math.exp2((at - self._clock()) / self._half_life)
