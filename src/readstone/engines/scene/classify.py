"""What a picture shows as a whole: EfficientNet-Lite2 over ImageNet's 1000 classes.

Method: Tan and Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks".
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import RgbPixels
from readstone.engines.manifest import EFFICIENTNET
from readstone.engines.onnx import Model

_SIDE = 260


class Classifier:
    """The ImageNet classifier. Re-entrant."""

    def __init__(self, *, threads: int) -> None:
        self.model = Model(EFFICIENTNET, threads=threads, arena=True)

    def classify(self, pixels: RgbPixels) -> NDArray[np.float32]:
        """Probabilities of the 1000 classes in ImageNet's order; shape (1000,)."""
        # All of the picture, squashed: what matters may lie at its rim, and tags name it all.
        square = cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        tensor = np.ascontiguousarray(square.transpose(2, 0, 1)[None], dtype=np.float32)
        tensor -= 127
        tensor /= 128
        (probabilities,) = self.model.run(tensor)
        return np.asarray(probabilities, np.float32)
