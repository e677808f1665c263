"""Small raw HTTP servers on loopback addresses, which count who connects."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address

PUBLIC = "127.0.0.2"  # stands in for a public address: tests allow it, and only it
Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


def picture(body: bytes = b"picture", status: str = "200 OK", *headers: str) -> bytes:
    lines = "".join(f"{header}\r\n" for header in (f"Content-Length: {len(body)}", *headers))
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def fixed(answer: bytes) -> Answer:
    """A server that always answers with these bytes."""

    async def send(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    return send


@dataclass
class Loopback:
    """A running server. `requests` are the heads received; `gone` is set whenever a client has left."""

    host: str
    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ip_address(self.host).version == 6 else self.host
        return f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.authority}"


@asynccontextmanager
async def serve(
    answer: Answer, host: str = PUBLIC, port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Loopback]:
    """`answer` gets each request head and writes; afterwards the connection is closed."""
    here = Loopback(host, port)
    tasks: set[asyncio.Task[None]] = set()

    async def leave(reader: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while await reader.read(65536):
                pass
        here.gone.set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        here.connections += 1
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            here.requests.append(head)
            watching = asyncio.create_task(leave(reader))
            tasks.add(watching)
            await answer(head, writer)
            await writer.drain()
            writer.write_eof() if writer.can_write_eof() else writer.close()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(handle, host, port, ssl=tls)
    here.port = server.sockets[0].getsockname()[1]
    try:
        yield here
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
