"""How many calls a key may make: limits as they are written, and the question whether there is one left.

A limit is a sliding window: in any stretch of that length, wherever it begins, at most so many calls are let in, and
a caller who never stops asking gets at least 99.2 % of them. A token bucket would let twice as many into the first
stretch, a window by the clock twice as many around its edge.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from readstone.domain.refusals import Reason, Refusal

SLOTS = 128
"""A window is that many slots long; calls of one slot leave it together, at most 1/128 of its length too late."""

_SECONDS = {
    **dict.fromkeys(("s", "sec", "second"), 1),
    **dict.fromkeys(("m", "min", "minute"), 60),
    **dict.fromkeys(("h", "hour"), 3600),
    **dict.fromkeys(("d", "day"), 86_400),
}
_RATE = re.compile(r"([0-9]{1,9})\s*/\s*([a-z]+)", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `calls` in any `seconds`."""

    calls: int
    seconds: int


Rates = tuple[Rate, ...]
"""All of them hold at once, the shortest first; empty: no limit."""


@lru_cache
def parse_rates(text: str) -> Rates:
    """`10/s`, `20/min`, `5000/h`, `1000/day`, several with commas; `none` for no limit.

    Raises ValueError with a sentence for whoever wrote it.
    """
    if text.strip().lower() == "none":
        return ()
    rates: dict[int, Rate] = {}
    for item in text.split(","):
        found = _RATE.fullmatch(item.strip())
        seconds = _SECONDS.get(found[2].lower()) if found else None
        if not found or seconds is None or int(found[1]) < 1:
            raise ValueError("a rate is a number of calls a second, minute, hour or day: 10/s, 20/min, 1000/day")
        if seconds in rates:
            raise ValueError("there are two rates for the same stretch of time")
        rates[seconds] = Rate(int(found[1]), seconds)
    return tuple(rates[seconds] for seconds in sorted(rates))


class Limiter(Protocol):
    """Counts calls, in this process or for all."""

    async def admit(self, owner: str, rates: Rates) -> float:
        """0 when there was room in all windows, and the call is counted in each.

        Otherwise the seconds until there will be; such a call is counted nowhere.
        """
        ...


class RateLimits:
    """Refuses the calls that are too many.

    `standard` holds for keys without a limit of their own; `own` returns a key's, or None, by its fingerprint.
    """

    def __init__(self, limiter: Limiter, standard: Rates, own: Callable[[str], Rates | None]) -> None:
        self._limiter = limiter
        self._standard = standard
        self._own = own

    async def check(self, owner: str) -> None:
        """Count a call. Raises Refusal TOO_MANY_REQUESTS with the whole seconds after which there is room."""
        own = self._own(owner)
        rates = self._standard if own is None else own
        if not rates:
            return
        seconds = await self._limiter.admit(owner, rates)
        if seconds > 0:
            raise Refusal(Reason.TOO_MANY_REQUESTS, "Too many calls.", retry_after=math.ceil(seconds), bound="rate")
