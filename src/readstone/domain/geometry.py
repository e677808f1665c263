"""Points, quadrilaterals and boxes in pixel coordinates.

Everywhere in Readstone the origin is the top left corner of the image, x grows to the right, y grows
downwards, units are pixels (a pixel's area runs from n to n + 1), and a positive angle turns clockwise
as seen on the screen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """One position; x to the right, y downwards."""

    x: float
    y: float

    def rotated(self, angle: float, about: Point) -> Point:
        """Turned clockwise by `angle` radians around `about`."""
        cos, sin = math.cos(angle), math.sin(angle)
        dx, dy = self.x - about.x, self.y - about.y
        return Point(about.x + dx * cos - dy * sin, about.y + dx * sin + dy * cos)

    def scaled(self, x: float, y: float) -> Point:
        """Multiplied by a factor per axis."""
        return Point(self.x * x, self.y * y)


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """X of the right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Y of the bottom edge."""
        return self.top + self.height

    def clipped(self, width: float, height: float) -> Box:
        """The part inside an image of that size; width and height are 0 when nothing is."""
        left, top = min(max(self.left, 0.0), width), min(max(self.top, 0.0), height)
        right, bottom = min(max(self.right, 0.0), width), min(max(self.bottom, 0.0), height)
        return Box(left, top, right - left, bottom - top)

    @staticmethod
    def around(boxes: Iterable[Box]) -> Box:
        """The smallest box that holds all of `boxes`. Raises ValueError when there is none."""
        every = list(boxes)
        left, top = min(b.left for b in every), min(b.top for b in every)
        right, bottom = max(b.right for b in every), max(b.bottom for b in every)
        return Box(left, top, right - left, bottom - top)


@dataclass(frozen=True, slots=True)
class Quad:
    """Four corners in the text's own orientation: `top_left` is where its first letter starts.

    On a page that lies on its side the text's top left corner is not the picture's: the order of the
    corners carries the direction of reading (contract 4.4).
    """

    top_left: Point
    top_right: Point
    bottom_right: Point
    bottom_left: Point

    @property
    def corners(self) -> tuple[Point, Point, Point, Point]:
        """Top left, top right, bottom right, bottom left."""
        return (self.top_left, self.top_right, self.bottom_right, self.bottom_left)

    @property
    def angle(self) -> float:
        """Direction of reading in radians, (-pi, pi]: 0 to the right, positive when it runs downhill."""
        dx = self.top_right.x - self.top_left.x + self.bottom_right.x - self.bottom_left.x
        dy = self.top_right.y - self.top_left.y + self.bottom_right.y - self.bottom_left.y
        return math.atan2(dy, dx)

    @property
    def length(self) -> float:
        """Mean length of the two edges along the direction of reading, in pixels."""
        return (
            math.dist((self.top_left.x, self.top_left.y), (self.top_right.x, self.top_right.y))
            + math.dist((self.bottom_left.x, self.bottom_left.y), (self.bottom_right.x, self.bottom_right.y))
        ) / 2

    @property
    def thickness(self) -> float:
        """Mean length of the two edges across the direction of reading (the text's height), in pixels."""
        return (
            math.dist((self.top_left.x, self.top_left.y), (self.bottom_left.x, self.bottom_left.y))
            + math.dist((self.top_right.x, self.top_right.y), (self.bottom_right.x, self.bottom_right.y))
        ) / 2

    @property
    def centre(self) -> Point:
        """Mean of the four corners."""
        corners = self.corners
        return Point(sum(p.x for p in corners) / 4, sum(p.y for p in corners) / 4)

    @property
    def bounds(self) -> Box:
        """The smallest upright box around the corners."""
        xs = [p.x for p in self.corners]
        ys = [p.y for p in self.corners]
        return Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))

    def rotated(self, angle: float, about: Point) -> Quad:
        """Turned clockwise by `angle` radians around `about`."""
        a, b, c, d = (p.rotated(angle, about) for p in self.corners)
        return Quad(a, b, c, d)

    def scaled(self, x: float, y: float) -> Quad:
        """Multiplied by a factor per axis."""
        a, b, c, d = (p.scaled(x, y) for p in self.corners)
        return Quad(a, b, c, d)

    def shifted(self, dx: float, dy: float) -> Quad:
        """Moved by that many pixels."""
        a, b, c, d = (Point(p.x + dx, p.y + dy) for p in self.corners)
        return Quad(a, b, c, d)

    def clipped(self, width: float, height: float) -> Quad:
        """Every corner moved to the nearest place inside an image of that size."""
        a, b, c, d = (Point(min(max(p.x, 0.0), width), min(max(p.y, 0.0), height)) for p in self.corners)
        return Quad(a, b, c, d)

    def between(self, start: float, end: float) -> Quad:
        """The slice from `start` to `end`, fractions 0..1 along the direction of reading."""

        def along(a: Point, b: Point, t: float) -> Point:
            return Point(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t)

        return Quad(
            along(self.top_left, self.top_right, start),
            along(self.top_left, self.top_right, end),
            along(self.bottom_left, self.bottom_right, end),
            along(self.bottom_left, self.bottom_right, start),
        )
