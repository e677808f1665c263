"""Fetching: what is sent, what comes back, how it ends."""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import httpcore2
import pytest
import trustme

from readstone.domain.refusals import Refusal
from readstone.intake.addresses import AllowList
from readstone.intake.fetch import FetchPolicy, ImageFetcher
from readstone.intake.hosts import Address
from security.fetching import NOT_ACCESSIBLE, TOO_LARGE, Recorder, Table, fetcher, refused
from security.loopback import PUBLIC, fixed, picture, serve


def test_the_body_arrives_and_the_request_says_little() -> None:
    async def run() -> bytes:
        async with serve(fixed(picture(b"\x89PNG"))) as server, fetcher() as one:
            assert await one.fetch(f"{server.origin}/a b.png?sig=x%2B#part", 100) == b"\x89PNG"
            await one.fetch(server.origin, 100)
            assert server.connections == 2  # no connection is kept
            assert (
                server.requests[0]
                == (
                    f"GET /a%20b.png?sig=x%2B HTTP/1.1\r\nHost: {server.authority}\r\nUser-Agent: Readstone\r\n"
                    "Accept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n"
                ).encode()
            )
            return server.requests[1]

    assert asyncio.run(run()).startswith(b"GET / HTTP/1.1\r\n")


def test_no_cookie_comes_back() -> None:
    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        there = b"/there" in request.splitlines()[0]
        headers = ("Set-Cookie: a=b", "WWW-Authenticate: Basic")
        writer.write(picture() if there else picture(b"", "302 Found", "Location: /there", *headers))

    async def run() -> list[bytes]:
        async with serve(answer) as server, fetcher() as one:
            assert await one.fetch(server.origin, 100) == b"picture"
            return server.requests

    for request in asyncio.run(run()):
        assert b"cookie" not in request.lower()
        assert b"authorization" not in request.lower()
        assert b"referer" not in request.lower()


@pytest.mark.parametrize("status", ["200 OK", "203 Non-Authoritative Information", "206 Partial Content"])
def test_any_success_will_do(status: str) -> None:
    async def run() -> bytes:
        async with serve(fixed(picture(b"a", status, "Content-Encoding: Identity"))) as server, fetcher() as one:
            return await one.fetch(server.origin, 100)

    assert asyncio.run(run()) == b"a"


@pytest.mark.parametrize(
    "status", ["400 Bad", "401 No", "403 No", "404 No", "407 No", "410 No", "429 No", "500 No", "503 No"]
)
def test_no_error_is_an_image(status: str) -> None:
    async def run() -> None:
        async with serve(fixed(picture(b"a", f"{status} No"))) as server, fetcher() as one:
            assert await refused(one, server.origin) == NOT_ACCESSIBLE

    asyncio.run(run())


def test_a_public_name_is_connected_to_by_its_judged_address() -> None:
    recorder = Recorder()
    table = Table(a_example=["93.184.215.14", "2606:2800:220:1::1"])

    async def run() -> None:
        async with fetcher(resolve=table, network=recorder) as one:
            await refused(one, "http://a.example/")

    asyncio.run(run())
    assert table.asked == ["a.example"]
    assert recorder.asked == [("93.184.215.14", 80), ("2606:2800:220:1::1", 80)]


def test_a_name_without_addresses_is_refused() -> None:
    async def run() -> None:
        async with fetcher(resolve=Table(a_example=[])) as one:
            assert await refused(one, "http://a.example/") == NOT_ACCESSIBLE

    asyncio.run(run())


def test_a_name_with_many_addresses_is_not_scanned() -> None:
    recorder = Recorder()
    table = Table(a_example=[f"93.184.215.{n}" for n in range(100)])

    async def run() -> None:
        async with fetcher(resolve=table, network=recorder) as one:
            await refused(one, "http://a.example/")

    asyncio.run(run())
    assert len(recorder.asked) == 4


def test_the_next_address_is_tried_when_one_is_closed() -> None:
    table = Table(a_example=["127.0.0.3", PUBLIC])

    async def run() -> bytes:
        async with serve(fixed(picture())) as server, fetcher("127.0.0.3", resolve=table) as one:
            return await one.fetch(f"http://a.example:{server.port}/", 100)

    assert asyncio.run(run()) == b"picture"


