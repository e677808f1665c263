"""Cuts a line out of a picture and lays it flat."""

from __future__ import annotations

import math

import cv2
import numpy as np

from readstone.domain.geometry import Quad
from readstone.domain.picture import RgbPixels

LINE_HEIGHT = 48  # rows that the recogniser takes


def crop(pixels: RgbPixels, quad: Quad, stretch: float = 1.0) -> RgbPixels:
    """The quad's content, read from left to right: RGB uint8, LINE_HEIGHT rows, at least 8 columns.

    `stretch` makes the line so much wider than it is: narrow letters get more of the recogniser's steps.
    What lies outside the picture repeats its edge. Tall text is first cut at its own size and then
    averaged down, because sampling it directly would drop its thin strokes.
    """
    width = max(8, math.ceil(stretch * LINE_HEIGHT * quad.length / max(quad.thickness, 1.0)))
    shrink = max(1, math.floor(quad.thickness / LINE_HEIGHT))
    size = (width * shrink, LINE_HEIGHT * shrink)
    source = np.array([(p.x, p.y) for p in quad.corners], np.float32) - 0.5
    target = np.array([(0, 0), (size[0], 0), size, (0, size[1])], np.float32) - 0.5
    flat = cv2.warpPerspective(
        pixels,
        cv2.getPerspectiveTransform(source, target),
        size,
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    if shrink > 1:
        flat = cv2.resize(flat, (width, LINE_HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(flat, np.uint8)
