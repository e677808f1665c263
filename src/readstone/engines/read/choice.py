"""Which of two readings of one line is the better, and how else a line may be cut when it reads badly."""

from __future__ import annotations

from typing import NamedTuple

from readstone.engines.read.recognise import Reading
from readstone.engines.read.repertoire import half_known

ALMOST_SURE = 0.96  # lines below this are read again
_POOR = 0.8
_GUESS = 0.3  # probability of a glyph that says nothing


class Cutting(NamedTuple):
    """Margins at the ends and the sides, in parts of the strip's height, and how much the line is widened."""

    ends: float
    sides: float
    stretch: float


_TIGHTER, _LONGER, _STRETCHED = Cutting(-0.05, -0.05, 1.0), Cutting(0.1, 0.0, 1.0), Cutting(0.0, 0.0, 1.2)
_LOOSER = Cutting(0.05, 0.05, 1.0)


def other_cuttings(reading: Reading) -> tuple[Cutting, ...]:
    """Other ways to cut a line that reads like this, the most promising first."""
    usual = (_TIGHTER, _LONGER, _STRETCHED)
    return (*usual, _LOOSER) if half_known(reading.text) else usual


def is_better(other: Reading, reading: Reading) -> bool:
    """Whether `other` is to be believed rather than `reading`."""
    # The mean favours readings that skip what they cannot read, so two kinds of line are judged by how much
    # was read: those where letters are missing from the recogniser, by the glyphs likely to be right, and poor
    # ones, by the glyphs that are more than guesses.
    if half_known(reading.text):
        return _surplus(other, 0.0) > _surplus(reading, 0.0)
    if reading.score < _POOR:
        return _surplus(other, _GUESS) > _surplus(reading, _GUESS)
    return other.score > reading.score


def _surplus(reading: Reading, worthless: float) -> float:
    """Sum of the glyphs' probabilities above `worthless`."""
    return sum(glyph.confidence - worthless for glyph in reading.glyphs)