def test_an_allowed_name_opens_its_private_address() -> None:
    table = Table(pictures_intranet_example=["127.0.0.1"], intranet_example=["127.0.0.1"])

    async def run() -> None:
        async with (
            serve(fixed(picture()), "127.0.0.1") as server,
            fetcher("*.intranet.example", resolve=table) as one,
        ):
            url = f"http://Pictures.Intranet.Example:{server.port}/"
            assert await one.fetch(url, 100) == b"picture"
            assert f"Host: pictures.intranet.example:{server.port}".encode() in server.requests[0]
            assert await refused(one, f"http://intranet.example:{server.port}/") == NOT_ACCESSIBLE
            assert await refused(one, server.origin) == NOT_ACCESSIBLE
            assert server.connections == 1

    asyncio.run(run())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for pictures.example and PUBLIC, its key and its authority, all in one file."""
    authority = trustme.CA()
    issued = authority.issue_cert("pictures.example", PUBLIC)
    pem = tmp_path_factory.mktemp("tls") / "certificate.pem"
    parts = (*issued.cert_chain_pems, issued.private_key_pem, authority.cert_pem)
    pem.write_bytes(b"".join(part.bytes() for part in parts))
    return pem


def test_tls_has_the_names_server_name_and_a_verified_certificate(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    names: list[str | None] = []
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    tls.sni_callback = lambda _socket, name, _context: names.append(name)
    table = Table(pictures_example=[PUBLIC], other_example=[PUBLIC])

    async def run() -> None:
        async with serve(fixed(picture()), tls=tls) as server, fetcher(resolve=table) as one:
            assert await one.fetch(f"https://pictures.example:{server.port}/", 100) == b"picture"
            assert f"Host: pictures.example:{server.port}\r\n".encode() in server.requests[0]
            assert await one.fetch(f"https://{server.authority}/", 100) == b"picture"
            assert await refused(one, f"https://other.example:{server.port}/") == NOT_ACCESSIBLE
            assert len(server.requests) == 2

    asyncio.run(run())
    assert names == ["pictures.example", None, "other.example"]


def test_an_unknown_certificate_is_refused(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)

    async def run() -> None:
        async with serve(fixed(picture()), tls=tls) as server, fetcher() as one:
            assert await refused(one, f"https://{server.authority}/") == NOT_ACCESSIBLE
            assert server.requests == []

    asyncio.run(run())


def test_https_does_not_lead_to_http(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)

    async def run() -> None:
        async with serve(fixed(picture())) as plain, fetcher() as one:
            down = fixed(picture(b"", "302 Found", f"Location: {plain.origin}/"))
            async with serve(down, tls=tls) as secure:
                assert await refused(one, f"https://{secure.authority}/") == NOT_ACCESSIBLE
                up = fixed(picture(b"", "302 Found", f"Location: https://{secure.authority}/"))
                async with serve(up) as first:
                    assert await refused(one, first.origin) == NOT_ACCESSIBLE
                assert len(secure.requests) == 2
            assert plain.connections == 0

    asyncio.run(run())


def test_cancelling_passes_through_and_closes_the_connection() -> None:
    async def slow(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\na")
        started.set()
        while not writer.transport.is_closing():
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.01)

    started = asyncio.Event()

    async def run() -> None:
        async with serve(slow) as server, fetcher() as one:
            task = asyncio.create_task(one.fetch(server.origin, 10**6))
            await started.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(server.gone.wait(), 2)

    asyncio.run(run())


@pytest.mark.parametrize("cancel", [True, False])
def test_a_tls_handshake_that_hangs_is_closed(cancel: bool) -> None:
    """httpcore2 drops such a connection without closing it."""

    async def run() -> None:
        arrived, left = asyncio.Event(), asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            arrived.set()
            while await reader.read(1000):
                pass
            left.set()
            writer.close()

        server = await asyncio.start_server(silent, PUBLIC, 0)
        url = f"https://{PUBLIC}:{server.sockets[0].getsockname()[1]}/"
        async with server, fetcher(deadline=5 if cancel else 0.2) as one:
            task = asyncio.create_task(one.fetch(url, 100))
            await arrived.wait()
            if cancel:
                task.cancel()
            with pytest.raises(asyncio.CancelledError if cancel else Refusal):
                await task
            await asyncio.wait_for(left.wait(), 2)

    asyncio.run(run())


def test_a_silent_resolver_ends_with_the_deadline() -> None:
    async def silent(host: str, port: int) -> Sequence[Address]:
        await asyncio.sleep(60)
        return []

    async def run() -> None:
        async with fetcher(resolve=silent, deadline=0.1) as one:
            assert await refused(one, "http://a.example/") == NOT_ACCESSIBLE

    asyncio.run(run())


def test_the_system_resolver_blocks_neither_the_loop_nor_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def stuck(*_: object, **__: object) -> list[object]:
        release.wait(5)
        return []

    monkeypatch.setattr("readstone.intake.resolve.socket.getaddrinfo", stuck)

    async def run() -> float:
        async with fetcher(deadline=0.2) as one:
            fetches = [asyncio.create_task(refused(one, f"http://{n}.example/")) for n in range(20)]
            await asyncio.sleep(0.05)
            started = time.monotonic()
            await asyncio.to_thread(lambda: None)
            waited = time.monotonic() - started
            assert set(await asyncio.gather(*fetches)) == {NOT_ACCESSIBLE}
            release.set()
            return waited

    assert asyncio.run(run()) < 0.1


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:{port}/secret?sig=secret", "host 127.0.0.1, forbidden address"),
        ("http://{public}/secret?sig=secret", "host 127.0.0.2, status"),
        ("http://nowhere.example/secret?sig=secret", "host nowhere.example, unknown host"),
        ("http://127.0.0.2:1/secret?sig=secret", "host 127.0.0.2, network"),
        ("http://secret:secret@a.example/secret", "badly formatted"),
    ],
)
def test_the_log_has_the_reason_and_nothing_of_the_url_but_its_host(
    url: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def run() -> None:
        async with serve(fixed(picture(b"", "404 No"))) as server, fetcher(resolve=Table()) as one:
            await refused(one, url.format(port=server.port, public=server.authority))

    asyncio.run(run())
    ours = [record for record in caplog.records if record.name == "readstone.fetch"]
    assert [(record.levelname, record.getMessage()) for record in ours] == [("INFO", f"image URL refused: {reason}")]
    assert "secret" not in caplog.text


def test_the_environments_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async def run() -> bytes:
        async with serve(fixed(picture())) as server, fetcher() as one:
            return await one.fetch(server.origin, 100)

    assert asyncio.run(run()) == b"picture"


def test_the_operators_proxy_gets_judged_targets_only() -> None:
    table = Table(a_example=["93.184.215.14"], b_example=["10.0.0.1"])

    async def run() -> list[bytes]:
        async with serve(fixed(picture()), "127.0.0.1") as proxy:
            address = f"http://user:pass%40word@127.0.0.1:{proxy.port}"
            async with fetcher(resolve=table, proxy=address) as one:
                assert await one.fetch("http://a.example:81/x?y", 100) == b"picture"
                for url in ("http://b.example/", "http://127.0.0.1/", "https://b.example/", "http://nowhere.example/"):
                    assert await refused(one, url) == NOT_ACCESSIBLE
                assert len(proxy.requests) == 1
                await refused(one, "https://a.example/")
                await refused(one, "https://[2606:2800:220:1::1]/")
            return proxy.requests

    plain, tunnel, tunnel6 = asyncio.run(run())
    assert plain.startswith(b"GET http://a.example:81/x?y HTTP/1.1\r\n")
    assert b"Host: a.example:81\r\n" in plain
    assert b"Proxy-Authorization: Basic dXNlcjpwYXNzQHdvcmQ=\r\n" in plain
    assert tunnel.startswith(b"CONNECT a.example:443 HTTP/1.1\r\n")
    assert tunnel6.startswith(b"CONNECT [2606:2800:220:1::1]:443 HTTP/1.1\r\n")


@pytest.mark.parametrize("proxy", ["", "proxy.example:3128", "socks5://proxy.example", "http://", "http://a/path"])
def test_a_proxy_that_is_no_url_is_a_fault_at_start(proxy: str) -> None:
    with pytest.raises(ValueError, match="proxy must be a URL"):
        ImageFetcher(FetchPolicy(AllowList(), proxy=proxy))


def test_too_large_is_said_before_reading() -> None:
    sent = 0

    async def large(request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(5)
        sent += 1

    async def run() -> None:
        async with serve(large) as server, fetcher() as one:
            assert await refused(one, server.origin, 100) == TOO_LARGE

    asyncio.run(run())
    assert sent == 0


def test_many_fetches_at_once() -> None:
    async def run() -> None:
        async with serve(fixed(picture(bytes(10_000)))) as server, fetcher() as one:
            bodies = await asyncio.gather(*(one.fetch(server.origin, 10_000) for _ in range(100)))
            assert all(body == bytes(10_000) for body in bodies)

    asyncio.run(run())


def test_the_fetcher_needs_no_more_than_a_policy() -> None:
    assert isinstance(ImageFetcher(FetchPolicy())._network, httpcore2.AnyIOBackend)
