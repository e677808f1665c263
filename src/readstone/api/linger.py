"""Sending an answer to a client that may still be sending its body.

An error can be known before the body is read: a wrong key, a full server, a length over the limit. If the
connection were closed at once, the client would often see a reset instead of the answer, because its
unread bytes make the system throw the answer away. So the answer goes out first, whole, and the rest of
the body is then read into nothing for a bounded time.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Send

from readstone.api.call import Call

_SECONDS = 10.0
_BYTES = 1 << 30  # twice the largest body that any route takes


async def send_and_linger(call: Call, response: Response, receive: Receive, send: Send) -> None:
    """Send `response`; swallow what is left of the request body, within bounds."""
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    if call.body_read or call.request.headers.get("expect", "").lower() == "100-continue":
        # A client that asked first gets its answer instead of the "100 Continue" and will send no body.
        await send({"type": "http.response.body", "body": bytes(response.body)})
        return
    await send({"type": "http.response.body", "body": bytes(response.body), "more_body": True})
    with suppress(TimeoutError):
        async with asyncio.timeout(_SECONDS):
            await _swallow(receive)
    await send({"type": "http.response.body", "body": b""})


async def _swallow(receive: Receive) -> None:
    left = _BYTES
    more = True
    while more and left > 0:
        message = await receive()
        more = message["type"] == "http.request" and message.get("more_body", False)
        left -= len(message.get("body", b""))
