"""Many clients at once get the same bytes as one after the other (T12), with the real viewer."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from pictures import drawn, encoded
from scenes import ANALYZE, POSTED, Operation, meadow
from serving import KEY, RunningServer, server_in_thread

RELEASE = os.environ.get("READSTONE_TEST_SIZE") == "release"
CLIENTS = 64
CALLS_EACH = 50 if RELEASE else 2
BYTES = {"Content-Type": "application/octet-stream", "Ocp-Apim-Subscription-Key": KEY}
EVERYTHING = "visualFeatures=Categories,Tags,Description,Faces,Objects,Brands,Color,ImageType,Adult&details=all"


def mixed_calls() -> list[tuple[str, Operation, bytes]]:
    """Every operation, with pictures that differ in everything."""
    pictures = [
        encoded(meadow((320, 200)), "JPEG", quality=90),
        encoded(meadow((97, 211)).rotate(90, expand=True), "PNG"),
        encoded(drawn(["SALE", "today"], size=(260, 180)), "BMP"),
        encoded(meadow((400, 300)).convert("L"), "JPEG"),
    ]
    everything = Operation("analyze", f"analyze?{EVERYTHING}", "/analyze")
    return [
        ("v3.2", operation, pictures[number % len(pictures)])
        for number, operation in enumerate((*POSTED, everything, everything, ANALYZE))
    ]


def answer(server: RunningServer, session: requests.Session, call: tuple[str, Operation, bytes]) -> bytes:
    """The body without what names the request."""
    version, operation, data = call
    separator = "&" if "?" in operation.path else "?"
    while True:
        url = f"{server.url}/vision/{version}/{operation.path}{separator}{operation.query}"
        response = session.post(url, data=data, headers=BYTES, timeout=300)
        if response.status_code != 429:
            break
        time.sleep(0.2)
    assert response.status_code == 200, response.text
    return response.content.replace(response.headers["apim-request-id"].encode(), b"")


def test_same_bytes_as_a_serial_run(tmp_path: Path) -> None:
    calls = mixed_calls()
    with server_in_thread(tmp_path, queue=200) as server:
        session = requests.Session()
        expected = [answer(server, session, call) for call in calls]
        assert len(set(expected)) == len(calls)

        def client(number: int) -> list[tuple[int, bytes]]:
            own = requests.Session()
            chosen = [(number * CALLS_EACH + n) % len(calls) for n in range(CALLS_EACH)]
            return [(index, answer(server, own, calls[index])) for index in chosen]

        with ThreadPoolExecutor(CLIENTS) as clients:
            answers = [pair for pairs in clients.map(client, range(CLIENTS)) for pair in pairs]
    assert len(answers) == CLIENTS * CALLS_EACH
    for index, body in answers:
        assert body == expected[index], calls[index][1]
