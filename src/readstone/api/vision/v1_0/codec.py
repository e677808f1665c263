"""Wire shapes of v1.0, shared by every later version that did not change them."""

from __future__ import annotations

import math
from collections.abc import Iterable

from pydantic import BaseModel, Field

from readstone.domain.geometry import Quad
from readstone.domain.text import Line, Page, Region


class OcrWord(BaseModel):
    """A word; boundingBox is "left,top,width,height"."""

    bounding_box: str = Field(serialization_alias="boundingBox")
    text: str


class OcrLine(BaseModel):
    """A line; it has no text of its own (contract 4.3)."""

    bounding_box: str = Field(serialization_alias="boundingBox")
    words: list[OcrWord]


class OcrRegion(BaseModel):
    """Lines that belong together."""

    bounding_box: str = Field(serialization_alias="boundingBox")
    lines: list[OcrLine]


class OcrResult(BaseModel):
    """Body of RecognizePrintedText up to v3.1. `text_angle` is in radians in every version (contract 13)."""

    language: str
    text_angle: float = Field(serialization_alias="textAngle")
    orientation: str
    regions: list[OcrRegion]


_Edges = tuple[int, int, int, int]
"""Left, top, right, bottom in whole pixels."""


def encode_ocr(page: Page, language: str, model_version: str) -> bytes:  # noqa: ARG001 - v3.2 needs it
    """`page` as OcrResult."""
    return ocr_result(page, language).model_dump_json(by_alias=True).encode()


def ocr_result(page: Page, language: str) -> OcrResult:
    """`page` in the upright frame, boxes as strings."""
    return OcrResult(
        language=language,
        text_angle=page.angle + 0.0,  # no -0.0
        orientation=page.orientation.value if page.orientation else "NotDetected",
        regions=[_region(page, region) for region in page.regions],
    )


def _region(page: Page, region: Region) -> OcrRegion:
    lines = [_line(page, line) for line in region.lines]
    return OcrRegion(bounding_box=_text(_around(box for box, _ in lines)), lines=[line for _, line in lines])


def _line(page: Page, line: Line) -> tuple[_Edges, OcrLine]:
    boxes = [_pixels(page, word.quad) for word in line.words]
    words = [OcrWord(bounding_box=_text(box), text=word.text) for box, word in zip(boxes, line.words, strict=True)]
    around = _around(boxes)
    return around, OcrLine(bounding_box=_text(around), words=words)


def _pixels(page: Page, quad: Quad) -> _Edges:
    # Outwards to whole pixels, so that a box still holds all the ink it held. Boxes of a leaning page may
    # pass the frame's edge: the corners of a turned image do.
    box = page.upright(quad).bounds
    near = 1e-6  # turning by a quarter leaves rounding dust on whole numbers
    left, top = math.floor(box.left + near), math.floor(box.top + near)
    right, bottom = math.ceil(box.right - near), math.ceil(box.bottom - near)
    return (left, top, max(right, left + 1), max(bottom, top + 1))


def _around(boxes: Iterable[_Edges]) -> _Edges:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return (min(lefts), min(tops), max(rights), max(bottoms))


def _text(edges: _Edges) -> str:
    left, top, right, bottom = edges
    return f"{left},{top},{right - left},{bottom - top}"
