"""Connecting to judged addresses only.

httpcore2 asks its network backend for every connection it makes. Judging here, and connecting to the judged
address itself, leaves no second look-up to rebind and no hop that goes unjudged (as imgproxy does in its
dialler).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import httpcore2

from readstone.intake.addresses import AllowList, judge
from readstone.intake.hosts import Address, parse_host
from readstone.intake.resolve import Resolver

CONNECT_SECONDS = 5.0
"""For one address, so that a dead first one leaves time for the others."""

MAX_TRIES = 4
"""Addresses of one name that are tried: a name with hundreds must not make us scan them."""


class ForbiddenAddress(Exception):
    """The host is, or resolves to, an address that may not be connected to."""


class Unresolvable(Exception):
    """The host has no address."""


class Gate:
    """Finds the addresses of a host and judges them."""

    def __init__(self, allow: AllowList, resolve: Resolver) -> None:
        self._allow = allow
        self._resolve = resolve

    async def admit(self, host: Address | str, port: int) -> Sequence[Address]:
        """The addresses of `host`, all of them permitted. Raises ForbiddenAddress, Unresolvable.

        One forbidden address among them condemns the host: mixing them is how rebinding is done, and a proper
        public host has no private addresses.
        """
        if isinstance(host, str):
            try:
                addresses = await self._resolve(host, port)
            except (OSError, ValueError) as fault:
                raise Unresolvable from fault
            name = host
        else:
            addresses, name = (host,), ""
        if not addresses:
            raise Unresolvable
        if not all(judge(address, name, self._allow) for address in addresses):
            raise ForbiddenAddress
        return addresses


class HopNetwork(httpcore2.AsyncNetworkBackend):
    """The connections of one hop; closing it closes them all, however far they came."""

    def __init__(self, network: httpcore2.AsyncNetworkBackend) -> None:
        self._network = network
        self._opened: list[httpcore2.AsyncNetworkStream] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2 names it
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """As httpcore2 defines it. Raises httpcore2.ConnectError, ConnectTimeout."""
        stream = await self._network.connect_tcp(host, port, timeout, local_address, socket_options)
        self._opened.append(stream)
        return stream

    async def aclose(self) -> None:
        """httpcore2 forgets a connection that is cancelled in the TLS handshake; this does not."""
        for stream in self._opened:
            await stream.aclose()


class JudgedNetwork(HopNetwork):
    """Connects to addresses that passed the gate, and to nothing else."""

    def __init__(self, network: httpcore2.AsyncNetworkBackend, gate: Gate) -> None:
        super().__init__(network)
        self._gate = gate

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2 names it
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Resolve and judge `host`, then connect to the first judged address that answers.

        Raises ForbiddenAddress, Unresolvable, httpcore2's errors of the last address tried, and
        ValueError where `host` is no host; the URL parser lets none of those through.
        """
        addresses = await self._gate.admit(parse_host(host), port)
        *others, last = addresses[:MAX_TRIES]
        for address in others:
            try:
                return await super().connect_tcp(str(address), port, CONNECT_SECONDS, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await super().connect_tcp(str(last), port, timeout, local_address, socket_options)
