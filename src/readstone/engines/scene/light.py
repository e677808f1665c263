"""How bright a picture is, and whether it looks taken in the dark."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from readstone.domain.picture import RgbPixels
from readstone.engines.scene.colours import reduced

_SIDE = 128
_DARK = 0.2
_LAMP = 0.45  # how much lighter than the picture's median a lamp is
_MOST_LAMPS = 0.12  # a sky or a window covers more


@dataclass(frozen=True, slots=True)
class Light:
    """Shares and brightness (luma) from 0 to 1.

    `night` says how much the light alone speaks for night: dark rooms and dark backgrounds get it too, so it
    counts only for a picture known to be taken outdoors.
    """

    brightness: float
    """Mean."""
    median: float
    contrast: float
    """Standard deviation."""
    dark: float
    """Share darker than a fifth."""
    lamps: float
    """Share of small bright places on a darker picture."""
    night: float


def light_of(pixels: RgbPixels) -> Light:
    """The light of an upright picture."""
    luma = cv2.cvtColor(reduced(pixels, _SIDE), cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    median, dark = float(np.median(luma)), float((luma < _DARK).mean())
    bright = float((luma > max(median + _LAMP, 0.6)).mean())
    lamps = bright if bright <= _MOST_LAMPS else 0.0
    speaks = 16 * (0.28 - median) + 4 * (dark - 0.3) + 10 * lamps
    return Light(
        brightness=float(luma.mean()),
        median=median,
        contrast=float(luma.std()),
        dark=dark,
        lamps=lamps,
        night=1 / (1 + math.exp(-speaks)),
    )
