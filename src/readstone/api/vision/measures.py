"""Numbers as the text routes write them (contract 2.5, 4.4 - 4.6)."""

from __future__ import annotations

import math

from readstone.domain.document import Sheet, Unit
from readstone.domain.geometry import Quad
from readstone.domain.text import Orientation, Page

_QUARTERS = {None: 0, Orientation.UP: 0, Orientation.RIGHT: 90, Orientation.DOWN: 180, Orientation.LEFT: -90}


def eight_numbers(sheet: Sheet, page: Page, quad: Quad) -> list[float]:
    """A quad's corners from the text's own top left on, in the unit of the sheet, inside the page.

    Pixels are whole numbers, inches have four decimals.
    """
    inside = quad.clipped(page.width, page.height)
    numbers = [value for corner in inside.corners for value in (corner.x, corner.y)]
    if sheet.unit is Unit.PIXEL:
        return [round(value) for value in numbers]
    return [round(value * sheet.units_per_pixel, 4) for value in numbers]


def side(sheet: Sheet, value: float) -> float:
    """A page's width or height in the sheet's unit; whole inches are written without a fraction."""
    if sheet.unit is Unit.PIXEL:
        return round(value)
    rounded = round(value, 4)
    return int(rounded) if rounded == int(rounded) else rounded


def clockwise_degrees(page: Page) -> float:
    """How far the text is turned clockwise from upright, in degrees, (-180, 180]."""
    degrees = _QUARTERS[page.orientation] - math.degrees(page.angle)
    degrees = -(((-degrees + 180) % 360) - 180)
    return degrees or 0.0  # no -0.0
