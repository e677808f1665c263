"""Finds strips of text: the DB detector and the boxes made of its probability map.

Method: Liao et al. 2020, "Real-time Scene Text Detection with Differentiable Binarization"; the constants
are those that PP-OCRv6 is used with upstream.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.geometry import Point, Quad
from readstone.domain.picture import RgbPixels
from readstone.engines.manifest import TEXT_DETECTOR
from readstone.engines.onnx import Model
from readstone.engines.read.arcs import Arc, arc_of
from readstone.engines.read.tensor import as_tensor

_INK = 0.3  # probability above which a pixel of the map is text
_SURE = 0.5  # mean probability that a box needs
_UNCLIP = 1.6  # the model is trained on shrunken lines; boxes grow by area * this / perimeter
_SMALL = 45  # pixels of the map below which a box is a small one
_MARGIN = 0.05  # part of its height by which a small box is too tight on every side
_BENT = 0.66  # part of its rectangle above which a mark of text is not looked at for a bent line
_BENT_LEAST = 6  # pixels of the map that are the shorter side of such a rectangle
_MOST = 3000  # boxes taken from one picture
_STRIDE = 32  # the model halves its input five times

Corners = NDArray[np.floating[Any] | np.integer[Any]]
"""Shape (4, 2): x and y of the corners in order around the box."""


@dataclass(frozen=True, slots=True)
class Strip:
    """A rectangle around some text whose direction of reading is still open.

    `angle` is that of the longer side in radians, (-pi/2, pi/2], clockwise; `along` and `across` are the
    longer and the shorter side in pixels of the picture. `arc` is the band of a line that runs along a circle.
    """

    centre: Point
    along: float
    across: float
    angle: float
    score: float
    arc: Arc | None = None

    @property
    def is_sure(self) -> bool:
        """Whether text fills the rectangle well; not so of most that have an arc."""
        return self.score >= _SURE

    def grown(self, ends: float, sides: float) -> Strip:
        """Longer at both ends and wider at both sides by these parts of `across`."""
        return replace(self, along=self.along + 2 * ends * self.across, across=self.across * (1 + 2 * sides))

    def towards(self, direction: float) -> Quad:
        """The corners when the text is read along the side nearest to `direction` (radians, clockwise)."""
        quarter = round((direction - self.angle) / (math.pi / 2))
        angle = self.angle + quarter * math.pi / 2
        length, height = (self.across, self.along) if quarter % 2 else (self.along, self.across)
        x, y = math.cos(angle) * length / 2, math.sin(angle) * length / 2
        dx, dy = -math.sin(angle) * height / 2, math.cos(angle) * height / 2
        cx, cy = self.centre.x, self.centre.y
        return Quad(
            Point(cx - x - dx, cy - y - dy),
            Point(cx + x - dx, cy + y - dy),
            Point(cx + x + dx, cy + y + dy),
            Point(cx - x + dx, cy - y + dy),
        )


class Detector:
    """The text detector. Re-entrant."""

    def __init__(self, *, threads: int) -> None:
        self._wide = Model(TEXT_DETECTOR, threads=threads, arena=True)
        # Pages side by side get more done than one after another on all cores.
        self._narrow = self._wide if threads == 1 else Model(TEXT_DETECTOR, threads=1, arena=True)

    @property
    def models(self) -> tuple[Model, ...]:
        """All models, for benchmarks."""
        return tuple(dict.fromkeys((self._wide, self._narrow)))

    def detect(self, pixels: RgbPixels, scale: float, alone: bool = True) -> list[Strip]:
        """Strips of text in `pixels`, looked for in a copy of the picture enlarged by `scale`.

        `alone`: on all cores, for a picture that has them to itself; otherwise on the caller's thread.
        """
        height, width = pixels.shape[:2]
        wide, high = (max(_STRIDE, round(side * scale / _STRIDE) * _STRIDE) for side in (width, height))
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        small = np.asarray(cv2.resize(pixels, (wide, high), interpolation=method), np.uint8)
        probability = (self._wide if alone else self._narrow).run(as_tensor(small))[0, 0]
        return _strips(probability, width / wide, height / high)


def _strips(probability: NDArray[np.float32], x_scale: float, y_scale: float) -> list[Strip]:
    """Boxes of a probability map (float32, rows x columns) in pixels of the picture."""
    mask = cv2.dilate((probability > _INK).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    strips = []
    for contour in contours[:_MOST]:
        centre, sides, degrees = cv2.minAreaRect(contour)
        if min(sides) < 3:
            continue
        score = _mean_inside(probability, cv2.boxPoints((centre, sides, degrees)))
        arc = _arc(contour, probability, x_scale, y_scale) if _may_be_bent(contour, sides) else None
        if score < _SURE and arc is None:
            continue
        # Offsetting a rectangle with round joints and boxing it again only makes both sides longer.
        grown = sides[0] * sides[1] * _UNCLIP / (sides[0] + sides[1])
        height = min(sides) + grown
        # The recogniser wants a margin in proportion to the text; the steps of the map eat that of small text.
        if height < _SMALL:
            grown += 2 * _MARGIN * height
        corners = cv2.boxPoints((centre, (sides[0] + grown, sides[1] + grown), degrees))
        strips.append(_strip(corners * np.array([x_scale, y_scale], np.float32), score, arc))
    return strips


def _may_be_bent(contour: Corners, sides: Sequence[float]) -> bool:
    return min(sides) >= _BENT_LEAST and cv2.contourArea(contour) < _BENT * sides[0] * sides[1]


def _arc(contour: Corners, probability: NDArray[np.float32], x_scale: float, y_scale: float) -> Arc | None:
    """The arc, in pixels of the picture, that a contour runs around; None where it is none, or too faint."""
    left, top, wide, high = cv2.boundingRect(contour)
    inside = np.zeros((high, wide), np.uint8)
    cv2.drawContours(inside, [np.asarray(contour) - (left, top)], -1, 1, cv2.FILLED)
    part = probability[top : top + high, left : left + wide]
    if cv2.mean(part, inside)[0] < _SURE:
        return None
    rows, columns = np.nonzero(inside.astype(np.bool_) & (part > _INK))
    # The two axes' scales differ a little; a circle needs one.
    scale = (x_scale + y_scale) / 2
    arc = arc_of(np.column_stack((left + columns + 0.5, top + rows + 0.5)))
    if arc is None:
        return None
    arc = arc.grown(arc.length * arc.thickness * _UNCLIP / (arc.length + arc.thickness))
    return replace(
        arc,
        centre=arc.centre.scaled(x_scale, y_scale),
        radius=arc.radius * scale,
        thickness=arc.thickness * scale,
    )


def _mean_inside(probability: NDArray[np.float32], corners: Corners) -> float:
    rows, columns = probability.shape
    left, top = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, (columns - 1, rows - 1))
    right, bottom = np.clip(np.ceil(corners.max(axis=0)).astype(int), 0, (columns - 1, rows - 1))
    mask = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
    cv2.fillPoly(mask, [(corners - (left, top)).astype(np.int32)], 1)
    return float(cv2.mean(probability[top : bottom + 1, left : right + 1], mask)[0])


def _strip(corners: Corners, score: float, arc: Arc | None) -> Strip:
    """Corners in order around the box; the two axes' scales differ a little, hence the means."""
    first = (corners[1] - corners[0] + corners[2] - corners[3]) / 2
    second = (corners[2] - corners[1] + corners[3] - corners[0]) / 2
    first_length, second_length = float(np.hypot(*first)), float(np.hypot(*second))
    longer = first if first_length >= second_length else second
    angle = math.atan2(float(longer[1]), float(longer[0]))
    if angle > math.pi / 2:
        angle -= math.pi
    elif angle <= -math.pi / 2:
        angle += math.pi
    x, y = corners.mean(axis=0)
    return Strip(
        Point(float(x), float(y)),
        max(first_length, second_length),
        min(first_length, second_length),
        angle,
        score,
        arc,
    )
