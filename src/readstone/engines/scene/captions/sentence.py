"""A sentence that could be said of a picture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """`weight`: how much of the picture it tells, 0 to 1; `sure`: how likely all of it is true."""

    text: str
    weight: float
    sure: float

    @property
    def worth(self) -> float:
        """What sentences are ordered by."""
        return self.weight * self.sure
