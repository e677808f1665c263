"""How far boxes cover each other. Boxes are rows of left, top, right, bottom: float32 or float64, (n, 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Corners = NDArray[np.floating[Any]]
"""Shape (n, 4): left, top, right, bottom."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What one network finds: `classes` int (n,), `scores` float (n,) and `corners` (n, 4) in pixels."""

    classes: NDArray[np.intp]
    scores: NDArray[np.floating[Any]]
    corners: Corners

    def taken(self, rows: NDArray[np.intp] | list[int]) -> Candidates:
        """Only those rows, in that order."""
        return Candidates(self.classes[rows], self.scores[rows], self.corners[rows])

    def first(self, most: int) -> Candidates:
        """The first `most` rows."""
        return Candidates(self.classes[:most], self.scores[:most], self.corners[:most])


def intersection_over_union(ours: Corners, theirs: Corners) -> NDArray[np.floating[Any]]:
    """Shape (len(ours), len(theirs)), from 0 to 1; 0 where a box is empty."""
    (left, top, right, bottom), (x, y, end, low) = ours.T[:, :, None], theirs.T[:, None, :]
    wide = np.minimum(right, end) - np.maximum(left, x)
    high = np.minimum(bottom, low) - np.maximum(top, y)
    shared = np.maximum(wide, 0) * np.maximum(high, 0)
    areas = [
        np.maximum(b - a, 0) * np.maximum(d - c, 0) for a, b, c, d in ((left, right, top, bottom), (x, end, y, low))
    ]
    return np.asarray(shared / np.maximum(areas[0] + areas[1] - shared, 1e-9))


def distinct_rows(found: Candidates, most: float) -> NDArray[np.intp]:
    """The likeliest of those that share their class and more than `most` of their union; likeliest first."""
    if not len(found.scores):
        return np.empty(0, np.intp)
    sides = np.column_stack([found.corners[:, :2], found.corners[:, 2:] - found.corners[:, :2]])
    kept = cv2.dnn.NMSBoxesBatched(
        sides.tolist(), found.scores.tolist(), found.classes.tolist(), score_threshold=0.0, nms_threshold=most
    )
    return np.asarray(kept, np.intp)
