"""What a reader finds on an image: words in lines, lines in regions, regions on a page.

Quads are in the pixel coordinates of the image as it was decoded (EXIF orientation applied, nothing
else turned). How far the page as a whole is turned stands beside them in `orientation` and `angle`,
so that a codec can express them in whatever frame its API version wants.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum

from readstone.domain.geometry import Point, Quad


class Orientation(StrEnum):
    """Where the top of the text faces once the small angle is taken out (contract 4.3)."""

    UP = "Up"
    DOWN = "Down"
    LEFT = "Left"
    RIGHT = "Right"

    @property
    def quarter_turns(self) -> int:
        """Clockwise quarter turns that bring the text upright: 0 to 3."""
        return {"Up": 0, "Left": 1, "Down": 2, "Right": 3}[self.value]


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its text without spaces, its quad, and how sure the reader is (0..1)."""

    text: str
    quad: Quad
    confidence: float


@dataclass(frozen=True, slots=True)
class Appearance:
    """Whether a line was written by hand, and how sure that is (0..1)."""

    handwriting: bool
    confidence: float


@dataclass(frozen=True, slots=True)
class Line:
    """One line of words in the direction of reading; `words` is never empty.

    `text` is the line as a person would type it: words joined by one space, CJK words by nothing.
    `appearance` is None where it was not judged; `language` a BCP-47 code where it differs from the page's.
    """

    text: str
    quad: Quad
    words: tuple[Word, ...]
    appearance: Appearance | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """Lines that belong together: a paragraph or a column, in reading order; never empty."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """The text of one image.

    `width` and `height` are pixels of the decoded image. `angle` is how far the text leans: turning the
    image clockwise by `angle` radians, (-pi/4, pi/4], makes its lines horizontal or vertical
    (`textAngle` of the API). `orientation` is None when it was not asked for or there is no text.
    `regions` are in natural reading order, columns one after the other; `language` is a BCP-47 code or
    None when there is no text to tell it from.
    """

    width: int
    height: int
    angle: float = 0.0
    orientation: Orientation | None = None
    language: str | None = None
    regions: tuple[Region, ...] = field(default=())

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines in natural reading order."""
        return tuple(line for region in self.regions for line in region.lines)

    def upright(self, quad: Quad) -> Quad:
        """A quad of this page in the frame where the text stands upright.

        As the API's specification words it, the image is turned around its centre: first clockwise by
        `angle`, then by the quarter turns of `orientation`. A quarter turn swaps the frame's sides, so the
        new frame's top left corner is the origin again.
        """
        centre = Point(self.width / 2, self.height / 2)
        turns = self.orientation.quarter_turns if self.orientation else 0
        turned = quad.rotated(self.angle + turns * math.pi / 2, centre)
        shift = (self.height - self.width) / 2 if turns % 2 else 0.0
        return turned.shifted(shift, -shift)

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height of the frame of `upright`."""
        turned = self.orientation is not None and self.orientation.quarter_turns % 2 == 1
        return (self.height, self.width) if turned else (self.width, self.height)
