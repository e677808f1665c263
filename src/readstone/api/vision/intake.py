"""From a request to image bytes: the part of the way that all image operations share."""

from __future__ import annotations

from typing import Protocol

from readstone.api.call import Call
from readstone.domain.refusals import Reason, Refusal
from readstone.intake.body import (
    DOCUMENT_BODIES,
    IMAGE_BODIES,
    MAX_JSON_BYTES,
    MULTIPART_ALLOWANCE,
    BodyKind,
    body_kind,
    first_file,
    image_url,
    read_capped,
)

__all__ = ["DOCUMENT_BODIES", "IMAGE_BODIES", "Fetcher", "ImageIntake"]


class Fetcher(Protocol):
    """Fetches what a URL points to, or raises Refusal."""

    async def fetch(self, url: str, max_bytes: int) -> bytes:
        """Return the bytes behind `url`, at most `max_bytes` of them."""
        ...


class ImageIntake:
    """Gets the image of a request, wherever the request says it is."""

    def __init__(self, fetcher: Fetcher, upload_seconds: float) -> None:
        self._fetcher = fetcher
        self._upload_seconds = upload_seconds

    async def image_bytes(self, call: Call, max_bytes: int, as_bytes: frozenset[str] = IMAGE_BODIES) -> bytes:
        """The encoded image, not yet looked at; `as_bytes` are the media types that are the image itself.

        Raises Refusal for the media type, the body, the URL and the size, in that order (contract 6.1).
        """
        content_type = call.request.headers.get("content-type")
        if not content_type and not _has_body(call):
            raise Refusal(Reason.BAD_ARGUMENT, "The request has no body.")
        kind = body_kind(content_type, as_bytes)
        if kind is BodyKind.URL:
            try:
                body = await self._read(call, MAX_JSON_BYTES)
            except Refusal as refusal:
                if refusal.reason is Reason.IMAGE_TOO_LARGE:
                    raise Refusal(Reason.BAD_ARGUMENT, "The request body is too large.") from None
                raise
            url = image_url(body)
            return await call.unless_gone(self._fetcher.fetch(url, max_bytes))
        if kind is BodyKind.FORM:
            form = await self._read(call, max_bytes + MULTIPART_ALLOWANCE)
            image = first_file(form, content_type or "")
            if len(image) > max_bytes:
                raise Refusal(Reason.IMAGE_TOO_LARGE, "Image size is too large.")
            return image
        return await self._read(call, max_bytes)

    async def _read(self, call: Call, max_bytes: int) -> bytes:
        length = call.request.headers.get("content-length")
        return await read_capped(call.body(), max_bytes, self._upload_seconds, length)


def _has_body(call: Call) -> bool:
    headers = call.request.headers
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
