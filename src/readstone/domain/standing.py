"""Whose work goes first where several want the same cores.

Who has work done says how it stands (`with standing_as(...)`); who shares out cores asks (`standing()`). What nobody
has said anything about stands first: a client waits for it. The context goes with asyncio's tasks by itself;
`readstone.inference` takes it along to its threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


def _nobody(_seconds: float) -> None:
    return


@dataclass(frozen=True, slots=True)
class Standing:
    """`rank` 0 stands first, larger ones behind it; `spent` is told processor seconds used, from any thread."""

    rank: int = 0
    spent: Callable[[float], None] = _nobody


FAR = 2
"""Ranks between two pages of which the first is worth all cores and the other its waiting. What is nearer may well
change places with the next page: cores are better shared then."""

_FIRST = Standing()
_standing: ContextVar[Standing] = ContextVar("readstone_standing", default=_FIRST)


def standing() -> Standing:
    """How the work in this context stands."""
    return _standing.get()


@contextmanager
def standing_as(mine: Standing) -> Iterator[None]:
    """Have everything inside, and the tasks started inside, stand so."""
    token = _standing.set(mine)
    try:
        yield
    finally:
        _standing.reset(token)
