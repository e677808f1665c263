"""Quarter turns of pictures and of what was found on them."""

from __future__ import annotations

import numpy as np

from readstone.domain.geometry import Point, Quad
from readstone.domain.picture import RgbPixels
from readstone.domain.text import Line, Orientation, Word


def turned(pixels: RgbPixels, turns: int) -> RgbPixels:
    """The picture after `turns` clockwise quarter turns; the same array when there are none."""
    return np.ascontiguousarray(np.rot90(pixels, -turns)) if turns % 4 else pixels


def line_back(line: Line, turns: int, width: int, height: int) -> Line:
    """A line of the turned picture on the picture as it was, `width` x `height` pixels."""
    if turns % 4 == 0:
        return line
    words = tuple(Word(w.text, quad_back(w.quad, turns, width, height), w.confidence) for w in line.words)
    return Line(line.text, quad_back(line.quad, turns, width, height), words)


def quad_back(quad: Quad, turns: int, width: int, height: int) -> Quad:
    """A quad of the turned picture on the picture as it was; the text's own top left stays the first."""

    def back(p: Point) -> Point:
        if turns == 1:
            return Point(p.y, height - p.x)
        if turns == 2:
            return Point(width - p.x, height - p.y)
        if turns == 3:
            return Point(width - p.y, p.x)
        return p

    a, b, c, d = (back(p) for p in quad.corners)
    return Quad(a, b, c, d)


def orientation_of(turns: int) -> Orientation:
    """Where the top of the text faces on a page that `turns` clockwise quarter turns bring upright."""
    return next(o for o in Orientation if o.quarter_turns == turns)
