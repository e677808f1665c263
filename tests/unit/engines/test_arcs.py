from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from readstone.domain.geometry import Point
from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture, RgbPixels
from readstone.engines.read.arcs import Arc, Pixels, arc_of
from readstone.engines.read.reader import PageReader

Write = Callable[..., Picture]
SIZE = 480
CENTRE = Point(240, 240)


def band(first: float, last: float, radius: float = 150, thickness: float = 24) -> Pixels:
    """Middles of the pixels of a band around CENTRE, angles in degrees."""
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    away, angle = np.hypot(x - CENTRE.x, y - CENTRE.y), np.degrees(np.arctan2(y - CENTRE.y, x - CENTRE.x)) % 360
    inside = (np.abs(away - radius) < thickness / 2) & (first < angle) & (angle < last)
    return np.column_stack((x[inside], y[inside]))


@pytest.mark.parametrize(("first", "last"), [(220, 320), (40, 140), (235, 305), (100, 350)])
def test_a_band_is_found_where_it_is(first: float, last: float) -> None:
    arc = arc_of(band(first, last))
    assert arc is not None
    assert math.dist((arc.centre.x, arc.centre.y), (CENTRE.x, CENTRE.y)) < 4
    assert arc.radius == pytest.approx(150, abs=4)
    assert arc.thickness == pytest.approx(24, abs=1.5)
    assert math.degrees(arc.last - arc.first) == pytest.approx(last - first, abs=4)


def test_other_shapes_are_none() -> None:
    grid = np.stack(np.meshgrid(np.arange(200.0), np.arange(20.0)), axis=-1).reshape(-1, 2)
    assert arc_of(grid) is None  # straight
    assert arc_of(band(0, 360)) is None  # a ring
    assert arc_of(band(250, 290, thickness=60)) is None  # stout
    wedge = band(200, 340)
    wedge = wedge[np.hypot(*(wedge - 240).T) < 138 + 24 * (wedge[:, 0] / SIZE) ** 4]
    assert arc_of(np.concatenate((wedge, band(300, 340, radius=200)))) is None  # a scrawl


def test_which_half_of_a_seal() -> None:
    upper, lower = (Arc(CENTRE, 150, *(math.radians(a) for a in ends), 24) for ends in ((220, 320), (40, 140)))
    assert upper.is_upper(0.0)
    assert not lower.is_upper(0.0)
    assert not upper.is_upper(math.pi)


@pytest.mark.parametrize("outward", [True, False])
def test_a_seal_is_read(reader: PageReader, write: Write, outward: bool) -> None:
    text = "Borough of Southwark"
    strip = write((330, 36), [(8, 2, text)], height=30).pixels
    arc = Arc(CENTRE, 180, math.radians(-90 if outward else 90) - 0.92, math.radians(-90 if outward else 90) + 0.92, 36)
    page = reader.read(Picture(rolled(strip, arc, outward), "Png"), ReadOptions())
    assert [line.text for line in page.lines] == [text]
    (line,) = page.lines
    # Each word lies on the circle, in the order of reading, within the line's quad.
    for word in line.words:
        away = [math.dist((p.x, p.y), (CENTRE.x, CENTRE.y)) for p in word.quad.corners]
        assert sum(away) / 4 == pytest.approx(180, abs=6)
    lefts = [word.quad.centre.x for word in line.words]
    assert lefts == sorted(lefts)
    assert abs(page.angle) < 0.1
    box = line.quad.bounds
    assert box.width == pytest.approx(300, abs=40)
    assert box.height == pytest.approx(100, abs=40)


def rolled(strip: RgbPixels, arc: Arc, outward: bool) -> RgbPixels:
    """White, with the flat strip put along the arc."""
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    away = np.hypot(x - CENTRE.x, y - CENTRE.y) - arc.radius
    middle = (arc.first + arc.last) / 2
    angle = (np.arctan2(y - CENTRE.y, x - CENTRE.x) - middle + np.pi) % (2 * np.pi) - np.pi
    along = (angle if outward else -angle) / (arc.last - arc.first) + 0.5
    down = (-away if outward else away) / arc.thickness + 0.5
    rows, columns = strip.shape[:2]
    picture = cv2.remap(
        strip,
        (along * columns - 0.5).astype(np.float32),
        (down * rows - 0.5).astype(np.float32),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(255, 255, 255),
    )
    return np.asarray(picture, np.uint8)
