"""Many clients at once get the same bytes as one after the other (T12), with the real reader."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from documents import scanned_pdf, tiff
from pictures import drawn, encoded
from serving import KEY, RunningServer, server_in_thread

RELEASE = os.environ.get("READSTONE_TEST_SIZE") == "release"
CLIENTS = 64
DOCUMENTS_EACH = 20 if RELEASE else 2
BYTES = {"Content-Type": "application/octet-stream", "Ocp-Apim-Subscription-Key": KEY}


def mixed_documents() -> list[tuple[str, bytes]]:
    """Route and bytes of documents that differ in everything: text, size, format, pages."""
    images = [
        encoded(drawn([f"invoice {n}{n}{n}", f"total {n * 17}.50"], size=(260 + 20 * n, 120), font_size=24 + n))
        for n in range(4)
    ]
    jpeg = encoded(drawn(["RIVER BANK", "lantern"], size=(300, 130), font_size=34), "JPEG", quality=90)
    turned = encoded(
        drawn(["turned on its side", "and read all the same"], size=(420, 120), font_size=30).rotate(90, expand=True)
    )
    return [
        *(("ocr", image) for image in images),
        ("ocr", turned),
        ("read/syncAnalyze", jpeg),
        ("read/analyze", tiff(["alpha", "beta"])),
        ("read/analyze", scanned_pdf(["gamma"], size=(425, 275), dpi=50)),
    ]


def answer(server: RunningServer, session: requests.Session, route: str, data: bytes) -> bytes:
    """The final body, without what names the request."""
    while True:
        response = session.post(f"{server.url}/vision/v3.2/{route}", data=data, headers=BYTES, timeout=300)
        if response.status_code != 429:
            break
        time.sleep(0.2)
    if route != "read/analyze":
        assert response.status_code == 200, response.text
        return _without_times(response.content)
    assert response.status_code == 202, response.text
    while True:
        polled = session.get(response.headers["Operation-Location"], headers=BYTES, timeout=60)
        assert polled.status_code == 200, polled.text
        if polled.json()["status"] == "succeeded":
            return _without_times(polled.content)
        time.sleep(0.1)


def _without_times(body: bytes) -> bytes:
    return body[body.index(b'"analyzeResult"') :] if b'"analyzeResult"' in body else body


def test_same_bytes_as_a_serial_run(tmp_path: Path) -> None:
    documents = mixed_documents()
    with server_in_thread(tmp_path, queue=200) as server:
        session = requests.Session()
        expected = [answer(server, session, route, data) for route, data in documents]
        assert len(set(expected)) == len(documents)

        def client(number: int) -> list[tuple[int, bytes]]:
            own = requests.Session()
            chosen = [(number * DOCUMENTS_EACH + n) % len(documents) for n in range(DOCUMENTS_EACH)]
            return [(index, answer(server, own, *documents[index])) for index in chosen]

        with ThreadPoolExecutor(CLIENTS) as clients:
            answers = [pair for pairs in clients.map(client, range(CLIENTS)) for pair in pairs]
    assert len(answers) == CLIENTS * DOCUMENTS_EACH
    for index, body in answers:
        assert body == expected[index], documents[index][0]
