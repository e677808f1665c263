"""The members of a page of Read v3.x; what a version lacks is None and left out."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class ReadWord(BaseModel):
    """A word."""

    bounding_box: list[int | float] = Field(serialization_alias="boundingBox")
    text: str
    confidence: float


class ReadLine(BaseModel):
    """A line."""

    language: str | None = None
    bounding_box: list[int | float] = Field(serialization_alias="boundingBox")
    appearance: dict[str, Any] | None = None
    text: str
    words: list[ReadWord]


class ReadResult(BaseModel):
    """A page."""

    page: int
    language: str | None = None
    angle: float
    width: int | float
    height: int | float
    unit: str
    lines: list[ReadLine]
