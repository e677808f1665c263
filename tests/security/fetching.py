"""Running one fetch in a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address

import httpcore2
import pytest

from readstone.domain.refusals import Reason, Refusal
from readstone.intake.addresses import AllowList
from readstone.intake.fetch import FetchPolicy, ImageFetcher
from readstone.intake.hosts import Address
from readstone.intake.resolve import Resolver
from security.loopback import PUBLIC

NOT_ACCESSIBLE = (Reason.IMAGE_URL, "Image URL is not accessible.")
BADLY_FORMATTED = (Reason.IMAGE_URL, "Image URL is badly formatted.")
TOO_LARGE = (Reason.IMAGE_TOO_LARGE, "Image size is too large.")


class Recorder(httpcore2.AsyncNetworkBackend):
    """Connects nowhere and writes down where it should have."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self.asked.append((host, port))
        raise httpcore2.ConnectError


class Table:
    """A resolver of fixed answers, which counts look-ups."""

    def __init__(self, **hosts: Sequence[str]) -> None:
        self.hosts = {name.replace("_", "."): found for name, found in hosts.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        self.asked.append(host)
        if host not in self.hosts:
            raise OSError("no such host")
        return [ip_address(text) for text in self.hosts[host]]


@asynccontextmanager
async def fetcher(
    *allow: str,
    resolve: Resolver | None = None,
    network: httpcore2.AsyncNetworkBackend | None = None,
    deadline: float = 10.0,
    proxy: str | None = None,
) -> AsyncIterator[ImageFetcher]:
    """A fetcher that may connect to PUBLIC and to `allow`."""
    policy = FetchPolicy(AllowList.parse([PUBLIC, *allow]), deadline_seconds=deadline, proxy=proxy)
    one = ImageFetcher(policy, resolve=resolve, network=network)
    try:
        yield one
    finally:
        await one.aclose()


async def refused(one: ImageFetcher, url: str, max_bytes: int = 1000) -> tuple[Reason, str]:
    """The reason and sentence with which `url` is refused."""
    with pytest.raises(Refusal) as refusal:
        await asyncio.wait_for(one.fetch(url, max_bytes), 60)
    return refusal.value.reason, refusal.value.message
