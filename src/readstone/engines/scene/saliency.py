"""What catches the eye on a picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import RgbPixels
from readstone.engines.scene.colours import reduced

_SIDE = 64  # Hou and Zhang's size: what is salient at a glance


def saliency_of(pixels: RgbPixels) -> NDArray[np.float32]:
    """Salience of an upright picture, 0 to 1 with mean about .1, as a small map of the picture's shape.

    Float32 of shape (rows, columns), the longer side at most 64: one cell stands for a block of pixels.
    The spectral residual (X. Hou, L. Zhang: Saliency Detection: A Spectral Residual Approach, CVPR 2007) of
    lightness and of the two opponent colours, added up.
    """
    small = reduced(pixels, _SIDE)
    height, width = small.shape[:2]
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32) / 255
    salient = np.zeros((height, width), np.float32)
    for channel, weight in ((0, 1.0), (1, 0.7), (2, 0.7)):
        salient += weight * _residual(np.ascontiguousarray(lab[..., channel]))
    salient = np.asarray(cv2.GaussianBlur(salient, (0, 0), max(height, width) / 25), np.float32)
    salient -= salient.min()
    highest = float(salient.max())
    return salient / highest if highest > 1e-6 else np.zeros_like(salient)


def _residual(channel: NDArray[np.float32]) -> NDArray[np.float32]:
    """What of a channel its own mean spectrum does not foretell, scaled by how much the channel varies."""
    deviation = float(channel.std())
    if deviation < 1 / 255:
        return np.zeros_like(channel)
    spectrum = np.fft.fft2(channel)
    size = np.log(np.abs(spectrum) + 1e-6).astype(np.float32)
    # BORDER_WRAP would be right for a spectrum; OpenCV's box filter refuses it, and at 64 x 64 it is all one.
    residual = size - cv2.blur(size, (3, 3))
    back = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    return np.asarray(deviation * back / back.max(), np.float32)
