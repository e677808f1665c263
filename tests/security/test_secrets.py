"""T15: canary keys and canary texts, in requests over all routes, are nowhere but in the answers they belong to."""

from __future__ import annotations

import base64
import io
import itertools
import logging
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from PIL import Image, PngImagePlugin

from collector import collector
from documents import scanned_pdf, text_pdf, tiff
from pictures import drawn, encoded
from readers import two_word_page
from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture
from readstone.domain.refusals import Reason, Refusal
from readstone.domain.scene import Scene, SceneOptions, Tag
from readstone.domain.text import Line, Page, Region, Word
from readstone.engines.protocols import never
from readstone.observe import logs
from serving import server_in_thread
from viewers import busy_street, only

PNG = encoded(drawn(size=(120, 80)))
KEY_CANARY = "feedc0de5ec2e7f00dba11ad1ab10c0d"
TEXT_CANARY = "Zugzwangquartett"
SECRETS = (KEY_CANARY, TEXT_CANARY, "an4ryP4ssw0rd", "an4ryS4sT0ken")


class EchoReader:
    """Reads the canary on every picture; now and then it breaks, quoting what it read, as a bug would."""

    def __init__(self) -> None:
        self.calls = itertools.count(1)

    def read(self, picture: Picture, options: ReadOptions, cancelled: Callable[[], bool] = never) -> Page:
        call = next(self.calls)
        if call % 9 == 0:
            try:
                raise KeyError(TEXT_CANARY)
            except KeyError as fault:
                raise ValueError(f"cannot make a line of {TEXT_CANARY!r}") from fault
        if call % 31 == 0:
            raise Refusal(Reason.INTERNAL, "The server failed to process the request.") from ValueError(TEXT_CANARY)
        page = two_word_page(picture)
        quad = page.regions[0].lines[0].quad
        line = Line(TEXT_CANARY, quad, (Word(TEXT_CANARY, quad, 0.9),))
        return replace(page, regions=(Region((line,)),))


class EchoViewer:
    """Tells the canary as a tag; breaks as the reader does."""

    def __init__(self) -> None:
        self.calls = itertools.count(1)

    def see(self, picture: Picture, options: SceneOptions, cancelled: Callable[[], bool] = never) -> Scene:
        if next(self.calls) % 7 == 0:
            raise RuntimeError(f"no such tag: {TEXT_CANARY}")
        scene = only(busy_street(picture, options), options.features)
        return scene if scene.tags is None else replace(scene, tags=(*scene.tags, Tag(TEXT_CANARY, 0.9)))


