"""The file of a multipart form, taken out of it while the form arrives (contract 2.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from readstone.domain.refusals import Reason, Refusal
from readstone.intake.spool import Incoming

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MULTIPART_ALLOWANCE = 64 * 1024
"""Bytes of boundaries, part headers and small fields that may surround the image in a form."""

_FILE_HEADER = re.compile(rb"filename\*?=", re.IGNORECASE)


class FormFile:
    """Takes a form in and keeps its first file part, whatever the field is called.

    A part counts as a file when it has a file name or a content type; if none does, the first part is
    kept, as clients exist that send the bytes as a plain field.
    """

    def __init__(self, content_type: str, into: Incoming) -> None:
        """Raises Refusal BAD_ARGUMENT when the media type names no usable boundary."""
        self._into = into
        _, options = parse_options_header(content_type)
        try:
            self._parser = MultipartParser(options.get(b"boundary", b""), self._callbacks())
        except (FormParserError, ValueError):
            raise _broken() from None
        self._parts = 0
        self._keeping = False
        self._is_file = False
        self._file_begun = self._complete = False
        self._header_name = b""
        self._header_value = b""

    async def take(self, chunk: bytes) -> None:
        """The form's next bytes. Raises Refusal BAD_ARGUMENT when it is broken, and as `Incoming.settle`."""
        try:
            self._parser.write(chunk)
        except (FormParserError, ValueError):
            raise _broken() from None
        await self._into.settle()

    def finish(self) -> None:
        """The form is over. Raises Refusal BAD_ARGUMENT when it is cut off or holds no part."""
        try:
            self._parser.finalize()
        except (FormParserError, ValueError):
            raise _broken() from None
        if not self._complete:
            raise Refusal(Reason.BAD_ARGUMENT, "The multipart form holds no file.")

    def _callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_headers_finished": self._choose,
            "on_part_data": self._on_data,
            "on_part_end": self._end,
            "on_header_field": self._on_name,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header,
        }

    def _begin(self) -> None:
        self._parts += 1
        self._is_file = self._keeping = False

    def _choose(self) -> None:
        """Keep the part if it is the first file, or stands in for one until a file comes."""
        self._keeping = (self._is_file and not self._file_begun) or (self._parts == 1)
        if self._is_file and not self._file_begun:
            self._file_begun, self._complete = True, False
            self._into.restart()

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._keeping:
            self._into.add(data[start:end])

    def _end(self) -> None:
        self._complete = self._complete or self._keeping

    def _on_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header(self) -> None:
        name = self._header_name.lower()
        if name == b"content-type" or (name == b"content-disposition" and _FILE_HEADER.search(self._header_value)):
            self._is_file = True
        self._header_name = self._header_value = b""


def _broken() -> Refusal:
    return Refusal(Reason.BAD_ARGUMENT, "The multipart form is not valid.")
