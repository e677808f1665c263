"""Which part of a picture to keep: faces first, then people and text, then things, then what catches the eye."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.geometry import Box
from readstone.domain.scene import Crop

if TYPE_CHECKING:
    from readstone.engines.scene.evidence import Evidence

_SURE = 0.35  # score from which a detection draws a crop to itself
_CELLS = 96  # of the worth map's longer side

# What one face, person, line of text or thing is worth against all that catches the eye together: a crop that
# must choose drops the branches before the bird, and the bird before the child's face.
_FACE, _PERSON, _TEXT, _THING, _EYE = 5.0, 2.5, 2.0, 1.5, 0.5


def area_of_interest(evidence: Evidence) -> Box:
    """The square as high or as wide as the picture, whichever is less, over what matters; whole pixels.

    Contract 4.2: of 600 x 462 the service kept 462 x 462 from x 112.
    """
    return crop_at(evidence, 1.0).box


def fitting_ratio(evidence: Evidence, text: Iterable[Box] = ()) -> float:
    """The ratio of width to height of what matters, faces, people, text and things; of the picture when nothing does.

    Two decimals, from 0.5 to 2 (contract 7.2: the service chooses one in that range).
    """
    marks = [face.box for face in evidence.faces]
    marks += [found.box for found in evidence.detections if found.score >= _SURE]
    marks += text
    whole = Box(0, 0, evidence.picture.width, evidence.picture.height)
    around = Box.around(marks) if marks else whole
    return round(min(max(around.width / max(around.height, 1e-6), 0.5), 2.0), 2)


def crop_at(evidence: Evidence, ratio: float, text: Iterable[Box] = ()) -> Crop:
    """The largest part of the picture with that ratio of width to height, over what matters.

    Whole pixels, inside the picture; width / height is `ratio` to rounding. `text`: boxes of lines, in pixels
    of the picture. Raises ValueError for a ratio that is not above 0.
    """
    if not ratio > 0:
        raise ValueError("a ratio is above 0")
    width, height = evidence.picture.width, evidence.picture.height
    wide, high = _largest(width, height, ratio)
    if (wide, high) == (width, height):
        return Crop(ratio, Box(0, 0, width, height))
    worth = _worth(evidence, text)
    rows, columns = worth.shape
    left = _best(worth.sum(axis=0), wide / width * columns, width - wide, width / columns)
    top = _best(worth.sum(axis=1), high / height * rows, height - high, height / rows)
    faces = [face.box for face in evidence.faces]
    left = _keeping(left, wide, [(box.left, box.right) for box in faces], width - wide)
    top = _keeping(top, high, [(box.top, box.bottom) for box in faces], height - high)
    return Crop(ratio, Box(left, top, wide, high))


def _largest(width: int, height: int, ratio: float) -> tuple[int, int]:
    """Whole-pixel size of the largest box of that ratio inside width x height; at least one pixel."""
    if width / height > ratio:
        return min(width, max(1, round(height * ratio))), height
    return width, min(height, max(1, round(width / ratio)))


def _worth(evidence: Evidence, text: Iterable[Box]) -> NDArray[np.float32]:
    """How much each place is worth keeping: a small map of the picture's shape."""
    width, height = evidence.picture.width, evidence.picture.height
    scale = min(1.0, _CELLS / max(width, height))
    columns, rows = max(1, round(width * scale)), max(1, round(height * scale))
    # Squared, so that what stands out weighs more than a busy ground.
    salient = np.asarray(cv2.resize(evidence.saliency, (columns, rows)), np.float32) ** 2
    total = float(salient.sum())
    worth = salient * np.float32(_EYE / total) if total > 0 else np.full((rows, columns), 1e-6, np.float32)
    marks = [(face.box, _FACE) for face in evidence.faces]
    marks += [
        (found.box, found.score * (_PERSON if found.name == "person" else _THING))
        for found in evidence.detections
        if found.score >= _SURE
    ]
    marks += [(box, _TEXT) for box in text]
    for box, value in marks:
        inside = box.clipped(width, height)
        x, y = int(inside.left * columns / width), int(inside.top * rows / height)
        right = max(x + 1, round(inside.right * columns / width))
        bottom = max(y + 1, round(inside.bottom * rows / height))
        part = worth[y:bottom, x:right]
        if part.size:
            # Wide things are worth more than narrow ones, but not as much more as they are larger.
            share = inside.width * inside.height / (width * height)
            part += np.float32(value * (0.3 + share**0.5) / part.size)
    return worth


def _best(worth: NDArray[np.float32], window: float, room: int, pixels: float) -> int:
    """Where a window of so many cells has most worth in it, in pixels, 0..room; near the centre if all is even."""
    if room <= 0:
        return 0
    sums = np.concatenate([[0.0], worth.cumsum(dtype=np.float64)])
    starts = np.linspace(0.0, max(0.0, len(worth) - window), min(room + 1, 4 * len(worth)))
    edges = np.arange(len(worth) + 1)
    kept = np.interp(starts + window, edges, sums) - np.interp(starts, edges, sums)
    # What matters belongs inside, not at the rim.
    margin = 0.12 * window
    core = np.interp(starts + window - margin, edges, sums) - np.interp(starts + margin, edges, sums)
    value = kept + 0.5 * core
    centre = (len(worth) - window) / 2
    value -= 0.02 * float(value.max()) * np.abs(starts - centre) / max(centre, 1e-9)
    return min(room, max(0, round(float(starts[int(value.argmax())]) * pixels)))


def _keeping(start: int, window: int, spans: list[tuple[float, float]], room: int) -> int:
    """Move the window as little as it takes to hold all faces, or the likeliest ones when all do not fit."""
    held: list[tuple[float, float]] = []
    for span in spans:
        low, high = min(a for a, _ in [*held, span]), max(b for _, b in [*held, span])
        if high - low <= window:
            held.append(span)
    if not held:
        return start
    low, high = min(a for a, _ in held), max(b for _, b in held)
    start = int(min(start, np.floor(low))) if start > low else start
    start = int(max(start, np.ceil(high) - window)) if start + window < high else start
    return min(room, max(0, start))
