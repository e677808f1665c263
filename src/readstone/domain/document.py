"""A page of a document as its own measures have it: inches of paper, or pixels of an image."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What a page is measured in, as Read spells it (contract 4.5): inches for PDF, pixels for the rest."""

    PIXEL = "pixel"
    INCH = "inch"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page's number and size.

    `number` is the page's own, counted from 1 in the whole document. `width` and `height` are in `unit`.
    `units_per_pixel` turns coordinates of the page's `Picture` into the unit; 1 where the unit is pixels.
    """

    number: int
    unit: Unit
    width: float
    height: float
    units_per_pixel: float
