"""The two networks that tell foreground from background, pixel by pixel.

Methods: Qin et al. 2020, "U2-Net: Going deeper with nested U-structure for salient object detection", for whatever
catches the eye; MediaPipe's selfie segmentation (a small U-Net on MobileNetV3) for people.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import RgbPixels
from readstone.engines.manifest import PERSON_SEGMENTER, SUBJECT_SEGMENTER
from readstone.engines.onnx import Model

Plane = NDArray[np.float32]
"""Shape (rows, columns), 0 to 1."""

_SUBJECT_SIDE, _PERSON_SIDE = 320, 256  # the picture is squashed to these squares
_MEAN = np.array([123.675, 116.28, 103.53], np.float32)  # of ImageNet's red, green, blue
_DEVIATION = np.array([58.395, 57.12, 57.375], np.float32)


class SubjectNet:
    """U2-Net-P. Re-entrant."""

    def __init__(self, *, threads: int) -> None:
        self.model = Model(SUBJECT_SEGMENTER, threads=threads, arena=False)

    def find(self, pixels: RgbPixels) -> Plane:
        """How likely each pixel belongs to what the picture is of; rows and columns of `pixels`."""
        square = (_squashed(pixels, _SUBJECT_SIDE) - _MEAN) / _DEVIATION
        tensor = np.ascontiguousarray(square.transpose(2, 0, 1)[None], np.float32)
        return _as_large(self.model.run(tensor)[0, 0], pixels)


class PersonNet:
    """The selfie network: a person, or a few, who fill most of the picture. Re-entrant."""

    def __init__(self, *, threads: int) -> None:
        self.model = Model(PERSON_SEGMENTER, threads=threads, arena=False)

    def find(self, pixels: RgbPixels) -> Plane:
        """How likely each pixel belongs to a person; rows and columns of `pixels`."""
        square = _squashed(pixels, _PERSON_SIDE) / np.float32(255)
        log_odds = self.model.run(np.ascontiguousarray(square.transpose(2, 0, 1)[None], np.float32))[0, 0]
        return _as_large(1 / (1 + np.exp(-np.clip(log_odds, -30, 30))), pixels)


def _squashed(pixels: RgbPixels, side: int) -> RgbPixels:
    method = cv2.INTER_AREA if min(pixels.shape[:2]) > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (side, side), interpolation=method), np.uint8)


def _as_large(plane: Plane, pixels: RgbPixels) -> Plane:
    height, width = pixels.shape[:2]
    return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
