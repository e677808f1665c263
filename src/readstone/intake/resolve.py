"""Names to addresses, off the event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

from readstone.intake.hosts import Address

Resolver = Callable[[str, int], Awaitable[Sequence[Address]]]
"""All addresses of a host name for a port, best first. Raises OSError when there are none."""

THREADS = 16


class SystemResolver:
    """`getaddrinfo`, in threads of its own.

    A look-up cannot be cancelled: its thread is held until the system gives up, many seconds for a name whose
    servers stay silent. In the loop's shared pool such names would hold up whatever else runs there
    (loop.getaddrinfo does).
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="readstone-resolve")

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        """A and AAAA of `host`, in the order of RFC 6724. A zone stays on its address. Raises OSError."""
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host, port)
        return tuple(dict.fromkeys(found))

    def close(self) -> None:
        """Take no more look-ups; those under way end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int) -> list[Address]:
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [
        ip_address(str(sockaddr[0]))
        for family, _, _, _, sockaddr in answers
        if family in (socket.AF_INET, socket.AF_INET6)
    ]
