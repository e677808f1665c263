"""The picture that every client here has read: Democritus' poster, its words, and where each of them stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from pictures import DEMOCRITUS, drawn, encoded

POSTER = encoded(drawn())
TINY = encoded(Image.new("RGB", (49, 50), "white"))
WORDS = " ".join(DEMOCRITUS).split()

PAGES = ["first", "second", "third"]
"""The words of the documents of several pages, one a page."""
PDF_SIZE = (425, 550)
"""Pixels of a page of the PDF, 100 to an inch."""

_FONT_SIZE, _SPACING, _MARGIN = 38, 1.4, (22, 16)  # what pictures.drawn does unless told otherwise


@dataclass(frozen=True, slots=True)
class Rectangle:
    left: float
    top: float
    width: float
    height: float

    def overlap(self, other: Rectangle) -> float:
        """Intersection over union."""
        across = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        down = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        shared = max(across, 0) * max(down, 0)
        return shared / (self.width * self.height + other.width * other.height - shared)


def around(bounding_box: Sequence[float]) -> Rectangle:
    """The upright rectangle around the four corners of a `boundingBox` of the text operations."""
    assert len(bounding_box) == 8, bounding_box
    across, down = bounding_box[::2], bounding_box[1::2]
    return Rectangle(min(across), min(down), max(across) - min(across), max(down) - min(down))


def from_text(bounding_box: str) -> Rectangle:
    """The rectangle of a `boundingBox` of the API."""
    return Rectangle(*(int(number) for number in bounding_box.split(",")))


def word_places() -> list[Rectangle]:
    """Where the words of the poster stand, in their order, by Pillow's own measure."""
    font = ImageFont.load_default(_FONT_SIZE)
    draw = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    places = []
    for row, line in enumerate(DEMOCRITUS):
        top = _MARGIN[1] + round(row * _FONT_SIZE * _SPACING)
        done = 0
        for word in line.split():
            start = line.index(word, done)
            done = start + len(word)
            box = draw.textbbox((_MARGIN[0] + font.getlength(line[:start]), top), word, font=font)
            places.append(Rectangle(box[0], box[1], box[2] - box[0], box[3] - box[1]))
    return places
