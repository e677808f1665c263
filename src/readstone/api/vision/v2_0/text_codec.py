"""Batch Read of v2.0 and v2.1 (contract 4.5)."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field

from readstone.api.vision.measures import clockwise_degrees, side
from readstone.api.vision.text_codec import TextCodec, Times
from readstone.api.vision.text_options import TextOptions
from readstone.api.vision.v1_0.text_codec import TextLine, failed, pending, text_lines
from readstone.domain.document import Sheet
from readstone.domain.order import basic_order
from readstone.domain.text import Page

LINES_PER_PAGE = 300
"""Documented limit of one page's lines."""


class TextRecognitionResult(BaseModel):
    """One page; the members in the order seen live."""

    page: int
    clockwise_orientation: float = Field(serialization_alias="clockwiseOrientation")
    width: int | float
    height: int | float
    unit: str
    lines: list[TextLine]


def _page(sheet: Sheet, page: Page, _options: TextOptions) -> bytes:
    result = TextRecognitionResult(
        page=sheet.number,
        clockwise_orientation=round(clockwise_degrees(page) % 360, 2) % 360,
        width=side(sheet, sheet.width),
        height=side(sheet, sheet.height),
        unit=sheet.unit.value,
        lines=text_lines(sheet, page, basic_order(page)[:LINES_PER_PAGE]),
    )
    return result.model_dump_json(by_alias=True, exclude_none=True).encode()


def _done(pages: Sequence[bytes], _times: Times, _options: TextOptions) -> bytes:
    return b'{"status":"Succeeded","recognitionResults":[' + b",".join(pages) + b"]}"


BATCH_READ = TextCodec(_page, _done, pending, failed)
