"""What travels between the server and a decoder child as JSON: limits one way, findings the other."""

from __future__ import annotations

import math
from typing import Any

from readstone.domain.document import Sheet, Unit
from readstone.intake.decode import ImageLimits
from readstone.intake.judged_page import DocumentInfo, DocumentLimits


def packed_limits(limits: ImageLimits | DocumentLimits) -> dict[str, Any]:
    """The members of a request's head that say what is accepted."""
    head: dict[str, Any] = {
        "formats": sorted(limits.formats),
        "min_side": limits.min_side,
        "max_side": limits.max_side,
        "max_pixels": limits.max_pixels,
    }
    if isinstance(limits, DocumentLimits):
        head |= {"max_inches": limits.max_inches, "max_pages": limits.max_pages}
    return head


def image_limits(head: dict[str, Any]) -> ImageLimits:
    """The limits in the head of a decode request."""
    return ImageLimits(frozenset(head["formats"]), head["min_side"], head["max_side"], head["max_pixels"])


def document_limits(head: dict[str, Any]) -> DocumentLimits:
    """The limits in the head of an inspect or page request."""
    image = (frozenset(head["formats"]), head["min_side"], head["max_side"], head["max_pixels"])
    return DocumentLimits(*image, head["max_inches"], head["max_pages"])


def packed_info(info: DocumentInfo) -> dict[str, Any]:
    """The answer to an inspect request."""
    return {"format": info.format, "page_count": info.page_count, "unfit": list(info.unfit)}


def checked_info(head: dict[str, Any], limits: DocumentLimits) -> DocumentInfo:
    """That answer, distrusted: a file may have taken the child over. Raises KeyError, TypeError, ValueError."""
    count, unfit = int(head["page_count"]), tuple(int(number) for number in head["unfit"])
    if head["format"] not in limits.formats or count < 1:
        raise ValueError("outside the limits")
    return DocumentInfo(head["format"], count, unfit)


def packed_sheet(sheet: Sheet) -> dict[str, Any]:
    """What the answer to a page request says beside the pixels' shape."""
    return {
        "number": sheet.number,
        "unit": sheet.unit.value,
        "width": sheet.width,
        "height": sheet.height,
        "units_per_pixel": sheet.units_per_pixel,
    }


def checked_sheet(head: dict[str, Any], number: int) -> Sheet:
    """That, distrusted. Raises KeyError, TypeError, ValueError."""
    unit, sizes = Unit(head["unit"]), [float(head[name]) for name in ("width", "height", "units_per_pixel")]
    if head["number"] != number or not all(math.isfinite(size) and size > 0 for size in sizes):
        raise ValueError("no page's measures")
    return Sheet(number, unit, *sizes)
