"""A decoded image, as every engine takes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RgbPixels = NDArray[np.uint8]
"""Shape (height, width, 3), channels red, green, blue, 0..255, C-contiguous, read-only by convention."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Upright pixels (EXIF orientation applied, alpha laid on white) and the container they came in.

    `format` is the contract's spelling: Jpeg, Png, Gif, Bmp, Webp, Ico, Tiff or Mpo (contract 4.2).
    """

    pixels: RgbPixels
    format: str

    @property
    def width(self) -> int:
        """Pixels per row."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])
