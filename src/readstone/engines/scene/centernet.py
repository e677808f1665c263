"""Things as points: CenterNet with a MobileNetV3 backbone.

Method: Zhou, Wang, Krähenbühl 2019, "Objects as Points"; the network is cut before its own top-100 step, and
gives for each cell the distances to the four sides of a box.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import RgbPixels
from readstone.engines.manifest import CENTERNET
from readstone.engines.onnx import Model
from readstone.engines.scene.overlap import Candidates

_SIDE = 512  # the picture is squashed to this square
_STRIDE = 4
_LEAST = 0.02  # score from which a cell is looked at
_MOST = 150
_AROUND = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]


class CenterNet:
    """The first of the two detectors of things. Re-entrant.

    It looks at the mirror image too, in the same run: that is worth two points of AP50, and as long as one look.
    """

    def __init__(self, *, threads: int) -> None:
        self.model = Model(CENTERNET, threads=threads, arena=True)

    def find(self, pixels: RgbPixels) -> Candidates:
        """Things with corners in `pixels`: those seen on the picture, then those seen on its mirror image."""
        height, width = pixels.shape[:2]
        square = cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_LINEAR)
        tensor = np.empty((2, 3, _SIDE, _SIDE), np.float32)
        tensor[0] = cv2.split(square)
        tensor[1] = tensor[0, :, :, ::-1]
        edges, peaks = self.model.run_all(tensor)
        scale = np.array([width, height] * 2) / _SIDE
        plain, mirrored = _decoded(edges[0], peaks[0]), _decoded(edges[1], peaks[1])
        left, top, right, bottom = mirrored.corners.T
        back = np.stack([_SIDE - right, top, _SIDE - left, bottom], axis=1)
        return Candidates(
            np.concatenate([plain.classes, mirrored.classes]),
            np.concatenate([plain.scores, mirrored.scores]),
            np.concatenate([plain.corners, back]) * scale,
        )


def _decoded(edges: NDArray[np.float32], peaks: NDArray[np.float32]) -> Candidates:
    """Corners in pixels of the square; `edges` is (4, 128, 128), `peaks` (80, 128, 128)."""
    _, high, wide = peaks.shape
    flat = peaks.ravel()
    cells = np.flatnonzero(flat > _LEAST)
    # A peak is the highest of its nine cells; those over an edge do not count.
    for down, right in _AROUND:
        row, column = cells // wide % high + down, cells % wide + right
        outside = (row < 0) | (row >= high) | (column < 0) | (column >= wide)
        near = flat[np.where(outside, cells, cells + down * wide + right)]
        cells = cells[flat[cells] >= near]
    cells = cells[np.argsort(-flat[cells], kind="stable")[:_MOST]]
    left, top, right_side, bottom = edges.reshape(4, -1)[:, cells % (high * wide)]
    x, y = cells % wide * _STRIDE, cells // wide % high * _STRIDE
    corners = np.stack([x - left, y - top, x + right_side, y + bottom], axis=1).clip(0, _SIDE)
    return Candidates(cells // (high * wide), flat[cells], corners)