def canary_bodies() -> list[bytes]:
    """Images and documents that hold the canary, whole and broken."""
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", TEXT_CANARY)
    buffer = io.BytesIO()
    Image.new("RGB", (120, 80), "white").save(buffer, "PNG", pnginfo=text)
    commented = buffer.getvalue()
    marked = tiff(["one", "two"], description=TEXT_CANARY)
    pdf = text_pdf(TEXT_CANARY)
    return [
        PNG,
        commented,
        commented[:-30],
        commented.replace(b"IDAT", b"IDAX"),
        marked,
        marked[: len(marked) // 2],
        pdf,
        pdf.replace(b"/Contents", b"/Kontents"),
        pdf[:120] + TEXT_CANARY.encode() + pdf[150:],
        scanned_pdf(["x"]),
        TEXT_CANARY.encode() * 20,
        b"",
    ]


ROUTES = (
    "/vision/v1.0/ocr",
    "/vision/v2.0/analyze?visualFeatures=Tags,Description",
    "/vision/v2.1/read/core/asyncBatchAnalyze",
    "/vision/v2.0/recognizeText?mode=Printed",
    "/vision/v3.0/tag",
    "/vision/v3.1/describe",
    "/vision/v3.2/ocr?language=en",
    "/vision/v3.2/read/analyze",
    "/vision/v3.2/read/syncAnalyze",
    "/vision/v3.2/generateThumbnail?width=40&height=30&smartCropping=true",
    "/vision/v3.2/models/landmarks/analyze",
    "/computervision/imageanalysis:analyze?api-version=2024-02-01&features=read,tags",
    "/computervision/imageanalysis:analyze?api-version=2023-02-01-preview&features=tags,objects",
    "/vision/v3.2/nowhere",
    "/sts/v1.0/issueToken",
    "/readstone/nothing",
    "/computervision/retrieval:vectorizeImage?api-version=2024-02-01&model-version=2023-04-15",
    "/computervision/retrieval:vectorizeText?api-version=2024-02-01&model-version=2023-04-15",
    "/computervision/imageanalysis:segment?api-version=2023-02-01-preview&mode=foregroundMatting",
)
LOOKED_AT = ("/", "/ready", "/status", "/metrics", "/swagger", "/readstone/usage", "/vision/v3.2/models", "/nowhere")


def credentials(dice: random.Random) -> tuple[dict[str, str], dict[str, str]]:
    """Headers and query of a caller: the right key, in every place for it, or a wrong one."""
    basic = base64.b64encode(f"user:{KEY_CANARY}".encode()).decode()
    right: list[tuple[dict[str, str], dict[str, str]]] = [
        ({"Ocp-Apim-Subscription-Key": KEY_CANARY}, {}),
        ({}, {"subscription-key": KEY_CANARY}),
        ({"Ocp-Apim-Subscription-Key": KEY_CANARY, "Cookie": f"session={KEY_CANARY}"}, {}),
    ]
    wrong: list[tuple[dict[str, str], dict[str, str]]] = [
        ({"Ocp-Apim-Subscription-Key": KEY_CANARY + "0"}, {}),
        ({"Authorization": f"Bearer {KEY_CANARY}"}, {}),
        ({"Authorization": f"Basic {basic}"}, {}),
        ({"Ocp-Apim-Subscription-Key": f"Bearer {KEY_CANARY}"}, {}),
        ({}, {"Subscription-Key": KEY_CANARY[:-1]}),
    ]
    return dice.choice(right if dice.random() < 0.8 else wrong)


def body(dice: random.Random, bodies: list[bytes], host: str) -> dict[str, Any]:
    """What of a request carries the image: bytes, a form, a URL with secrets in it, or broken JSON."""
    data = dice.choice(bodies)
    how = dice.randrange(9)
    if how == 8:
        return {"data": data, "headers": {"Content-Type": "text/plain"}}
    if how < 4:
        return {"data": data, "headers": {"Content-Type": "application/octet-stream"}}
    if how == 4:
        return {"files": {TEXT_CANARY: (f"{TEXT_CANARY}.png", data)}}
    urls = (
        f"http://{host}/{TEXT_CANARY}.png?sig=an4ryS4sT0ken",
        "http://user:an4ryP4ssw0rd@127.0.0.1/x.png?sig=an4ryS4sT0ken",
        "http://unknown.invalid/an4ryS4sT0ken?sig=an4ryS4sT0ken",
        "ftp://user:an4ryP4ssw0rd@example.com/x",
        "an4ryS4sT0ken",
    )
    if how < 7:
        return {"json": {"url": dice.choice(urls)}}
    return {
        "data": f'{{"url": "{TEXT_CANARY}", an4ryS4sT0ken'.encode(),
        "headers": {"Content-Type": "application/json"},
    }


class ImageHost(BaseHTTPRequestHandler):
    """Gives an image to whoever knows the token."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(PNG)))
        self.end_headers()
        self.wfile.write(PNG)

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("", "readstone", "uvicorn")]
    handlers, levels = loggers[0].handlers[:], [logger.level for logger in loggers]
    yield
    loggers[0].handlers[:] = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture
def image_host() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.2", 0), ImageHost)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.2:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_keys_and_texts_are_nowhere_but_in_answers(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], image_host: str, log_format: str
) -> None:
    """500 requests over all routes, at log level debug, with metrics and traces (T15; both formats make 1,000)."""
    logs.configure("debug", log_format)
    bodies = canary_bodies()
    errors: list[bytes] = []
    statuses: list[int] = []
    told: list[bytes] = []
    submits: list[tuple[str, str]] = []

    def one(number: int) -> None:
        dice = random.Random(number)
        headers, query = credentials(dice)
        path = ROUTES[number % len(ROUTES)]
        what = body(dice, bodies, image_host)
        what["headers"] = {**what.get("headers", {}), **headers, "X-Forwarded-For": "an4ryS4sT0ken"}
        if dice.random() < 0.3:
            what["headers"]["traceparent"] = f"00-{uuid4().hex}-{uuid4().hex[:16]}-01"
        if number % 10 == 9:
            path, method = dice.choice(LOOKED_AT), "GET"
        else:
            method = "POST"
        if path.startswith("/computervision/retrieval:vectorizeText"):
            what = {"json": {"text": TEXT_CANARY}, "headers": headers}
        answer = requests.request(method, server.url + path, params=query, timeout=60, **what)
        statuses.append(answer.status_code)
        if answer.status_code == 202:
            submits.append((answer.headers["Operation-Location"], KEY_CANARY))
        (errors if answer.status_code >= 400 else told).append(answer.content)
        errors.append(repr(dict(answer.headers)).encode())

    with collector() as received:
        settings = {"otlp_endpoint": received.url, "fetch_allow": "127.0.0.2/32", "fetch_timeout": 5, "queue": 100}
        with server_in_thread(tmp_path, EchoReader, EchoViewer, keys=KEY_CANARY, **settings) as server:
            with ThreadPoolExecutor(6) as many:
                list(many.map(one, range(500)))
            for location, key in submits:
                poll = requests.get(location, params={"subscription-key": key}, timeout=30)
                (errors if poll.status_code >= 400 else told).append(poll.content)
            scraped = requests.get(f"{server.url}/metrics", timeout=30).content
    said = capfd.readouterr()
    assert {200, 202, 400, 401, 404, 415, 500} <= set(statuses)
    assert sum(TEXT_CANARY.encode() in body for body in told) > 20  # they were read, and told to who asked
    assert said.err.count("/vision/") > 300
    assert len(received.spans) > 500
    assert b"readstone_http_requests_total" in scraped
    places = {
        "log": (said.err + said.out).encode(),
        "metrics": scraped,
        "traces": b"".join(received.raw),
        "errors": b"\n".join(errors),
    }
    for secret in SECRETS:
        for place, content in places.items():
            at = content.find(secret.encode())
            assert at < 0, f"{secret} is in the {place}: {content[max(0, at - 300) : at + 100]!r}"
