"""From a request to the encoded image or document: the part of the way that all image operations share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from readstone.api.call import Call
from readstone.domain.refusals import Reason, Refusal
from readstone.intake.body import (
    DOCUMENT_BODIES,
    IMAGE_BODIES,
    MAX_JSON_BYTES,
    BodyKind,
    Sink,
    body_kind,
    declared_length,
    image_url,
    read_capped,
    receive,
)
from readstone.intake.form import MULTIPART_ALLOWANCE, FormFile
from readstone.intake.spool import Incoming, Spool

__all__ = ["DOCUMENT_BODIES", "IMAGE_BODIES", "Fetcher", "ImageIntake"]


class Fetcher(Protocol):
    """Fetches what a URL points to, or raises Refusal."""

    async def fetch_into(self, incoming: Incoming, url: str, max_bytes: int) -> None:
        """Add the bytes behind `url` to `incoming`, at most `max_bytes` of them."""
        ...


class ImageIntake:
    """Gets the image or document of a request, wherever the request says it is."""

    def __init__(self, fetcher: Fetcher, upload_seconds: float, spool: Spool) -> None:
        self._fetcher = fetcher
        self._upload_seconds = upload_seconds
        self._spool = spool

    async def image_bytes(self, call: Call, max_bytes: int, as_bytes: frozenset[str] = IMAGE_BODIES) -> bytes:
        """The encoded image, not yet looked at; `as_bytes` are the media types that are the image itself.

        Held in memory, so for routes that take a few megabytes. Raises Refusal for the media type, the body, the
        URL and the size, in that order (contract 6.1).
        """
        incoming = Incoming()
        await self._take_in(incoming, call, max_bytes, _kind_of_body(call, as_bytes))
        return incoming.in_memory()

    @asynccontextmanager
    async def document(
        self, call: Call, max_bytes: int, as_bytes: frozenset[str] = DOCUMENT_BODIES
    ) -> AsyncIterator[bytes | Path]:
        """The encoded document, not yet looked at; a large one in a file, which is gone when the context ends
        unless it was moved elsewhere. Raises as `image_bytes`, and UNAVAILABLE when the disk has no room.
        """
        kind = _kind_of_body(call, as_bytes)
        # A form's or URL's own length says little about the file's.
        length = declared_length(call.request.headers.get("content-length")) if kind is BodyKind.BYTES else None
        if length is not None and length > max_bytes:
            raise _too_large()
        async with self._spool.incoming(length) as incoming:
            await self._take_in(incoming, call, max_bytes, kind)
            yield await incoming.whole()

    async def _take_in(self, incoming: Incoming, call: Call, max_bytes: int, kind: BodyKind) -> None:
        if kind is BodyKind.URL:
            url = image_url(await self.json(call))
            await call.unless_gone(self._fetcher.fetch_into(incoming, url, max_bytes))
        elif kind is BodyKind.FORM:
            form = FormFile(call.request.headers.get("content-type", ""), incoming)
            await self._receive(form, call, max_bytes + MULTIPART_ALLOWANCE)
            form.finish()
            if incoming.size > max_bytes:
                raise _too_large()
        else:
            await self._receive(incoming, call, max_bytes)

    async def json(self, call: Call) -> bytes:
        """A JSON body as it came. Raises Refusal BAD_ARGUMENT for a large or late one."""
        length = call.request.headers.get("content-length")
        try:
            return await read_capped(call.body(), MAX_JSON_BYTES, self._upload_seconds, length)
        except Refusal as refusal:
            if refusal.reason is Reason.IMAGE_TOO_LARGE:
                raise Refusal(Reason.BAD_ARGUMENT, "The request body is too large.") from None
            raise

    async def _receive(self, sink: Sink, call: Call, max_bytes: int) -> None:
        length = call.request.headers.get("content-length")
        await receive(sink, call.body(), max_bytes, self._upload_seconds, length)


def _kind_of_body(call: Call, as_bytes: frozenset[str]) -> BodyKind:
    headers = call.request.headers
    content_type = headers.get("content-type")
    if not content_type and headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        raise Refusal(Reason.BAD_ARGUMENT, "The request has no body.")
    return body_kind(content_type, as_bytes)


def _too_large() -> Refusal:
    return Refusal(Reason.IMAGE_TOO_LARGE, "Image size is too large.")
