"""Pixels as the text models take them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import RgbPixels

_SHADE = np.float32(2 / 255)  # of 0..255, for -1..1


def as_tensor(pixels: RgbPixels, columns: int = 0) -> NDArray[np.float32]:
    """float32 (1, 3, rows, columns), blue, green, red from -1 to 1, as the models were trained, of RGB uint8 pixels.

    Padded on the right to `columns` with zero, the grey between black (-1) and white (1).
    """
    rows, width = pixels.shape[:2]
    tensor = np.empty((1, 3, rows, max(width, columns)), np.float32)
    tensor[..., width:] = 0
    # By plane: turning the order of a whole picture's colours and axes at once takes ten times as long.
    for plane, shades in zip(tensor[0, ::-1], cv2.split(pixels), strict=True):
        np.multiply(shades, _SHADE, out=plane[:, :width])
        plane[:, :width] -= 1
    return tensor
