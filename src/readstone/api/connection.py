"""One client's connection, which does not wait forever.

uvicorn waits without end for a request's line and headers, and for the rest of a body after its answer went
out: a client that sends a byte now and then would keep its connection, and a thousand such clients all there
are. Bodies that are being read have their own deadline (`readstone.intake.body.receive`).
"""

from __future__ import annotations

import asyncio
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class Connection(H11Protocol):
    """uvicorn's connection, closed when a request's head is not in after `head_seconds`."""

    head_seconds: ClassVar[float]
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A client is there; its first request is awaited."""
        super().connection_made(transport)
        self._mind_the_head()

    def data_received(self, data: bytes) -> None:
        """Take in what came."""
        super().data_received(data)
        self._mind_the_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone, or was sent away."""
        self._forget()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """An answer is out. Who is still sending then has been waited for (`readstone.api.linger`)."""
        still_sending = self.conn.their_state is h11.SEND_BODY  # asked before the next request is taken in
        super().on_response_complete()
        if still_sending:
            self.transport.close()

    def _mind_the_head(self) -> None:
        """Count from the connection's or the request's first byte on, until the head is in.

        Between requests nothing is counted here: that is uvicorn's keep-alive time.
        """
        if self.conn.their_state is not h11.IDLE or self.transport.is_closing():
            self._forget()
        elif self._late is None:
            self._late = self.loop.call_later(self.head_seconds, self.transport.close)

    def _forget(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def connections(head_seconds: float) -> type[Connection]:
    """The class of connections that wait so long for a request's head: uvicorn makes them itself."""
    return type("Connection", (Connection,), {"head_seconds": head_seconds})
