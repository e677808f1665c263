"""T5: servers that send too much, too slowly, or lies."""

from __future__ import annotations

import asyncio
import gzip
import time
import tracemalloc

import pytest

from readstone.domain.refusals import Reason
from security.fetching import NOT_ACCESSIBLE, TOO_LARGE, fetcher, refused
from security.loopback import Answer, fixed, picture, serve

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def endless(head: bytes, piece: bytes, pause: float = 0.0) -> Answer:
    async def send(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return send


async def _abuse(answer: Answer, max_bytes: int, deadline: float) -> tuple[Reason, str]:
    async with serve(answer) as server, fetcher(deadline=deadline) as one:
        told = await refused(one, f"{server.origin}/a.png", max_bytes)
        # However it ended, the connection is closed at once.
        await asyncio.wait_for(server.gone.wait(), 2)
        return told


def _bomb() -> bytes:
    return gzip.compress(bytes(20_000_000))


BODY = bytes(64 * 1024)
CASES: dict[str, tuple[Answer, tuple[Reason, str]]] = {
    "endless body without length": (endless(HEAD + b"\r\n", BODY), TOO_LARGE),
    "endless chunks": (endless(CHUNKED, b"10000\r\n" + BODY + b"\r\n"), TOO_LARGE),
    "endless chunks of one byte": (endless(CHUNKED, b"1\r\na\r\n" * 1000), NOT_ACCESSIBLE),
    "one endless chunk": (endless(CHUNKED + b"7fffffff\r\n", BODY), TOO_LARGE),
    "endless chunk extension": (endless(CHUNKED + b"1;", b"a" * 65536), NOT_ACCESSIBLE),
    "endless trailers": (endless(CHUNKED + b"1\r\na\r\n0\r\n", b"X-Trailer: aaaaaaaa\r\n" * 1000), NOT_ACCESSIBLE),
    "endless header": (endless(HEAD + b"X-Long: ", b"a" * 65536), NOT_ACCESSIBLE),
    "endless headers": (endless(HEAD, b"X-Many: a\r\n" * 1000), NOT_ACCESSIBLE),
    "endless 100 Continue": (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01), NOT_ACCESSIBLE),
    "a byte now and then": (endless(HEAD + b"\r\n", b"a", 0.1), NOT_ACCESSIBLE),
    "a byte of header now and then": (endless(HEAD, b"a", 0.1), NOT_ACCESSIBLE),
    "nothing at all": (endless(b"", b"", 1), NOT_ACCESSIBLE),
    "length too large": (endless(HEAD + b"Content-Length: 9999999\r\n\r\n", b"", 1), TOO_LARGE),
    "length absurd": (fixed(HEAD + b"Content-Length: 99999999999999999999\r\n\r\n"), TOO_LARGE),
    "length of 30 digits": (fixed(HEAD + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n"), NOT_ACCESSIBLE),
    "length negative": (fixed(HEAD + b"Content-Length: -1\r\n\r\na"), NOT_ACCESSIBLE),
    "two lengths": (fixed(HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), NOT_ACCESSIBLE),
    "length longer than the body": (fixed(HEAD + b"Content-Length: 10\r\n\r\nabc"), NOT_ACCESSIBLE),
    "chunks that stop": (fixed(CHUNKED + b"5\r\nabc"), NOT_ACCESSIBLE),
    "10,000 headers": (fixed(HEAD + b"".join(b"X-%d: a\r\n" % n for n in range(10_000)) + b"\r\n"), NOT_ACCESSIBLE),
    "10,000 short headers": (fixed(HEAD + b"X:\r\n" * 10_000 + b"\r\n"), NOT_ACCESSIBLE),
    "gzip bomb": (fixed(picture(_bomb(), "200 OK", "Content-Encoding: gzip")), NOT_ACCESSIBLE),
    "two encodings": (fixed(picture(b"a", "200 OK", "Content-Encoding: identity, gzip")), NOT_ACCESSIBLE),
    "gzip as transfer encoding": (
        fixed(HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"),
        NOT_ACCESSIBLE,
    ),
    "no HTTP": (fixed(b"220 mail.example ESMTP\r\n"), NOT_ACCESSIBLE),
    "HTTP/0.9": (fixed(b"<html>"), NOT_ACCESSIBLE),
    "folded header": (fixed(HEAD + b"Location\r\n : x\r\n\r\n"), NOT_ACCESSIBLE),
    "upgrade": (
        fixed(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        NOT_ACCESSIBLE,
    ),
    "no body": (fixed(b""), NOT_ACCESSIBLE),
}


@pytest.mark.parametrize("name", CASES)
def test_abuse(name: str) -> None:
    answer, expected = CASES[name]
    started = time.monotonic()
    assert asyncio.run(_abuse(answer, max_bytes=1_000_000, deadline=0.5)) == expected
    assert time.monotonic() - started < 2.5


def test_a_length_that_is_too_short_yields_no_more_than_it_says() -> None:
    async def run() -> bytes:
        answer = fixed(HEAD + b"Content-Length: 3\r\n\r\nabcdef")
        async with serve(answer) as server, fetcher() as one:
            return await one.fetch(f"{server.origin}/a.png", 100)

    assert asyncio.run(run()) == b"abc"


def test_a_bomb_without_label_is_handed_on_as_it_is() -> None:
    bomb = _bomb()

    async def run() -> bytes:
        async with serve(fixed(picture(bomb))) as server, fetcher() as one:
            return await one.fetch(f"{server.origin}/a.png", 1_000_000)

    assert asyncio.run(run()) == bomb


def test_crumbs_are_cut_long_before_cap_and_deadline() -> None:
    def crumbs(count: int) -> Answer:
        return fixed(CHUNKED + b"1\r\na\r\n" * count + b"0\r\n\r\n")

    async def run() -> None:
        async with fetcher() as one, serve(crumbs(5_000)) as few, serve(crumbs(20_000)) as many:
            assert len(await one.fetch(few.origin, 1_000_000)) == 5_000
            assert await refused(one, many.origin, 1_000_000) == NOT_ACCESSIBLE

    asyncio.run(run())


def test_the_cap_is_exact() -> None:
    async def run() -> None:
        async with serve(fixed(CHUNKED + b"4\r\nabcd\r\n0\r\n\r\n")) as server, fetcher() as one:
            assert await one.fetch(f"{server.origin}/a.png", 4) == b"abcd"
            assert await refused(one, f"{server.origin}/a.png", 3) == TOO_LARGE

    asyncio.run(run())


def test_memory_stays_near_the_cap() -> None:
    tracemalloc.start()
    try:
        asyncio.run(_abuse(endless(HEAD + b"\r\n", BODY), max_bytes=2_000_000, deadline=5))
        assert tracemalloc.get_traced_memory()[1] < 12_000_000  # our body, and both ends' buffers
    finally:
        tracemalloc.stop()


def test_the_deadline_covers_redirects_together() -> None:
    async def slow(request: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(picture(b"", "302 Found", "Location: /again"))

    started = time.monotonic()
    assert asyncio.run(_abuse(slow, max_bytes=100, deadline=0.5)) == NOT_ACCESSIBLE
    assert time.monotonic() - started < 0.9
