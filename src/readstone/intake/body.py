"""The request body: what its Content-Type says it is, received under a byte cap and a deadline.

The same path serves JSON with a URL, raw bytes and multipart forms; only Content-Type decides
(contract 2.3). Bodies are taken in as they come: chunked uploads have no length, and a length is not trusted.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from enum import Enum, auto
from typing import Any, Protocol

import pyjson5

from readstone.domain.refusals import Reason, Refusal
from readstone.intake.spool import Incoming

MAX_JSON_BYTES = 64 * 1024
"""A body that only carries a URL: the longest URL servers accept is far below this."""

BYTES_A_DEADLINE = 50 * 1024 * 1024
"""A body gets its deadline once more for each so many bytes that have arrived: 500 MB are not sent in the time
of a picture, and a body that trickles is no longer waited for than before."""

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


class Sink(Protocol):
    """Takes a body in."""

    async def take(self, chunk: bytes) -> None:
        """The next bytes. May raise Refusal."""
        ...


async def receive(
    sink: Sink, chunks: AsyncIterator[bytes], max_bytes: int, seconds: float, content_length: str | None = None
) -> None:
    """The whole body into `sink`.

    Raises Refusal IMAGE_TOO_LARGE past `max_bytes` (at once when `content_length` already says so), BAD_ARGUMENT
    when the client needs more than `seconds` and as many for each BYTES_A_DEADLINE, and what the sink raises.
    """
    too_large = Refusal(Reason.IMAGE_TOO_LARGE, "Image size is too large.")
    declared = declared_length(content_length)
    if declared is not None and declared > max_bytes:
        raise too_large
    size = 0
    started = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(seconds) as deadline:
            async for chunk in chunks:
                before, size = size, size + len(chunk)
                if size > max_bytes:
                    raise too_large
                if size // BYTES_A_DEADLINE > before // BYTES_A_DEADLINE:
                    deadline.reschedule(started + seconds * (1 + size // BYTES_A_DEADLINE))
                await sink.take(chunk)
    except TimeoutError:
        raise Refusal(Reason.BAD_ARGUMENT, "The request body was not received in time.") from None


def declared_length(content_length: str | None) -> int | None:
    """What a Content-Length header says, if anything."""
    return int(content_length) if content_length is not None and content_length.isdecimal() else None


async def read_capped(
    chunks: AsyncIterator[bytes], max_bytes: int, seconds: float, content_length: str | None = None
) -> bytes:
    """The whole body, in memory. Raises as `receive`."""
    incoming = Incoming()
    await receive(incoming, chunks, max_bytes, seconds, content_length)
    return incoming.in_memory()


URL_MISSING = "Image URL is missing."


def image_url(body: bytes) -> str:
    """The `url` of a JSON body; other members are ignored.

    Microsoft's own instructions tell Windows users to send `{'url':'...'}`, hence the JSON5 second try
    (contract 2.3). Raises Refusal BAD_ARGUMENT when it is no JSON object, IMAGE_URL without a url.
    """
    url = json_object(body).get("url")
    if not isinstance(url, str) or not url.strip():
        raise Refusal(Reason.IMAGE_URL, URL_MISSING)
    return url.strip()


def json_object(body: bytes) -> dict[str, Any]:
    """A JSON body's members. Raises Refusal BAD_ARGUMENT when it is no JSON object."""
    try:
        parsed = _parse(body)
    except (ValueError, RecursionError):
        raise Refusal(Reason.BAD_ARGUMENT, "The request body is not valid JSON.") from None
    if not isinstance(parsed, dict):
        raise Refusal(Reason.BAD_ARGUMENT, "The request body is not a JSON object.")
    return parsed


def _parse(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        text = body.decode("utf-8-sig")
    try:
        return pyjson5.decode(text, maxdepth=32)
    except pyjson5.Json5DecoderException as error:
        raise ValueError(str(error)) from None
