"""How sure the reader is of a word: of the words said to be right at .8, eight in ten are.

A word is right when all its letters are. Were the recogniser's probabilities the shares of right letters that they
claim to be, and letters wrong independently of each other, the word's would be their product. They are neither, so
the product's log odds are stretched and shifted as has fitted best (Platt 1999, "Probabilistic Outputs for Support
Vector Machines"). Fitted on the pages of the labelled folders, letters read by a recogniser that had not learned from
them, and confirmed by halves; figures and the command stand in docs/accuracy.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

Confidence = Callable[[Sequence[float]], float]
"""From the probabilities of a word's glyphs, 0..1 and at least one, to the confidence of the word, 0..1."""

_LEAST = 1e-4  # probabilities nearer to 0 or 1 than this say no more than this one

_SLOPE, _SHIFT = 0.54, 0.03  # of the log odds


def word_confidence(glyphs: Sequence[float]) -> float:
    """Confidence of a word that was read letter by letter."""
    return _share(_SLOPE * _log_odds(math.prod(glyphs)) + _SHIFT)


def token_confidence(glyphs: Sequence[float]) -> float:
    """Confidence of a word that tesseract read: what it gives itself, one figure a word, here one for each letter.

    It is believed only where it is sure, and then says .93 of words of which .97 are right: nothing to mend.
    """
    return _inside(sum(glyphs) / len(glyphs))


def mean_probability(confidence: float, glyphs: int) -> float:
    """The geometric mean of the probabilities from which `word_confidence` made this of so many glyphs."""
    product = _share((_log_odds(confidence) - _SHIFT) / _SLOPE)
    return float(product ** (1 / glyphs))


def _inside(probability: float) -> float:
    return min(max(probability, _LEAST), 1 - _LEAST)


def _log_odds(probability: float) -> float:
    inside = _inside(probability)
    return math.log(inside / (1 - inside))


def _share(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))
