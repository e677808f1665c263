"""What a caller may ask of an engine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How a page is to be read.

    `language`: a BCP-47 code the caller promises, or None to detect it. `detect_orientation`: whether
    pages lying on a side or upside down are turned before reading; a small lean is always handled.
    `appearance`: whether each line is judged to be handwriting or print.
    """

    language: str | None = None
    detect_orientation: bool = True
    appearance: bool = False
