"""Sky, greenery, sand and the like, from colour, texture and where in the picture they are. No network.

These are weak signs: a white ceiling is as smooth and bright as a pale sky. Whoever uses them weighs them with
how likely the picture was taken outdoors.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import RgbPixels
from readstone.engines.scene.colours import reduced

_SIDE = 128
_PAGE_SIDE = 640
_EVEN_GROUND = 0.6
_LETTERS = 60
_DARK = 80  # stars and lamps on a black ground are no letters


@dataclass(frozen=True, slots=True)
class Regions:
    """Shares from 0 to 1.

    `sky`: of the top quarter, smooth and blue or pale and joined to the upper edge. `blue_sky`: of the whole
    picture, the blue part of that. `cloud`: how uneven the sky's brightness is. `grass`: green in the lower half.
    `trees`: textured green in the upper seven tenths. `sand`, `white`: smooth pale brown, and whitish, in the
    lower half. `water`: smooth blue or grey-blue in the middle and lower part. `text`: how much the picture looks
    like a page: many small marks of letters' size on an even ground.
    """

    sky: float
    blue_sky: float
    cloud: float
    grass: float
    trees: float
    sand: float
    white: float
    water: float
    text: float


def regions_of(pixels: RgbPixels) -> Regions:
    """Look for the regions on `pixels` (upright, any size)."""
    small = reduced(pixels, _SIDE).astype(np.float32) / 255
    hsv = cv2.cvtColor(small, cv2.COLOR_RGB2HSV)
    hue, saturation, value = hsv[..., 0], hsv[..., 1], hsv[..., 2]
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    gradient = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)) / 4
    texture = cv2.blur(gradient, (5, 5))
    rows = grey.shape[0]
    # A strip a few pixels high has no quarter.
    top, most, half = max(1, rows // 4), max(1, rows * 7 // 10), rows // 2

    blue = (hue > 185) & (hue < 260) & (saturation > 0.12) & (value > 0.35)
    pale = (saturation < 0.18) & (value > 0.62)
    sky = _joined_to_top((blue | pale) & (texture < 0.06))
    green = (hue > 65) & (hue < 170) & (saturation > 0.18) & (value > 0.12)
    brown = (hue > 15) & (hue < 55) & (saturation > 0.1) & (saturation < 0.5) & (value > 0.45) & (texture < 0.06)
    waves = (hue > 150) & (hue < 250) & (saturation > 0.1) & (saturation < 0.75) & (texture < 0.09) & ~sky
    return Regions(
        sky=float(sky[:top].mean()),
        blue_sky=float((sky & blue).mean()),
        cloud=float(grey[sky].std()) if sky.sum() > sky.size * 0.05 else 0.0,
        grass=float((green & (texture > 0.01))[half:].mean()),
        trees=float((green & (texture > 0.03))[:most].mean()),
        sand=float(brown[half:].mean()),
        white=float(((saturation < 0.16) & (value > 0.68))[half:].mean()),
        water=float(waves[rows // 3 :].mean()),
        text=_page(pixels),
    )


def _page(pixels: RgbPixels) -> float:
    """0 to 1 by the number of letter-like marks, when the ground is even and the marks are of much the same height."""
    grey = cv2.cvtColor(reduced(pixels, _PAGE_SIDE), cv2.COLOR_RGB2GRAY)
    ground = int(np.bincount(grey.ravel(), minlength=256).argmax())
    apart = np.abs(grey.astype(np.int16) - ground)
    if ground < _DARK or float((apart <= 12).mean()) < _EVEN_GROUND:
        return 0.0
    _, _, parts, _ = cv2.connectedComponentsWithStats((apart > 60).astype(np.uint8))
    heights, widths = parts[1:, cv2.CC_STAT_HEIGHT], parts[1:, cv2.CC_STAT_WIDTH]
    letters = heights[(heights >= 5) & (heights <= 60) & (widths >= 2) & (widths <= 3 * heights)]
    if len(letters) < 10:
        return 0.0
    alike = float((np.abs(letters - np.median(letters)) <= 0.5 * np.median(letters)).mean())
    return min(len(letters) / _LETTERS, 1.0) * (1.0 if alike > 0.6 else 0.3)


def _joined_to_top(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The connected parts of `mask` that reach its first three rows."""
    _, parts = cv2.connectedComponents(mask.astype(np.uint8))
    return np.isin(parts, np.unique(parts[:3])) & mask
