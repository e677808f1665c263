"""From a page to `readResult` of the previews (contract 7.4)."""

from __future__ import annotations

import unicodedata

from readstone.api.imageanalysis.document_shapes import (
    DocumentLine,
    DocumentPage,
    DocumentRead,
    DocumentStyle,
    DocumentWord,
    Span,
)
from readstone.api.imageanalysis.measures import polygon, text_confidence
from readstone.api.vision.measures import clockwise_degrees
from readstone.domain.geometry import Quad
from readstone.domain.text import Line, Page

_NO_TEXT = " "
"""The definition wants at least one character."""
_JOINER = "\N{ZERO WIDTH JOINER}"


def document(page: Page) -> DocumentRead:
    """The lines in reading order, one below the other."""
    content = "\n".join(line.text for line in page.lines)
    words: list[DocumentWord] = []
    lines: list[DocumentLine] = []
    styles: list[DocumentStyle] = []
    offset = 0
    for line in page.lines:
        span = Span(offset=offset, length=text_elements(line.text))
        lines.append(DocumentLine(content=line.text, bounding_box=_eight(page, line.quad), spans=[span]))
        words += _words(page, line, offset)
        if line.appearance and line.appearance.handwriting:
            confidence = text_confidence(line.appearance.confidence)
            styles.append(DocumentStyle(is_handwritten=True, spans=[span], confidence=confidence))
        offset += span.length + 1
    whole = DocumentPage(
        height=page.height,
        width=page.width,
        angle=round(clockwise_degrees(page), 4),
        words=words,
        spans=[Span(offset=0, length=max(0, offset - 1))],
        lines=lines,
    )
    return DocumentRead(content=content or _NO_TEXT, pages=[whole], styles=styles)


def text_elements(text: str) -> int:
    """How many characters a reader sees: .NET's text elements, which are Unicode's grapheme clusters (UAX 29).

    Marks belong to the letter before them, and so does what a zero width joiner binds to it. Flags and Korean
    spelled in single letters, which no reader here writes, would count as several.
    """
    count, joined = 0, False
    for char in text:
        mark = unicodedata.category(char) in ("Mn", "Me", "Mc") or char == _JOINER
        if not (mark or joined) or count == 0:
            count += 1
        joined = char == _JOINER
    return count


def _words(page: Page, line: Line, offset: int) -> list[DocumentWord]:
    found = []
    at = 0
    for word in line.words:
        start = max(at, line.text.find(word.text, at))
        at = start + len(word.text)
        span = Span(offset=offset + text_elements(line.text[:start]), length=text_elements(word.text))
        found.append(
            DocumentWord(
                content=word.text,
                bounding_box=_eight(page, word.quad),
                confidence=text_confidence(word.confidence),
                span=span,
            )
        )
    return found


def _eight(page: Page, quad: Quad) -> list[int]:
    return [number for corner in polygon(page.width, page.height, quad) for number in (corner.x, corner.y)]
