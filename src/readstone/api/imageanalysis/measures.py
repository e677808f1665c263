"""Numbers as 4.0 writes them: whole pixels inside the image, confidences strictly between 0 and 1 (contract 7.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from readstone.api.imageanalysis.shapes import BoundingBox, Point
from readstone.domain.geometry import Box, Quad
from readstone.domain.scene import Scene

Item = TypeVar("Item")

_DIGITS, _TEXT_DIGITS = 4, 3


def open_confidence(confidence: float) -> float:
    """Four decimals, never 0 or 1: the SDK's own tests refuse both."""
    return _open(confidence, _DIGITS)


def text_confidence(confidence: float) -> float:
    """The same of what was read, with three decimals."""
    return _open(confidence, _TEXT_DIGITS)


def _open(confidence: float, digits: int) -> float:
    least = float(10**-digits)
    return round(min(max(confidence, least), 1 - least), digits)


def pixels(scene: Scene, box: Box) -> BoundingBox:
    """A box to the nearest whole pixels, inside the image and at least one pixel each way."""
    left = min(max(round(box.left), 0), scene.width - 1)
    top = min(max(round(box.top), 0), scene.height - 1)
    right = min(max(round(box.right), left + 1), scene.width)
    bottom = min(max(round(box.bottom), top + 1), scene.height)
    return BoundingBox(x=left, y=top, w=right - left, h=bottom - top)


def polygon(width: int, height: int, quad: Quad) -> list[Point]:
    """The corners as the nearest pixels of the image, in the quad's order."""
    return [
        Point(x=min(max(round(corner.x), 0), width - 1), y=min(max(round(corner.y), 0), height - 1))
        for corner in quad.corners
    ]


def with_own_boxes(scene: Scene, found: Iterable[tuple[Item, Box]]) -> list[tuple[Item, BoundingBox]]:
    """Each item with its box in pixels, without those whose box an earlier one has already."""
    kept: dict[tuple[int, int, int, int], tuple[Item, BoundingBox]] = {}
    for item, box in found:
        whole = pixels(scene, box)
        kept.setdefault((whole.x, whole.y, whole.w, whole.h), (item, whole))
    return list(kept.values())
