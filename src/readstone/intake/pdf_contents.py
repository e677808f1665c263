"""What is on a PDF page, as far as it decides how finely the page is drawn: text sizes and images."""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium

_MOST_OBJECTS = 5000
"""Objects looked at, some 2 us each: a drawing may have 10^6, and its text size shows before that."""
_DEEPEST = 4
"""Forms inside forms: programs that place a page on a page nest it once or twice."""

_RARE = 0.05
"""A size that fewer of the text objects have is a footnote mark, not what the page is written in."""
_COVERING = 0.05
"""An image that covers less of the page is a logo; scanners write a page in strips, each above it."""


@dataclass(frozen=True, slots=True)
class PdfImage:
    """One image on the page: its own pixels, the share of the page it covers, and the two's ratio.

    `inch` is its resolution as placed, pixels an inch.
    """

    width: int
    height: int
    share: float
    inch: float


@dataclass(frozen=True, slots=True)
class PdfContents:
    """`text_points`: the smallest common size of visible text in points, None when there is none."""

    text_points: float | None
    images: tuple[PdfImage, ...]

    @property
    def scanned(self) -> tuple[PdfImage, ...]:
        """The images that make up the page, whole or in strips; none when they cover less than most of it."""
        large = tuple(image for image in self.images if image.share >= _COVERING)
        return large if sum(image.share for image in large) >= 0.6 else ()


def contents_of(page: Any, width: float, height: float) -> PdfContents:
    """Survey of an open page (`FPDF_PAGE`) of `width` x `height` points; no image is decoded."""
    sizes: Counter[float] = Counter()
    images = []
    for thing, kind, scale in _objects(page):
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            size = _text_size(thing) * scale
            if size > 0:
                sizes[round(size, 1)] += 1
        elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            images.append(_image(thing, scale, width * height))
    return PdfContents(_smallest_common(sizes), tuple(image for image in images if image.width and image.height))


def _objects(page: Any) -> Iterator[tuple[Any, int, float]]:
    """The page's objects and those inside its forms: (object, kind, how much its form enlarges it)."""
    waiting = [(page, 1.0, 0)]
    looked_at = 0
    while waiting:
        holder, scale, depth = waiting.pop()
        get = pdfium.FPDFFormObj_GetObject if depth else pdfium.FPDFPage_GetObject
        count = (pdfium.FPDFFormObj_CountObjects if depth else pdfium.FPDFPage_CountObjects)(holder)
        for number in range(count):
            looked_at += 1
            if looked_at > _MOST_OBJECTS:
                return
            thing = get(holder, number)
            kind = pdfium.FPDFPageObj_GetType(thing)
            if kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
                waiting.append((thing, scale * _enlargement(thing), depth + 1))
            else:
                yield thing, kind, scale


def _text_size(text: Any) -> float:
    """Points, as drawn; 0 for invisible text, which lies over scans."""
    if pdfium.FPDFTextObj_GetTextRenderMode(text) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE:
        return 0.0
    size = ctypes.c_float()
    pdfium.FPDFTextObj_GetFontSize(text, size)
    return _finite(abs(size.value) * _enlargement(text))


def _image(image: Any, scale: float, page_area: float) -> PdfImage:
    wide, high = ctypes.c_uint(), ctypes.c_uint()
    pdfium.FPDFImageObj_GetImagePixelSize(image, wide, high)
    # Not FPDFImageObj_GetImageMetadata: it decodes a JPEG 2000 to tell the bits of a pixel.
    # An image is drawn into the unit square, so its matrix's enlargement is the side of what it covers.
    side = _enlargement(image) * scale
    inches = side / 72
    inch = math.sqrt(wide.value * high.value) / inches if inches > 0 else 0.0
    share = min(side * side / page_area, 1.0)
    return PdfImage(wide.value, high.value, share, inch)


def _enlargement(thing: Any) -> float:
    """The factor by which an object's matrix scales lengths: the root of what it does to areas."""
    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(thing, matrix):
        return 1.0
    return _finite(math.sqrt(abs(matrix.a * matrix.d - matrix.b * matrix.c)))


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def _smallest_common(sizes: Counter[float]) -> float | None:
    enough = _RARE * sizes.total()
    return min((size for size, count in sizes.items() if count >= enough), default=None)
