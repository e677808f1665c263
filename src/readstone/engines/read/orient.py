"""Which way a page lies: its lean from the strips, its quarter turns from a vote of readings."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from readstone.domain.geometry import Quad
from readstone.engines.read.columns import is_column
from readstone.engines.read.detect import Strip
from readstone.engines.read.recognise import Reading

_LONG = 2.0  # sides' ratio from which a strip's direction is trusted
_VOTERS = 3
_CLEAR = 0.9  # a score that text upside down does not reach

ReadQuads = Callable[[Sequence[Quad]], Sequence[Reading]]
"""Reads the parts of the picture inside quads, from their left edges to their right ones."""


def lean_of(strips: Sequence[Strip]) -> float:
    """Angle of the text, radians clockwise, (-pi/4, pi/4], quarter turns left open; 0 without strips.

    The weighted median of the long strips' angles, longer strips counting more. Angles are first turned
    to around their circular mean, so that strips either side of 45 degrees do not tear apart.
    """
    voters = [s for s in strips if s.along >= _LONG * s.across] or list(strips)
    return median_angle([(s.angle, s.along) for s in voters])


def median_angle(weighted: Sequence[tuple[float, float]]) -> float:
    """Weighted median of (angle in radians, weight) with quarter turns left open: (-pi/4, pi/4]."""
    if not weighted:
        return 0.0
    sin = sum(weight * math.sin(4 * angle) for angle, weight in weighted)
    cos = sum(weight * math.cos(4 * angle) for angle, weight in weighted)
    middle = math.atan2(sin, cos) / 4
    around = sorted((_folded(angle - middle), weight) for angle, weight in weighted)
    half, passed = sum(weight for _, weight in around) / 2, 0.0
    for offset, weight in around:
        passed += weight
        if passed >= half:
            return _folded(middle + offset)
    return _folded(middle)


StandsUpright = Callable[[Quad, Reading], bool]
"""Whether the glyphs read in a quad that runs downwards stand upright in it: see `columns`."""


@dataclass(frozen=True, slots=True)
class Vote:
    """Clockwise quarter turns, 0 to 3, that bring a page upright, and the readings that speak for them."""

    turns: int
    readings: tuple[Reading, ...] = ()


def quarter_turns_of(strips: Sequence[Strip], lean: float, read: ReadQuads, stands_upright: StandsUpright) -> Vote:
    """The quarter turns that bring the page upright once `lean` is taken out.

    Lines along the rows mean 0 or 2, lines along the columns 1 or 3, or 0 when they are columns of
    ideographs that stand upright. The longest few are read both ways; a clear first reading, which is
    what an ordinary page gives, saves the second.
    """
    rows = sum(s.along - s.across for s in strips if math.cos(2 * (s.angle - lean)) >= 0)
    columns = sum(s.along - s.across for s in strips if math.cos(2 * (s.angle - lean)) < 0)
    sideways = columns > rows
    along = [s for s in strips if (math.cos(2 * (s.angle - lean)) < 0) == sideways]
    voters = sorted(along, key=lambda s: -s.along)[:_VOTERS]
    if not voters:
        return Vote(0)
    # Turning right (1) lifts text that runs from bottom to top, turning left (3) text that runs down.
    first, second = (3, 1) if sideways else (0, 2)
    forward = read([s.towards(lean - first * math.pi / 2) for s in voters])
    downwards = [s.towards(lean + math.pi / 2) for s in voters]
    upright = [(quad, reading) for quad, reading in zip(downwards, forward, strict=True) if is_column(reading)]
    # A strip of no text reads as an ideograph now and then; on a page set in columns most of what is read is such.
    mostly = 2 * sum(len(reading.glyphs) for _, reading in upright) > sum(len(reading.glyphs) for reading in forward)
    if sideways and mostly and any(stands_upright(quad, reading) for quad, reading in upright):
        return Vote(0)
    if _mean(forward) >= _CLEAR:
        return Vote(first, tuple(forward))
    backward = read([s.towards(lean - second * math.pi / 2) for s in voters])
    # A page that lies nearly as people lay it out gets the benefit of the doubt.
    turned = _mean(backward) > _mean(forward) + 0.05
    return Vote(second, tuple(backward)) if turned else Vote(first, tuple(forward))


def _mean(readings: Sequence[Reading]) -> float:
    glyphs = sum(len(r.glyphs) for r in readings)
    return sum(r.score * len(r.glyphs) for r in readings) / glyphs if glyphs else 0.0


def _folded(angle: float) -> float:
    """Into (-pi/4, pi/4] by quarter turns."""
    return angle - math.pi / 2 * math.ceil((angle - math.pi / 4) / (math.pi / 2))
