"""Hostile files and URLs over the wire of every version: the version's own 4xx body, no 5xx, server alive (T1-T4)."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from pictures import drawn, encoded
from schemas import FLAT_ERRORS, VERSIONS, success_definition, validate
from security.forbidden_urls import forbidden_urls
from security.hostile_images import bombs, hostile_images, may_decode
from security.loopback import PUBLIC, Loopback, fixed, picture, serve
from security.redirects import Chain, redirect_chains
from security.test_redirects import walking
from serving import KEY, RunningServer

HEADERS = {"Content-Type": "application/octet-stream", "Ocp-Apim-Subscription-Key": KEY}
CONTENT_CODES = {"InvalidImageFormat", "InvalidImageSize", "InvalidImageDimension"}
GOOD = encoded(drawn())
SIZE = 2000 if os.environ.get("READSTONE_TEST_SIZE") == "release" else 120


def error_code(version: str, body: dict[str, object]) -> object:
    """The code of a service error, after its envelope has been checked."""
    if version in FLAT_ERRORS:
        assert set(body) == {"code", "requestId", "message"}
        return body["code"]
    assert set(body) == {"error"}
    error = body["error"]
    assert isinstance(error, dict)
    assert set(error) == {"code", "innererror", "message"}
    return error["innererror"]["code"]


def test_hostile_files(wire: RunningServer) -> None:
    files = hostile_images(seed=26, count=500) + bombs()
    assert push(wire, files) > 300
    session = requests.Session()
    assert session.post(f"{wire.url}/vision/v3.2/ocr", data=GOOD, headers=HEADERS, timeout=60).status_code == 200


def test_hostile_files_that_decode_do_not_hurt_the_reader(reading: RunningServer) -> None:
    files = [(name, data) for name, data in hostile_images(seed=27, count=SIZE) if may_decode(name)]
    push(reading, files)
    answer = requests.post(f"{reading.url}/vision/v3.2/ocr", data=GOOD, headers=HEADERS, timeout=60)
    assert answer.json()["regions"][0]["lines"][0]["words"][0]["text"] == "NOTHING"


def push(server: RunningServer, files: list[tuple[str, bytes]]) -> int:
    """Send every file to one version after the other; how many were refused."""
    session = requests.Session()
    refused = 0
    for number, (name, data) in enumerate(files):
        version = VERSIONS[number % len(VERSIONS)]
        started = time.monotonic()
        answer = session.post(f"{server.url}/vision/{version}/ocr", data=data, headers=HEADERS, timeout=60)
        took = time.monotonic() - started
        if answer.status_code == 200:
            assert may_decode(name), name
            validate(version, success_definition(version, "/ocr"), answer.json())
        else:
            assert answer.status_code == 400, (name, answer.status_code, answer.text)
            assert error_code(version, answer.json()) in CONTENT_CODES, name
            assert took < 5, name
            refused += 1
    return refused


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "application/json", "image/png"])
def test_hostile_files_under_other_media_types(wire: RunningServer, content_type: str) -> None:
    headers = {**HEADERS, "Content-Type": content_type}
    for name, data in hostile_images(seed=62, count=120):
        answer = requests.post(f"{wire.url}/vision/v2.1/ocr", data=data, headers=headers, timeout=60)
        assert answer.status_code == 400 or (answer.status_code == 200 and may_decode(name)), (name, answer.text)


@contextmanager
def listener(host: str) -> Iterator[tuple[int, list[object]]]:
    """A port that counts who connects."""
    connected: list[object] = []
    with socket.create_server((host, 0)) as server:
        server.settimeout(0.2)
        over = threading.Event()

        def count() -> None:
            while not over.is_set():
                try:
                    client, peer = server.accept()
                except TimeoutError:
                    continue
                connected.append(peer)
                client.close()

        thread = threading.Thread(target=count)
        thread.start()
        try:
            yield server.getsockname()[1], connected
        finally:
            over.set()
            thread.join()


def refusal(server: RunningServer, version: str, url: str) -> None:
    answer = requests.post(
        f"{server.url}/vision/{version}/ocr", json={"url": url}, headers={"Ocp-Apim-Subscription-Key": KEY}, timeout=60
    )
    assert answer.status_code == 400, (url, answer.status_code, answer.text)
    assert error_code(version, answer.json()) == "InvalidImageUrl", url


def test_forbidden_urls(wire: RunningServer) -> None:
    with listener("127.0.0.1") as (port, connected):
        urls = forbidden_urls(port)
        assert len(urls) >= 500
        for number, url in enumerate(urls):
            refusal(wire, VERSIONS[number % len(VERSIONS)], url)
        assert connected == []
        socket.create_connection(("127.0.0.1", port), 5).close()  # it would have noticed
        time.sleep(0.3)
        assert len(connected) == 1


def test_redirect_chains(wire: RunningServer) -> None:
    """`wire` may fetch from 127.0.0.2 and from nowhere else."""

    def ask(version: str, public: Loopback, chain: Chain) -> None:
        url = f"{public.origin}/0"
        answer = requests.post(
            f"{wire.url}/vision/{version}/ocr",
            json={"url": url},
            headers={"Ocp-Apim-Subscription-Key": KEY},
            timeout=60,
        )
        assert answer.status_code == 400, chain.name
        # A chain that reaches its end gets the bytes there, which are no image.
        expected = "InvalidImageFormat" if chain.reaches else "InvalidImageUrl"
        assert error_code(version, answer.json()) == expected, chain.name

    async def walk_all() -> None:
        current: list[Chain] = []

        async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
            await walking(current[-1])(request, writer)

        async with serve(fixed(picture()), "127.0.0.1") as private, serve(answer, PUBLIC) as public:
            chains = redirect_chains(public.origin, private.origin)
            assert len(chains) >= 20
            for number, chain in enumerate(chains):
                current.append(chain)
                await asyncio.to_thread(ask, VERSIONS[number % len(VERSIONS)], public, chain)
            assert private.connections == 0

    asyncio.run(walk_all())


def test_an_image_behind_a_redirect_is_read(wire: RunningServer) -> None:
    def ask(origin: str) -> requests.Response:
        return requests.post(
            f"{wire.url}/vision/v3.2/ocr",
            json={"url": f"{origin}/0"},
            headers={"Ocp-Apim-Subscription-Key": KEY},
            timeout=60,
        )

    async def main() -> None:
        async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(picture(GOOD) if b"/image" in request else picture(b"", "302 Found", "Location: /image"))

        async with serve(answer, PUBLIC) as public:
            found = await asyncio.to_thread(ask, public.origin)
            assert found.status_code == 200, found.text

    asyncio.run(main())
