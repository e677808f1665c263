"""Finds faces: CenterFace.

Method: Xu et al. 2019, "CenterFace: Joint Face Detection and Alignment Using Face as Point".
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.geometry import Box, Point
from readstone.domain.picture import RgbPixels
from readstone.engines.manifest import CENTERFACE
from readstone.engines.onnx import Model
from readstone.engines.scene.evidence import FoundFace
from readstone.engines.scene.overlap import Candidates, distinct_rows

_STRIDE = 4
_WHOLE = 32  # sides that the network takes are multiples of this
_SURE = 0.5
_SAME = 0.3
_MOST = 300  # cells of a crowd


class FaceFinder:
    """The face detector. Re-entrant."""

    def __init__(self, *, threads: int) -> None:
        # Pictures differ in size, as pages do: no memory is kept for the largest.
        self.model = Model(CENTERFACE, threads=threads, arena=False)

    def find(self, pixels: RgbPixels) -> tuple[FoundFace, ...]:
        """Faces in `pixels`, likeliest first; the picture is looked at as large as it is."""
        height, width = pixels.shape[:2]
        high, wide = (max(_WHOLE, round(side / _WHOLE) * _WHOLE) for side in (height, width))
        image = cv2.resize(pixels, (wide, high), interpolation=cv2.INTER_LINEAR)
        tensor = np.ascontiguousarray(image.transpose(2, 0, 1)[None], dtype=np.float32)
        heat, sizes, offsets, marks = (output[0] for output in self.model.run_all(tensor))
        rows, columns = np.nonzero(heat[0] > _SURE)
        scores = heat[0, rows, columns]
        likeliest = np.argsort(-scores, kind="stable")[:_MOST]
        rows, columns, scores = rows[likeliest], columns[likeliest], scores[likeliest]
        # Height and row come before width and column in every pair that the network gives.
        tall, broad = np.exp(sizes[:, rows, columns]) * _STRIDE
        y, x = (np.stack([rows, columns]) + offsets[:, rows, columns] + 0.5) * _STRIDE
        corners = np.stack([x - broad / 2, y - tall / 2, x + broad / 2, y + tall / 2], axis=1)
        # The five landmarks are measured from the box's corner in parts of its sides.
        down, right = marks[0::2, rows, columns].T, marks[1::2, rows, columns].T
        points = np.stack([corners[:, :1] + right * broad[:, None], corners[:, 1:2] + down * tall[:, None]], axis=2)
        found = Candidates(np.zeros(len(rows), np.intp), scores, corners)
        scale = np.array([width / wide, height / high])
        return tuple(
            _face(corners[row].reshape(2, 2) * scale, float(scores[row]), points[row] * scale)
            for row in distinct_rows(found, _SAME)
        )


def _face(corners: NDArray[np.floating[Any]], score: float, points: NDArray[np.floating[Any]]) -> FoundFace:
    (left, top), (right, bottom) = corners.tolist()
    eye, other_eye, nose, mouth, other_mouth = (Point(x, y) for x, y in points.tolist())
    return FoundFace(Box(left, top, right - left, bottom - top), score, (eye, other_eye, nose, mouth, other_mouth))
