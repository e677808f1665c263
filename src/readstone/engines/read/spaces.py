"""Spaces that the recogniser half saw and the ink shows.

Its best path misses many a space, above all around punctuation and in type set wide. Where it gave a
space some probability and the paper shows a gap, one is put in. Only clear lines are touched: in
handwriting, gaps between letters mean nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from readstone.engines.read.ink import Ink
from readstone.engines.read.recognise import Glyph, Reading

_CLEAR = 0.9
# Least probability of the space, and the gap in parts of the line's height that must come with it; found
# on receipts, typed letters and magazine pages.
_EVIDENCE = ((0.005, 0.25), (0.05, 0.17))
# What no space is set behind, and in front of.
_OPENING, _CLOSING = "([{（", ",.;!?)]}…）"
_LEAST_CHANCE = min(chance for chance, _ in _EVIDENCE)


def with_spaces(reading: Reading, ink: Ink) -> Reading:
    """The reading with missing spaces put in; `ink` is that of the line image that was read."""
    if reading.score < _CLEAR:
        return reading
    paper = np.asarray(~ink.any(axis=0))
    glyphs = list(reading.glyphs[:1])
    for before, after in zip(reading.glyphs, reading.glyphs[1:], strict=False):
        # Most pairs of glyphs have next to no space between them; measuring their gaps would cost more than the rest.
        if after.space > _LEAST_CHANCE and _may_part(glyphs, after.text):
            gap = _widest(paper[round(before.centre) : round(after.centre)]) / ink.shape[0]
            if any(after.space > chance and gap > least for chance, least in _EVIDENCE):
                glyphs.append(Glyph(" ", (before.centre + after.centre) / 2, after.space))
        glyphs.append(after)
    return Reading(tuple(glyphs), reading.score)


def _may_part(before: Sequence[Glyph], after: str) -> bool:
    """Whether a space may stand between the last glyph of `before` and `after`, as far as the characters tell.

    Full stops and commas have a gap beside them in most type; that is none in numbers, nor before these signs.
    """
    last = before[-1].text
    if last.isspace() or after.isspace() or last in _OPENING or after in _CLOSING:
        return False
    in_number = last in ".," and len(before) > 1 and before[-2].text.isdigit() and after.isdigit()
    return not in_number


def _widest(paper: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    """Length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], paper, [False]))))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0
