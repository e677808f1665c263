"""Which lines of a page are read together.

What is done before and behind a model's runs costs a third less for each of four lines than for one alone: its code and
constants are still in the core's cache, and the last layers take the steps of all lines in one run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from readstone.domain.geometry import Quad
from readstone.engines.read.crop import LINE_HEIGHT

T = TypeVar("T")

_MOST = 8  # lines
_COLUMNS = 1600  # of all of them: a tenth of a second on one core, and whoever waits for that core waits no longer


def together(items: Sequence[T], quads: Sequence[Quad], shares: int) -> list[Sequence[T]]:
    """`items`, one for each of `quads`, in their order; long lines by themselves, short ones in groups.

    `shares`: into how many groups they are to be split at least, where there are as many.
    """
    columns = [LINE_HEIGHT * quad.length / max(quad.thickness, 1.0) for quad in quads]
    room = min(_COLUMNS, sum(columns) / shares)
    groups: list[Sequence[T]] = []
    start, taken = 0, 0.0
    for at, wide in enumerate(columns):
        if at > start and (taken + wide > room or at - start == _MOST):
            groups.append(items[start:at])
            start, taken = at, 0.0
        taken += wide
    if len(items) > start:
        groups.append(items[start:])
    return groups
