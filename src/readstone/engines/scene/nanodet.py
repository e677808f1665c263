"""Things on a grid of cells: NanoDet-g, the second opinion.

Method: Li et al. 2020, "Generalized Focal Loss": each distance from a cell's centre to a side of the box is a
distribution over 0..10 strides, whose mean is taken.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import RgbPixels
from readstone.engines.manifest import NANODET
from readstone.engines.onnx import Model
from readstone.engines.scene.overlap import Candidates, distinct_rows

_SIDE = 416  # the picture lies in the middle of this square
_STRIDES = (8, 16, 32)
_STEPS = np.arange(11, dtype=np.float32)
_LEAST = 0.02  # score from which a cell is looked at
_CELLS = 300  # the likeliest cells of each stride
_SAME = 0.6
_MOST = 150
_MEAN = np.array([103.53, 116.28, 123.675], np.float32)  # of ImageNet's blue, green, red
_DEVIATION = np.array([57.375, 57.12, 58.395], np.float32)


class NanoDet:
    """The second of the two detectors of things. Re-entrant."""

    def __init__(self, *, threads: int) -> None:
        self.model = Model(NANODET, threads=threads, arena=True)

    def find(self, pixels: RgbPixels) -> Candidates:
        """Things with corners in `pixels`, likeliest first."""
        height, width = pixels.shape[:2]
        scale = _SIDE / max(height, width)
        high, wide = max(1, round(height * scale)), max(1, round(width * scale))
        top, left = (_SIDE - high) // 2, (_SIDE - wide) // 2
        small = cv2.resize(pixels, (wide, high), interpolation=cv2.INTER_LINEAR)
        tensor = np.empty((1, 3, _SIDE, _SIDE), np.float32)
        for plane, channel, mean, deviation in zip(tensor[0], cv2.split(small)[::-1], _MEAN, _DEVIATION, strict=True):
            plane[:] = -mean / deviation
            plane[top : top + high, left : left + wide] = (channel - mean) / deviation
        outputs = self.model.run_all(tensor)
        parts = [_decoded(*level) for level in zip(outputs[:3], outputs[3:], _STRIDES, strict=True)]
        found = Candidates(
            np.concatenate([part.classes for part in parts]),
            np.concatenate([part.scores for part in parts]),
            np.concatenate([part.corners for part in parts]),
        )
        corners = (found.corners - np.array([left, top] * 2)).clip(0, [wide, high] * 2)
        corners = corners * np.array([width / wide, height / high] * 2)
        found = Candidates(found.classes, found.scores, corners)
        return found.taken(distinct_rows(found, _SAME)).first(_MOST)


def _decoded(scores: NDArray[np.float32], distances: NDArray[np.float32], stride: int) -> Candidates:
    """Corners in pixels of the square; `scores` is (1, cells, 80), `distances` (1, cells, 4 sides x 11 steps)."""
    flat = scores.ravel()
    likeliest = np.flatnonzero(flat > _LEAST)
    if len(likeliest) > _CELLS:
        likeliest = likeliest[np.argpartition(-flat[likeliest], _CELLS)[:_CELLS]]
    cells, classes = np.divmod(likeliest, scores.shape[2])
    steps = distances[0, cells].reshape(-1, 4, len(_STEPS))
    weights = np.exp(steps - steps.max(axis=2, keepdims=True))
    left, top, right, bottom = (weights @ _STEPS / weights.sum(axis=2) * stride).T
    across = _SIDE // stride
    x, y = (cells % across + 0.5) * stride, (cells // across + 0.5) * stride
    return Candidates(classes, scores[0, cells, classes], np.stack([x - left, y - top, x + right, y + bottom], axis=1))
