"""Contract 6.1, 6.2, 11: 429 on every route of every version, and what is never limited (C17, T14)."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from pictures import drawn, encoded
from readers import FixedReader
from schemas import VERSIONS
from serving import KEY, RunningServer, server_in_thread
from viewers import FixedViewer

PNG = encoded(drawn(size=(120, 80)))
KEYED = {"Ocp-Apim-Subscription-Key": KEY}
OTHER = {"Ocp-Apim-Subscription-Key": "another key"}
BYTES = {"Content-Type": "application/octet-stream"}
GUID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def spent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose keys may call twice a day; KEY already has."""
    folder = tmp_path_factory.mktemp("spent")
    keys = f"{KEY},{OTHER['Ocp-Apim-Subscription-Key']}"
    with server_in_thread(folder, FixedReader, FixedViewer, keys=keys, rate="2/day") as server:
        for _ in range(2):
            assert requests.get(f"{server.url}/vision/v3.2/models", headers=KEYED, timeout=30).status_code == 200
        yield server


def assert_limited(answer: requests.Response, version: str, operation: str) -> int:
    """The answer is the gateway's 429, the same on every version; its seconds."""
    assert answer.status_code == 429
    seconds = int(answer.headers["Retry-After"])
    assert seconds >= 1
    assert set(answer.json()) == {"error"}
    assert set(answer.json()["error"]) == {"code", "message"}
    assert answer.json()["error"]["code"] == "429"
    assert answer.json()["error"]["message"] == (
        f"Requests to the {operation} Operation under Computer Vision API ({version}) have exceeded rate limit of your "
        f"current ComputerVision F0 pricing tier. Please retry after {seconds} seconds. "
        "To increase your rate limit switch to a paid tier."
    )
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["apim-request-id"]
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
    return seconds


def test_every_route_of_every_version(spent: RunningServer) -> None:
    assert spent.app
    seen = set()
    for surface in spent.app._routes.surfaces:
        if not surface.metered:
            continue
        for route in surface.routes:
            path = re.sub(r"\{\w+\}", GUID, f"{surface.base}/{route.path}")
            body = {"data": PNG} if route.method == "POST" else {}
            answer = requests.request(route.method, spent.url + path, headers={**KEYED, **BYTES}, timeout=30, **body)
            assert 86_000 < assert_limited(answer, surface.name, route.operation) <= 86_400
            seen.add(surface.name)
    assert {*VERSIONS, "4.0"} <= seen


def test_polls_count_and_so_do_bad_requests(tmp_path_factory: pytest.TempPathFactory) -> None:
    with server_in_thread(tmp_path_factory.mktemp("polls"), FixedReader, FixedViewer, rate="3/h") as server:
        poll = f"{server.url}/vision/v3.2/read/analyzeResults/{GUID}"
        assert requests.get(poll, headers=KEYED, timeout=30).status_code == 404
        assert requests.post(f"{server.url}/vision/v3.2/ocr?language=xx", headers=KEYED, timeout=30).status_code == 400
        assert requests.post(f"{server.url}/vision/v2.0/tag", PNG, headers=KEYED | BYTES, timeout=30).status_code == 200
        assert_limited(requests.get(poll, headers=KEYED, timeout=30), "v3.2", "GetReadResult")


def test_the_order_of_checks(spent: RunningServer) -> None:
    """401 and 404 come before it, everything that looks at the request comes after it."""
    url = f"{spent.url}/vision/v3.2"
    answers = {
        401: requests.post(f"{url}/ocr", PNG, headers={"Ocp-Apim-Subscription-Key": "wrong"}, timeout=30),
        404: requests.post(f"{url}/no-such-route", PNG, headers=KEYED, timeout=30),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert "Retry-After" not in answer.headers
    for answer in (
        requests.post(f"{url}/analyze?visualFeatures=Nonsense", PNG, headers=KEYED | BYTES, timeout=30),
        requests.post(f"{url}/analyze", PNG, headers=KEYED | {"Content-Type": "text/plain"}, timeout=30),
    ):
        assert_limited(answer, "v3.2", "AnalyzeImage")


def test_no_body_is_waited_for(spent: RunningServer) -> None:
    where = urlsplit(spent.url)
    with socket.create_connection((where.hostname or "", where.port or 0), 10) as client:
        client.sendall(
            f"POST /vision/v3.2/read/analyze HTTP/1.1\r\nHost: x\r\nOcp-Apim-Subscription-Key: {KEY}\r\n"
            "Content-Type: application/pdf\r\nContent-Length: 500000000\r\n\r\n".encode()
        )
        assert client.recv(100).startswith(b"HTTP/1.1 429 ")


def test_what_is_never_limited(spent: RunningServer) -> None:
    for path in ("/", "/ready", "/status", "/swagger", "/readstone/sample.png"):
        assert requests.get(spent.url + path, timeout=30).status_code == 200
    assert requests.options(f"{spent.url}/vision/v3.2/ocr", timeout=30).status_code == 200
    assert requests.post(f"{spent.url}/sts/v1.0/issueToken", headers=KEYED, timeout=30).status_code == 200
    assert requests.get(f"{spent.url}/readstone/usage", headers=KEYED, timeout=30).status_code == 200


def test_a_token_is_its_key(spent: RunningServer) -> None:
    token = requests.post(f"{spent.url}/sts/v1.0/issueToken", headers=KEYED, timeout=30).text
    answer = requests.get(f"{spent.url}/vision/v3.2/models", headers={"Authorization": f"Bearer {token}"}, timeout=30)
    assert_limited(answer, "v3.2", "ListModels")


def test_another_key_has_calls_of_its_own(spent: RunningServer) -> None:
    url = f"{spent.url}/vision/v3.2/models"
    assert [requests.get(url, headers=OTHER, timeout=30).status_code for _ in range(3)] == [200, 200, 429]


def test_a_client_that_obeys_succeeds(tmp_path_factory: pytest.TempPathFactory) -> None:
    with server_in_thread(tmp_path_factory.mktemp("obeys"), FixedReader, FixedViewer, rate="5/s") as server:
        session, statuses = requests.Session(), []
        for _ in range(12):
            answer = session.get(f"{server.url}/vision/v3.2/models", headers=KEYED, timeout=30)
            statuses.append(answer.status_code)
            if answer.status_code == 429:
                assert answer.headers["Retry-After"] == "1"
                time.sleep(1)
                answer = session.get(f"{server.url}/vision/v3.2/models", headers=KEYED, timeout=30)
                assert answer.status_code == 200
    assert 1 <= statuses.count(429) <= 2


def test_stored_keys_have_limits_of_their_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    from readstone.access.keys import KeyFile

    folder = tmp_path_factory.mktemp("own")
    keys = KeyFile(folder)
    record, slow = keys.create("slow", rate="1/h")
    _, free = keys.create("free", rate="none")
    with server_in_thread(folder, FixedReader, FixedViewer, rate="3/h") as server:

        def statuses(key: str) -> list[int]:
            headers = {"Ocp-Apim-Subscription-Key": key}
            url = f"{server.url}/vision/v3.2/models"
            return [requests.get(url, headers=headers, timeout=30).status_code for _ in range(5)]

        assert statuses(slow) == [200, 429, 429, 429, 429]
        assert statuses(free) == [200] * 5
        assert statuses(KEY) == [200, 200, 200, 429, 429]
        assert keys.limit(record.id, "")
        time.sleep(0.3)  # the server looks at the file four times a second
        assert statuses(slow) == [200, 200, 429, 429, 429]
