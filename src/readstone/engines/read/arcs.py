"""Text on a circle, as on plaques, seals and signs: told by its shape, laid flat, and its words put back.

A bent line fills little of the rectangle around it, but most of a band along a circle. The circle is fitted to the
middle of the band: Kåsa 1976, "A circle fitting procedure and its error analysis", first to all of its pixels, then
to their mean distance from the centre in each direction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.geometry import Point, Quad
from readstone.domain.picture import RgbPixels
from readstone.domain.text import Line
from readstone.engines.read.crop import LINE_HEIGHT

_ROUNDS = 6  # of fitting; the centre moves by less than a pixel after four
_LEAST_SPAN, _MOST_SPAN = 0.35, 5.5  # radians; a flatter band is read as well straight, a ring has no beginning
_SLENDER = 4.0  # least length of a band over its thickness
_EVEN = 1.35  # a band of even thickness spreads by 1; two merged lines, or a scrawl, by more
_TAIL = 0.003  # part of the pixels at each end that may be frayed

Pixels = NDArray[np.floating[Any]]
"""Shape (n, 2): x and y of the middles of pixels."""


@dataclass(frozen=True, slots=True)
class Arc:
    """A band along a circle: angles in radians, clockwise from the right, `first` < `last`; lengths in pixels."""

    centre: Point
    radius: float
    first: float
    last: float
    thickness: float

    @property
    def length(self) -> float:
        """Length along the middle of the band."""
        return self.radius * (self.last - self.first)

    def grown(self, by: float) -> Arc:
        """Longer and thicker by `by` pixels, half of it at each end and side."""
        angle = by / 2 / self.radius
        return replace(self, first=self.first - angle, last=self.last + angle, thickness=self.thickness + by)

    def is_upper(self, lean: float) -> bool:
        """Whether the band is more above its centre than below, on a page leaning by `lean` (radians, clockwise)."""
        middle = (self.first + self.last) / 2
        return math.cos(middle) * math.sin(lean) - math.sin(middle) * math.cos(lean) > 0

    def at(self, along: Pixels, down: Pixels, outward: bool) -> tuple[Pixels, Pixels]:
        """Where on the picture the points of the flat band lie; both coordinates run from 0 to 1.

        `outward`: the tops of the letters point away from the centre, as on the upper half of a seal.
        """
        span, sign = self.last - self.first, 1.0 if outward else -1.0
        angle = self.first + span * along if outward else self.last - span * along
        away = self.radius + sign * self.thickness * (0.5 - down)
        return self.centre.x + away * np.cos(angle), self.centre.y + away * np.sin(angle)


def arc_of(pixels: Pixels) -> Arc | None:
    """The band along a circle that these pixels of 1 x 1 fill; None where they are not like one."""
    middle = pixels.mean(axis=0)
    points = pixels - middle
    centre, radius = _circle(points)
    for _ in range(_ROUNDS):
        centre, radius = _circle(_middles(points, centre, radius))
    away, angle, facing = _polar(points, centre)
    first, last = np.quantile(angle, (_TAIL, 1 - _TAIL)).tolist()
    span = last - first
    if not _LEAST_SPAN <= span <= _MOST_SPAN:
        return None
    thickness = len(points) / (radius * span)
    # Of what lies evenly between two bounds the standard deviation is their distance over the root of twelve.
    if float(np.std(away)) * math.sqrt(12) > _EVEN * thickness or radius * span < _SLENDER * thickness:
        return None
    x, y = (centre + middle).tolist()
    return Arc(Point(x, y), radius, facing + first, facing + last, thickness)


def _circle(points: Pixels) -> tuple[Pixels, float]:
    """Centre and radius of the circle of least squares."""
    terms = np.column_stack((2 * points, np.ones(len(points))))
    x, y, rest = np.linalg.lstsq(terms, (points**2).sum(axis=1), rcond=None)[0].tolist()
    return np.array((x, y)), math.sqrt(max(rest + x * x + y * y, 1.0))


def _polar(points: Pixels, centre: Pixels) -> tuple[Pixels, Pixels, float]:
    """Distances from the centre, angles from the direction of the points' mean (the origin), and that direction."""
    apart = points - centre
    facing = math.atan2(-float(centre[1]), -float(centre[0]))
    angle = (np.arctan2(apart[:, 1], apart[:, 0]) - facing + np.pi) % (2 * np.pi) - np.pi
    return np.hypot(apart[:, 0], apart[:, 1]), angle, facing


def _middles(points: Pixels, centre: Pixels, radius: float) -> Pixels:
    """The middle of the band in each of up to 64 directions."""
    away, angle, facing = _polar(points, centre)
    first, span = float(angle.min()), max(float(np.ptp(angle)), 1e-6)
    count = int(np.clip(span * radius / 3, 8, 64))
    slot = np.minimum((angle - first) / span * count, count - 1).astype(int)
    number = np.bincount(slot, minlength=count)
    filled = np.flatnonzero(number)
    distance = np.bincount(slot, away, count)[filled] / number[filled]
    direction = facing + first + (filled + 0.5) / count * span
    return np.asarray(centre + distance[:, None] * np.column_stack((np.cos(direction), np.sin(direction))))


def flattened(picture: RgbPixels, arc: Arc, outward: bool) -> RgbPixels:
    """The band laid flat, to be read from left to right: RGB uint8, LINE_HEIGHT rows."""
    shrink = max(1, math.floor(arc.thickness / LINE_HEIGHT))
    rows, columns = LINE_HEIGHT, max(8, math.ceil(LINE_HEIGHT * arc.length / max(arc.thickness, 1.0)))
    along = (np.arange(columns * shrink) + 0.5) / (columns * shrink)
    down = (np.arange(rows * shrink) + 0.5) / (rows * shrink)
    x, y = arc.at(along[None, :], down[:, None], outward)
    flat = cv2.remap(
        picture,
        (x - 0.5).astype(np.float32),
        (y - 0.5).astype(np.float32),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    if shrink > 1:
        flat = cv2.resize(flat, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(flat, np.uint8)


def flat_quad(image: RgbPixels) -> Quad:
    """The corners of a flat band in its own pixels."""
    high, wide = image.shape[:2]
    return Quad(Point(0, 0), Point(wide, 0), Point(wide, high), Point(0, high))


def bent(line: Line, image: RgbPixels, arc: Arc, outward: bool, lean: float) -> Line:
    """A line read on the flat `image`, its words where they are on the picture, its quad around them along `lean`."""
    rows, columns = image.shape[:2]

    def back(quad: Quad) -> Quad:
        corners = np.array([(p.x, p.y) for p in quad.corners])
        x, y = arc.at(corners[:, 0] / columns, corners[:, 1] / rows, outward)
        return Quad(*(Point(*corner) for corner in zip(x.tolist(), y.tolist(), strict=True)))

    words = tuple(replace(word, quad=back(word.quad)) for word in line.words)
    return Line(line.text, _around([word.quad for word in words], lean), words)


def _around(quads: Sequence[Quad], lean: float) -> Quad:
    """The smallest rectangle leaning by `lean` that holds them all."""
    origin = Point(0, 0)
    box = [point.rotated(-lean, origin) for quad in quads for point in quad.corners]
    left, right = min(p.x for p in box), max(p.x for p in box)
    top, bottom = min(p.y for p in box), max(p.y for p in box)
    corners = (Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))
    return Quad(*(corner.rotated(lean, origin) for corner in corners))
