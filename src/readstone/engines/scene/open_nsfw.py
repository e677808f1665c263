"""How likely a picture is pornographic: Yahoo's open_nsfw, a thin ResNet-50.

Preparation as in its reference code: squashed to 256 x 256, the middle 224 x 224, blue, green, red less
the means of ImageNet. The reference also squeezes the picture through JPEG, which is left out: it shifts
scores by less than they differ between two reductions of one picture.
"""

from __future__ import annotations

import cv2
import numpy as np

from readstone.domain.picture import RgbPixels
from readstone.engines.manifest import OPEN_NSFW
from readstone.engines.onnx import Model

_SQUASHED, _SIDE = 256, 224
_MEAN = np.array([104, 117, 123], np.float32)  # blue, green, red


class AdultClassifier:
    """The classifier of adult pictures. Re-entrant."""

    def __init__(self, *, threads: int) -> None:
        self.model = Model(OPEN_NSFW, threads=threads, arena=True)

    def probability(self, pixels: RgbPixels) -> float:
        """Probability that the picture is pornographic."""
        square = cv2.resize(pixels, (_SQUASHED, _SQUASHED), interpolation=cv2.INTER_AREA)
        rim = (_SQUASHED - _SIDE) // 2
        middle = square[rim : rim + _SIDE, rim : rim + _SIDE, ::-1]
        return float(self.model.run(np.ascontiguousarray((middle - _MEAN)[None], np.float32))[0, 1])
