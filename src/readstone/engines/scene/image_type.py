"""Whether a picture was drawn: clip art, line drawing, or neither (contract 10.3).

What drawings have and photographs have not: areas without any grain, and paper around the thing drawn. Both
are measured on a copy of one size, so that a picture's resolution does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import RgbPixels
from readstone.domain.scene import ImageType
from readstone.engines.scene.colours import extremes, is_black_and_white, reduced

_SIDE = 384  # pixels of the longer side that grain is measured on
_LINE_SIDE = 1024  # and that lines are followed on: thin ones vanish on a smaller copy
_WHITE = 250  # lowest channel of a pixel of paper
_EVEN = 3  # largest difference of a channel within 3 x 3 pixels of an area without grain
_FLAT = 1  # and of one colour
_GRAIN = (4, 40)  # differences that grain and texture have; larger ones are edges

NONE, AMBIGUOUS, NORMAL, GOOD = range(4)


@dataclass(frozen=True, slots=True)
class Surface:
    """What a picture's surface is like; shares from 0 to 1."""

    paper: float
    """Of the picture's border that is white."""
    even_ink: float
    """Of all that is not white, without grain."""
    grain_ink: float
    """Of all that is not white, with grain."""
    flat: float
    """Of all that is neither white nor lost in the dark, of one colour with its surroundings."""
    edges: float
    """Of the picture: hard edges."""
    colours: int
    """Colours of 4 bits a channel that make up 95 % of the picture."""


def image_type_of(pixels: RgbPixels) -> ImageType:
    """Type of an upright picture, transparency laid on white.

    A line drawing is normal clip art too, as in the one recorded answer for such a picture.
    """
    if is_line_drawing(pixels):
        return ImageType(NORMAL, 1)
    return ImageType(clip_art_grade(surface_of(pixels)), 0)


def clip_art_grade(surface: Surface) -> int:
    """0 none, 1 ambiguous, 2 normal, 3 good."""
    if surface.paper < 0.45:
        # A picture to its edges: only one that is nearly all flat, with hard edges, was drawn.
        drawn = surface.flat > 0.75 and surface.edges > 0.005
        return NORMAL if drawn else AMBIGUOUS if surface.flat > 0.6 and surface.edges > 0.005 else NONE
    if surface.even_ink > 0.4 or (surface.even_ink > 0.25 and (surface.grain_ink < 0.4 or surface.colours < 24)):
        return GOOD
    if surface.even_ink > 0.12 or surface.colours < 32:
        # A page of text is all edges, with nothing filled.
        filled = surface.even_ink > 0.05 and surface.grain_ink < 0.62
        return NORMAL if filled or surface.even_ink > 0.2 else AMBIGUOUS
    return NONE


def surface_of(pixels: RgbPixels) -> Surface:
    """Measure a picture's surface."""
    small = reduced(pixels, _SIDE)
    square = np.ones((3, 3), np.uint8)
    _, spread = extremes(np.asarray(cv2.subtract(cv2.dilate(small, square), cv2.erode(small, square)), np.uint8))
    lowest, highest = extremes(small)
    ink = lowest < _WHITE
    clear = ink & (highest > 24)
    border = np.concatenate([lowest[0], lowest[-1], lowest[:, 0], lowest[:, -1]])
    counts = np.sort(cv2.calcHist([small], [0, 1, 2], None, [16, 16, 16], [0, 256] * 3).ravel())[::-1]
    return Surface(
        paper=float((border >= _WHITE).mean()),
        even_ink=_share(spread <= _EVEN, ink),
        grain_ink=_share((spread > _GRAIN[0]) & (spread <= _GRAIN[1]), ink),
        flat=_share(spread <= _FLAT, clear),
        edges=float((spread > 80).mean()),
        colours=int(np.searchsorted(counts.cumsum(), 0.95 * counts.sum()) + 1),
    )


def is_line_drawing(pixels: RgbPixels) -> bool:
    """Whether the picture is thin long strokes of one tone on plain paper, dark on light or light on dark.

    Written and printed pages are not: their strokes end within a letter or a word.
    """
    if not is_black_and_white(pixels):
        return False
    grey = cv2.cvtColor(reduced(pixels, _LINE_SIDE), cv2.COLOR_RGB2GRAY)
    paper = int(cv2.calcHist([grey], [0], None, [32], [0, 256]).argmax()) * 8 + 4
    if paper < 128:
        grey, paper = np.bitwise_not(grey), 255 - paper
    ink = (grey < paper - 80).astype(np.uint8)
    between = float(((grey >= paper - 80) & (grey < paper - 24)).mean())
    if paper < 200 or between > 0.12 or not 0.003 < float(ink.mean()) < 0.45:
        return False
    longer = max(grey.shape)
    across = max(5, round(longer / 90))
    thick = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((across, across), np.uint8))
    if thick.sum() > 0.3 * ink.sum():
        return False
    _, _, strokes, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    extent = strokes[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    sizes = strokes[1:, cv2.CC_STAT_AREA]
    return bool(sizes[extent > 0.06 * longer].sum() > 0.15 * sizes.sum())


def _share(some: NDArray[np.bool_], of: NDArray[np.bool_]) -> float:
    return float((some & of).sum() / max(1, int(of.sum())))
