"""One request on its way through the server."""

from __future__ import annotations

import asyncio
import random
import secrets
import uuid
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from readstone.api.routing import Match, clean_path
from readstone.domain.refusals import Cancelled

Result = TypeVar("Result")

_dice = random.Random(secrets.randbits(128))  # noqa: S311 - names requests, guards nothing


def _new_id() -> str:
    # No secret, so the system need not be asked for randomness at every request (measured: 30 us each).
    return str(uuid.UUID(int=_dice.getrandbits(128), version=4))


@dataclass(slots=True)
class Call:
    """A request, what has been found out about it so far, and the id every answer carries.

    `match` is None until routing; `owner` is the fingerprint of the caller's key, empty before it was
    checked; `body_read` tells whether the client's body was taken in whole. `trace` is the traceparent that an
    operation started here belongs to; `operation_id` names the accepted document that the request is about;
    `pages` is how many pages of it were accepted or read.
    """

    request: Request
    request_id: str = field(default_factory=_new_id)
    segments: tuple[str, ...] = ()
    match: Match | None = None
    owner: str = ""
    body_read: bool = False
    trace: str = ""
    operation_id: str = ""
    pages: int = 0

    def __post_init__(self) -> None:
        """Clean the path once; everybody after this works on segments."""
        self.segments = clean_path(self.request.url.path)

    async def body(self) -> AsyncIterator[bytes]:
        """The body's chunks as they arrive. Raises Cancelled when the client leaves meanwhile."""
        try:
            async for chunk in self.request.stream():
                if chunk:
                    yield chunk
        except ClientDisconnect:
            raise Cancelled from None
        self.body_read = True

    async def unless_gone(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Await `work`; when the client leaves first, cancel it and raise Cancelled.

        Only for use once the body has been read: what the client sends next must be its leaving.
        """
        working = asyncio.ensure_future(work)
        leaving = asyncio.ensure_future(self.request.receive())
        try:
            await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                working.cancel()
                await asyncio.wait({working})
                raise Cancelled
            return working.result()
        finally:
            working.cancel()
            leaving.cancel()
