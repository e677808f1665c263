"""What a version says about text operations: the four bodies that its codec makes.

A page is encoded once, by the process that has read it; a poll only joins what is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from readstone.api.vision.text_options import TextOptions
from readstone.domain.document import Sheet
from readstone.domain.text import Page


@dataclass(frozen=True, slots=True)
class Times:
    """When an operation was accepted and when it last changed, UTC."""

    created: datetime
    updated: datetime

    @staticmethod
    def of(created: float, updated: float) -> Times:
        """From seconds since the epoch."""
        return Times(datetime.fromtimestamp(created, UTC), datetime.fromtimestamp(updated, UTC))

    @staticmethod
    def now() -> Times:
        """Begun this moment."""
        return Times(datetime.now(UTC), datetime.now(UTC))

    def until_now(self) -> Times:
        """Begun then, changed this moment."""
        return Times(self.created, datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class TextCodec:
    """`page` makes one element of the result, `done` the body around all of them.

    `pending` and `failed` make the bodies before and instead of it; its argument `started` tells
    NotStarted from Running. `styled`: whether `page` tells the lines' appearance, which costs the reader time.
    """

    page: Callable[[Sheet, Page, TextOptions], bytes]
    done: Callable[[Sequence[bytes], Times, TextOptions], bytes]
    pending: Callable[[bool, Times], bytes]
    failed: Callable[[Times], bytes]
    styled: bool = False
