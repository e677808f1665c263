"""recognizeText of v1.0, the same in v2.0 and v2.1 (contract 4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, Field

from readstone.api.vision.measures import eight_numbers
from readstone.api.vision.text_codec import TextCodec, Times
from readstone.api.vision.text_options import TextOptions
from readstone.domain.document import Sheet
from readstone.domain.order import basic_order
from readstone.domain.text import Line, Page, Word

DOUBTFUL = 0.7
"""Below this confidence a word is marked `Low`; above it nothing is said, as `High` was never seen live."""


class TextWord(BaseModel):
    """A word of v1.0 - v2.1."""

    bounding_box: list[int | float] = Field(serialization_alias="boundingBox")
    text: str
    confidence: Literal["Low"] | None = None


class TextLine(BaseModel):
    """A line of v1.0 - v2.1."""

    bounding_box: list[int | float] = Field(serialization_alias="boundingBox")
    text: str
    words: list[TextWord]


class RecognitionResult(BaseModel):
    """`recognitionResult` of recognizeText: lines and nothing else."""

    lines: list[TextLine]


def text_lines(sheet: Sheet, page: Page, lines: Sequence[Line]) -> list[TextLine]:
    """Lines with their words."""

    def word(found: Word) -> TextWord:
        return TextWord(
            bounding_box=eight_numbers(sheet, page, found.quad),
            text=found.text,
            confidence="Low" if found.confidence < DOUBTFUL else None,
        )

    return [
        TextLine(
            bounding_box=eight_numbers(sheet, page, line.quad), text=line.text, words=[word(w) for w in line.words]
        )
        for line in lines
    ]


def _page(sheet: Sheet, page: Page, _options: TextOptions) -> bytes:
    result = RecognitionResult(lines=text_lines(sheet, page, basic_order(page)))
    return result.model_dump_json(by_alias=True, exclude_none=True).encode()


def _done(pages: Sequence[bytes], _times: Times, _options: TextOptions) -> bytes:
    return b'{"status":"Succeeded","recognitionResult":' + pages[0] + b"}"


def pending(started: bool, _times: Times) -> bytes:
    """Exactly the status and nothing else. `NotStarted` without the space that v1.0's definition has."""
    return b'{"status":"Running"}' if started else b'{"status":"NotStarted"}'


def failed(_times: Times) -> bytes:
    """No version's schema has room for a reason; it goes to the log."""
    return b'{"status":"Failed"}'


RECOGNIZE_TEXT = TextCodec(_page, _done, pending, failed)
