"""Read of v3.0 and v3.1; its previews and v3.2 differ in what `ReadShape` names (contract 4.6)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from readstone.api.vision.measures import clockwise_degrees, eight_numbers, side
from readstone.api.vision.text_codec import TextCodec, Times
from readstone.api.vision.text_options import TextOptions
from readstone.api.vision.v3_0.read_result import ReadLine, ReadResult, ReadWord
from readstone.domain.document import Sheet
from readstone.domain.order import basic_order
from readstone.domain.script import is_latin
from readstone.domain.text import Appearance, Line, Page


@dataclass(frozen=True, slots=True)
class ReadShape:
    """How the versions of Read differ.

    `version`: of `analyzeResult`. `page_language`: always told (else only when it was asked for).
    `line_language`: told on every line (else only where it differs). `appearance`: a line's style as that
    version writes it, None where it has none. `model_version`: whether `modelVersion` is told.
    """

    version: str
    page_language: bool = True
    line_language: bool = False
    appearance: Callable[[Appearance], dict[str, Any]] | None = None
    model_version: bool = False


def read_codec(shape: ReadShape) -> TextCodec:
    """The codec of one version of Read."""

    def page(sheet: Sheet, found: Page, options: TextOptions) -> bytes:
        lines = found.lines if options.natural_order else basic_order(found)
        language = options.language or (found.language if shape.page_language else None)
        result = ReadResult(
            page=sheet.number,
            language=language,
            angle=round(clockwise_degrees(found), 4),
            width=side(sheet, sheet.width),
            height=side(sheet, sheet.height),
            unit=sheet.unit.value,
            lines=[_line(shape, sheet, found, line, language) for line in lines],
        )
        return result.model_dump_json(by_alias=True, exclude_none=True).encode()

    def done(pages: Sequence[bytes], times: Times, options: TextOptions) -> bytes:
        head = _head("succeeded", times)[:-1]
        model = f',"modelVersion":{json.dumps(options.model_version)}' if shape.model_version else ""
        analyzed = f',"analyzeResult":{{"version":{json.dumps(shape.version)}{model},"readResults":['
        return head + analyzed.encode() + b",".join(pages) + b"]}}"

    def pending(started: bool, times: Times) -> bytes:
        return _head("running" if started else "notStarted", times)

    def failed(times: Times) -> bytes:
        return _head("failed", times)

    return TextCodec(page, done, pending, failed, styled=shape.appearance is not None)


def _line(shape: ReadShape, sheet: Sheet, page: Page, line: Line, page_language: str | None) -> ReadLine:
    latin = is_latin(line.text)  # documented: styles of Latin script only
    return ReadLine(
        language=line.language or (page_language if shape.line_language else None),
        bounding_box=eight_numbers(sheet, page, line.quad),
        appearance=shape.appearance(line.appearance) if shape.appearance and line.appearance and latin else None,
        text=line.text,
        words=[
            ReadWord(
                bounding_box=eight_numbers(sheet, page, word.quad),
                text=word.text,
                confidence=round(word.confidence, 3),
            )
            for word in line.words
        ],
    )


def _head(status: str, times: Times) -> bytes:
    body = {
        "status": status,
        "createdDateTime": _timestamp(times.created),
        "lastUpdatedDateTime": _timestamp(times.updated),
    }
    return json.dumps(body, separators=(",", ":")).encode()


def _timestamp(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


READ = read_codec(ReadShape("3.0.0"))
READ_PREVIEW = read_codec(ReadShape("3.0.0", line_language=True))
