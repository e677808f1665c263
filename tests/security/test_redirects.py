"""T4: redirects and DNS rebinding, with no forbidden connection."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from readstone.domain.refusals import Refusal
from readstone.intake import connect
from readstone.intake.hosts import Address
from security.fetching import NOT_ACCESSIBLE, Recorder, Table, fetcher, refused
from security.loopback import PUBLIC, Answer, Loopback, fixed, picture, serve
from security.redirects import STATUSES, Chain, redirect_chains


def walking(chain: Chain) -> Answer:
    """A server that answers along the chain."""

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        path = request.split(b" ")[1].decode().partition("?")[0]
        if path == "/picture":
            writer.write(picture())
            return
        status, location = chain.steps[path]
        headers = () if location is None else (f"Location: {location}",)
        # The body must not be taken for the picture.
        writer.write(picture(b"not this", f"{status} Somewhere", *headers))

    return answer


def chains() -> list[Chain]:
    return redirect_chains("http://public", "http://private")


async def _walk(name: str) -> tuple[bool, int, int]:
    """Whether the picture came; connections to the forbidden listener; requests to the public one."""
    steps: dict[str, Chain] = {}

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        await walking(steps["chain"])(request, writer)

    async with serve(fixed(picture()), "127.0.0.1") as private, serve(answer) as public, fetcher() as one:
        found = {chain.name: chain for chain in redirect_chains(public.origin, private.origin)}
        steps["chain"] = found[name]
        try:
            reached = await one.fetch(f"{public.origin}/0", 1000) == b"picture"
        except Refusal as refusal:
            assert (refusal.reason, refusal.message) == NOT_ACCESSIBLE  # noqa: PT017 - either way is right
            reached = False
        await asyncio.sleep(0)
        return reached, private.connections, len(public.requests)


@pytest.mark.parametrize("name", [chain.name for chain in chains()])
def test_chain(name: str) -> None:
    expected = {chain.name: chain.reaches for chain in chains()}[name]
    reached, forbidden, requests = asyncio.run(_walk(name))
    assert forbidden == 0
    assert reached == expected
    assert requests <= 6


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_redirect_to_nowhere_is_not_repeated(name: str) -> None:
    assert asyncio.run(_walk(name)) == (False, 0, 1)


def test_there_are_enough_chains() -> None:
    assert len(chains()) >= 60
    assert sum(chain.reaches for chain in chains()) >= 15


def test_a_hole_in_the_judge_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "judge", lambda *_: True)
    for name in ("private", "301 to private", "private mapped", "private by name"):
        assert asyncio.run(_walk(name))[1] == 1


@pytest.mark.parametrize("status", STATUSES)
def test_every_hop_is_resolved_and_judged_anew(status: int) -> None:
    table = Table(a_example=[PUBLIC], b_example=[PUBLIC], c_example=["10.0.0.1"])

    async def run() -> list[bytes]:
        async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
            next_host = "b" if b"Host: a.example" in request else "c"
            location = f"Location: http://{next_host}.example:{server.port}/"
            writer.write(picture(b"", f"{status} Onwards", location))

        server: Loopback
        async with serve(answer) as server, fetcher(resolve=table) as one:
            assert await refused(one, f"http://a.example:{server.port}/") == NOT_ACCESSIBLE
            return server.requests

    requests = asyncio.run(run())
    assert table.asked == ["a.example", "b.example", "c.example"]
    assert [request.splitlines()[1].split(b":")[1] for request in requests] == [b" a.example", b" b.example"]


def test_rebinding_a_thousand_times() -> None:
    """The name's address flips at every look-up; one look-up decides both judging and connecting."""
    flips = 0

    async def flipping(host: str, port: int) -> Sequence[Address]:
        nonlocal flips
        flips += 1
        return [ip_address(PUBLIC if flips % 2 else "127.0.0.1")]

    async def run() -> tuple[int, int, int]:
        reached = 0
        async with (
            serve(fixed(picture()), "127.0.0.1") as private,
            serve(fixed(picture()), PUBLIC, private.port) as public,
            fetcher(resolve=flipping) as one,
        ):
            for _ in range(1000):
                try:
                    assert await one.fetch(f"http://rebind.example:{private.port}/", 1000) == b"picture"
                    reached += 1
                except Refusal as refusal:
                    assert refusal.message == NOT_ACCESSIBLE[1]  # noqa: PT017 - every other one is refused
            return reached, public.connections, private.connections

    assert asyncio.run(run()) == (500, 500, 0)
    assert flips == 1000


def test_rebinding_by_mixed_answers() -> None:
    recorder = Recorder()
    private = ("127.0.0.1", "10.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fe80::1%lo", "169.254.169.254")
    table = Table()

    async def run() -> None:
        async with fetcher(resolve=table, network=recorder) as one:
            for address in private:
                for order in ([PUBLIC, address], [address, PUBLIC], ["93.184.215.14", PUBLIC, address]):
                    table.hosts["mixed.example"] = order
                    assert await refused(one, "http://mixed.example/") == NOT_ACCESSIBLE

    asyncio.run(run())
    assert recorder.asked == []
    assert len(table.asked) == 3 * len(private)
