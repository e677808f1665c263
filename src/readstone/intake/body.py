"""The request body: what its Content-Type says it is, read under a byte cap and a deadline.

The same path serves JSON with a URL, raw bytes and multipart forms; only Content-Type decides
(contract 2.3). Bodies are read as they come: chunked uploads have no length, and a length is not trusted.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from enum import Enum, auto
from typing import TYPE_CHECKING

import pyjson5
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from readstone.domain.refusals import Reason, Refusal

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_JSON_BYTES = 64 * 1024
"""A body that only carries a URL: the longest URL servers accept is far below this."""

MULTIPART_ALLOWANCE = 64 * 1024
"""Bytes of boundaries, part headers and small fields that may surround the image in a form."""

_IMAGE_TYPES = frozenset(
    # The five of contract 2.3 and the names that older Windows and browsers give the same formats.
    f"image/{name}"
    for name in ("jpeg", "png", "gif", "bmp", "tiff", "jpg", "pjpeg", "x-png", "x-bmp", "x-ms-bmp", "tif")
)


class BodyKind(Enum):
    """What a body holds."""

    URL = auto()
    BYTES = auto()
    FORM = auto()


IMAGE_BODIES = frozenset({"application/octet-stream"}) | _IMAGE_TYPES
"""Media types whose bodies the image routes of v1.0 - v3.2 take as the image itself."""

DOCUMENT_BODIES = IMAGE_BODIES | {"application/pdf"}
"""The same for the text routes that take documents."""


def body_kind(content_type: str | None, as_bytes: frozenset[str] = IMAGE_BODIES) -> BodyKind:
    """What a body is taken for; `as_bytes` are the media types that are the image itself.

    Raises Refusal MEDIA_TYPE_NOT_SUPPORTED for anything else, and for a body without Content-Type.
    """
    media_type = (content_type or "").split(";", 1)[0].strip().lower()
    if media_type == "application/json":
        return BodyKind.URL
    if media_type in as_bytes:
        return BodyKind.BYTES
    if media_type == "multipart/form-data":
        return BodyKind.FORM
    raise Refusal(
        Reason.MEDIA_TYPE_NOT_SUPPORTED,
        "Unsupported media type. Use application/json, application/octet-stream or multipart/form-data.",
    )


async def read_capped(
    chunks: AsyncIterator[bytes], max_bytes: int, seconds: float, content_length: str | None = None
) -> bytes:
    """The whole body.

    Raises Refusal IMAGE_TOO_LARGE past `max_bytes` (at once when `content_length` already says so) and
    BAD_ARGUMENT when the client needs more than `seconds`.
    """
    too_large = Refusal(Reason.IMAGE_TOO_LARGE, "Image size is too large.")
    if content_length is not None and content_length.isdecimal() and int(content_length) > max_bytes:
        raise too_large
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for chunk in chunks:
                size += len(chunk)
                if size > max_bytes:
                    raise too_large
                parts.append(chunk)
    except TimeoutError:
        raise Refusal(Reason.BAD_ARGUMENT, "The request body was not received in time.") from None
    return b"".join(parts)


_URL_MISSING = "Image URL is missing."


def image_url(body: bytes) -> str:
    """The `url` of a JSON body; other members are ignored.

    Microsoft's own instructions tell Windows users to send `{'url':'...'}`, hence the JSON5 second try
    (contract 2.3). Raises Refusal BAD_ARGUMENT when it is no JSON object, IMAGE_URL without a url.
    """
    try:
        parsed = _parse(body)
    except (ValueError, RecursionError):
        raise Refusal(Reason.BAD_ARGUMENT, "The request body is not valid JSON.") from None
    if not isinstance(parsed, dict):
        raise Refusal(Reason.BAD_ARGUMENT, "The request body is not a JSON object.")
    url = parsed.get("url")
    if not isinstance(url, str) or not url.strip():
        raise Refusal(Reason.IMAGE_URL, _URL_MISSING)
    return url.strip()


def _parse(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        text = body.decode("utf-8-sig")
    try:
        return pyjson5.decode(text, maxdepth=32)
    except pyjson5.Json5DecoderException as error:
        raise ValueError(str(error)) from None


def first_file(body: bytes, content_type: str) -> bytes:
    """The first file part of a multipart form, whatever its field is called (contract 2.3).

    A part counts as a file when it has a file name or a content type; if none does, the first part is
    taken, as clients exist that send the bytes as a plain field. Raises Refusal BAD_ARGUMENT when the form
    is broken or empty.
    """
    form = _FormParts()
    _, options = parse_options_header(content_type)
    try:
        parser = MultipartParser(options.get(b"boundary", b""), form.callbacks())
        parser.write(body)
        parser.finalize()
    except (FormParserError, ValueError):
        raise Refusal(Reason.BAD_ARGUMENT, "The multipart form is not valid.") from None
    part = next((data for is_file, data in form.parts if is_file), None)
    if part is None and form.parts:
        part = form.parts[0][1]
    if part is None:
        raise Refusal(Reason.BAD_ARGUMENT, "The multipart form holds no file.")
    return part


_FILE_HEADER = re.compile(rb"filename\*?=", re.IGNORECASE)


class _FormParts:
    """Collects (is a file, data) of each complete part."""

    def __init__(self) -> None:
        self.parts: list[tuple[bool, bytes]] = []
        self._data = bytearray()
        self._header_name = b""
        self._header_value = b""
        self._is_file = False

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_part_data": self._on_data,
            "on_part_end": self._end,
            "on_header_field": self._on_name,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header,
        }

    def _begin(self) -> None:
        self._data = bytearray()
        self._is_file = False

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self._data += data[start:end]

    def _end(self) -> None:
        self.parts.append((self._is_file, bytes(self._data)))

    def _on_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header(self) -> None:
        name = self._header_name.lower()
        if name == b"content-type" or (name == b"content-disposition" and _FILE_HEADER.search(self._header_value)):
            self._is_file = True
        self._header_name = self._header_value = b""
