"""T3: no URL of the corpus makes the server connect anywhere."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpcore2
import pytest

from readstone.domain.refusals import Refusal
from readstone.intake import connect
from readstone.intake.addresses import AllowList
from readstone.intake.connect import Gate, JudgedNetwork
from readstone.intake.resolve import SystemResolver
from security.fetching import BADLY_FORMATTED, NOT_ACCESSIBLE, Recorder, fetcher, refused
from security.forbidden_urls import FORBIDDEN_URLS, SPECIAL_IPV4, forbidden_urls, ipv4_spellings
from security.loopback import Loopback, fixed, picture, serve


async def _listen(stack: AsyncExitStack) -> list[Loopback]:
    """Listeners on one port of 127.0.0.1 and, where there is one, ::1."""
    listeners = [await stack.enter_async_context(serve(fixed(picture()), "127.0.0.1"))]
    with suppress(OSError):  # a machine without IPv6
        listeners.append(await stack.enter_async_context(serve(fixed(picture()), "::1", listeners[0].port)))
    return listeners


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(FORBIDDEN_URLS) == len(set(FORBIDDEN_URLS)) >= 500
    assert all(spelling in {s for a in SPECIAL_IPV4 for s in ipv4_spellings(a)} for spelling in ("127.1", "2130706433"))


def test_every_forbidden_url_is_refused_and_nobody_hears_of_it() -> None:
    async def run() -> None:
        async with AsyncExitStack() as stack:
            listeners = await _listen(stack)
            one = await stack.enter_async_context(fetcher())
            for url in forbidden_urls(listeners[0].port):
                assert await refused(one, url) in (NOT_ACCESSIBLE, BADLY_FORMATTED), url
            await asyncio.sleep(0.05)
            assert [listener.connections for listener in listeners] == [0] * len(listeners)

    asyncio.run(run())


def test_no_forbidden_url_reaches_the_network_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    monkeypatch.setattr(httpcore2.AnyIOBackend, "connect_tcp", Recorder.connect_tcp)
    monkeypatch.setattr(httpcore2.AnyIOBackend, "asked", recorder.asked, raising=False)

    async def run() -> None:
        async with fetcher() as real, fetcher(network=recorder) as given:
            for url in FORBIDDEN_URLS:
                await refused(real, url)
                await refused(given, url)
            assert recorder.asked == []
            # The recorder does record.
            await refused(real, "http://93.184.215.14/a.png")
            await refused(given, "https://[2606:2800:220:1::1]:444/a.png")
            assert recorder.asked == [("93.184.215.14", 80), ("2606:2800:220:1::1", 444)]

    asyncio.run(run())


def test_a_hole_in_the_judge_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two proofs above fail once anything lets addresses through."""
    monkeypatch.setattr(connect, "judge", lambda *_: True)
    recorder = Recorder()

    async def run() -> int:
        async with AsyncExitStack() as stack:
            listeners = await _listen(stack)
            one = await stack.enter_async_context(fetcher())
            for host in ("127.0.0.1", "localhost", *(f"[{other.host}]" for other in listeners[1:])):
                assert await one.fetch(f"http://{host}:{listeners[0].port}/a.png", 1000) == b"picture"
            blind = await stack.enter_async_context(fetcher(network=recorder))
            for url in FORBIDDEN_URLS:
                await refused(blind, url)
            return sum(listener.connections for listener in listeners)

    assert asyncio.run(run()) >= 2
    assert len(recorder.asked) > 250


def test_the_network_layer_judges_even_what_the_parser_should_have_caught() -> None:
    """Defence in depth: hosts that resolvers read as addresses, given to the backend directly."""
    recorder = Recorder()
    hosts = [spelling for address in SPECIAL_IPV4 for spelling in ipv4_spellings(address)]
    hosts += [host for url in FORBIDDEN_URLS if url.startswith("http://[") and (host := _ipv6_of(url))]

    async def run() -> None:
        resolver = SystemResolver()
        network = JudgedNetwork(recorder, Gate(AllowList(), resolver))
        for host in hosts:
            with pytest.raises((connect.ForbiddenAddress, connect.Unresolvable, ValueError)):
                await network.connect_tcp(host, 80)
        # And past every parser: what getaddrinfo makes of the numeric spellings is judged like any other address.
        for address in SPECIAL_IPV4:
            for host in ipv4_spellings(address)[:6]:
                with pytest.raises((connect.ForbiddenAddress, connect.Unresolvable)):
                    await Gate(AllowList(), resolver).admit(host, 80)
        resolver.close()

    asyncio.run(run())
    assert recorder.asked == []


def _ipv6_of(url: str) -> str | None:
    try:
        host = urlsplit(url).hostname
        return host if host and ip_address(host).version == 6 else None
    except ValueError:
        return None


def test_one_forbidden_address_among_many_condemns_the_name() -> None:
    recorder = Recorder()

    async def mixed(host: str, port: int) -> list[object]:
        return [ip_address(text) for text in ("93.184.215.14", "2606:2800:220:1::1", "10.0.0.1")]

    async def run() -> None:
        async with fetcher(resolve=mixed, network=recorder) as one:  # type: ignore[arg-type]
            assert await refused(one, "http://mixed.example/a.png") == NOT_ACCESSIBLE

    asyncio.run(run())
    assert recorder.asked == []


def test_all_failures_read_the_same() -> None:
    """So the server is no port scanner: forbidden, closed, missing, silent, broken are one sentence."""

    async def silent(request: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async def run() -> set[tuple[object, ...]]:
        answers: set[tuple[object, ...]] = set()
        async with (
            serve(fixed(picture(b"", "404 Not Found"))) as missing,
            serve(fixed(b"SSH-2.0-x\r\n\r\n")) as other,
            serve(silent) as slow,
            serve(fixed(picture()), "127.0.0.1") as private,
            fetcher(deadline=0.2) as one,
        ):
            urls = [f"{server.origin}/a.png" for server in (missing, other, slow, private)]
            urls += [f"https://{missing.authority}/", "http://127.0.0.2:1/", "http://127.0.0.1:1/"]
            for url in urls:
                try:
                    await one.fetch(url, 1000)
                except Refusal as refusal:
                    answers.add((refusal.reason, refusal.message, refusal.args, refusal.retry_after, refusal.__cause__))
            assert private.connections == 0
        return answers

    assert len(asyncio.run(run())) == 1
