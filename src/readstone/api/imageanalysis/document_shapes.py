"""`readResult` of the previews: one text, and spans in it (contract 7.4)."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Span(BaseModel):
    """A part of `content`, counted in text elements."""

    offset: int
    length: int


class DocumentWord(BaseModel):
    """Eight numbers, x and y of the corners from the text's own top left on."""

    content: str
    bounding_box: list[int] = Field(serialization_alias="boundingBox")
    confidence: float
    span: Span


class DocumentLine(BaseModel):
    """Corners as a word's."""

    content: str
    bounding_box: list[int] = Field(serialization_alias="boundingBox")
    spans: list[Span]


class DocumentPage(BaseModel):
    """Size in pixels; `angle`: clockwise degrees, (-180, 180]."""

    height: int
    width: int
    angle: float
    page_number: int = Field(default=1, serialization_alias="pageNumber")
    words: list[DocumentWord]
    spans: list[Span]
    lines: list[DocumentLine]


class DocumentStyle(BaseModel):
    """Where something was written by hand."""

    is_handwritten: bool = Field(serialization_alias="isHandwritten")
    spans: list[Span]
    confidence: float


class DocumentRead(BaseModel):
    """The text of an image as one page of a document."""

    string_index_type: str = Field(default="TextElements", serialization_alias="stringIndexType")
    content: str
    pages: list[DocumentPage]
    styles: list[DocumentStyle]
