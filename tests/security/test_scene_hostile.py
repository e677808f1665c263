"""Hostile files and requests over the operations on what an image shows: the version's own 4xx, no 5xx (T1, T2, T7)."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from typing import Any

import pytest
import requests

from pictures import encoded
from scenes import ANALYZE, POSTED, Operation, meadow
from schemas import FLAT_ERRORS, VERSIONS, success_definition, validate
from security.hostile_images import bombs, hostile_images, may_decode
from serving import KEY, RunningServer

HEADERS = {"Content-Type": "application/octet-stream", "Ocp-Apim-Subscription-Key": KEY}
CONTENT_CODES = {"InvalidImageFormat", "InvalidImageSize"}
CALLS = [(v, o) for o in POSTED for v in VERSIONS if v >= o.since]
GOOD = encoded(meadow())
RELEASE = os.environ.get("READSTONE_TEST_SIZE") == "release"


def code_of(version: str, body: dict[str, Any]) -> str:
    """The code of a service error, after its envelope has been checked."""
    if version in FLAT_ERRORS:
        assert set(body) == {"code", "requestId", "message"}
        return str(body["code"])
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "innererror", "message"}
    assert set(body["error"]["innererror"]) == {"code", "message"}
    return str(body["error"]["innererror"]["code"])


def push(server: RunningServer, files: list[tuple[str, bytes]]) -> Counter[str]:
    """Send every file to one operation of one version after the other; how often what came back."""
    session = requests.Session()
    outcomes: Counter[str] = Counter()
    for number, (name, data) in enumerate(files):
        version, operation = CALLS[number % len(CALLS)]
        started = time.monotonic()
        url = f"{server.url}/vision/{version}/{operation.path}?{operation.query}"
        answer = session.post(url, data=data, headers=HEADERS, timeout=60)
        if answer.status_code == 200:
            assert may_decode(name), name
            outcomes["served"] += 1
            if operation.makes_json:
                validate(version, success_definition(version, operation.definition), answer.json())
        else:
            assert answer.status_code == 400, (name, version, operation.path, answer.status_code, answer.text)
            code = code_of(version, answer.json())
            assert code in CONTENT_CODES, (name, code)
            assert time.monotonic() - started < 5, name
            outcomes[code] += 1
    url = f"{server.url}/vision/v3.2/analyze?{ANALYZE.query}"
    assert session.post(url, data=GOOD, headers=HEADERS, timeout=60).status_code == 200
    return outcomes


def test_hostile_files(wire: RunningServer) -> None:
    outcomes = push(wire, hostile_images(seed=5, count=20_000 if RELEASE else 500) + bombs())
    assert outcomes["InvalidImageFormat"] > 250
    assert outcomes["served"] > 50, "nothing reached the viewer"


def test_hostile_files_that_decode_do_not_hurt_the_viewer(reading: RunningServer) -> None:
    files = hostile_images(seed=55, count=4000 if RELEASE else 400)
    assert push(reading, [(name, data) for name, data in files if may_decode(name)])["served"] > 30


def parameter(dice: random.Random, operation: Operation) -> str:
    """One senseless parameter."""
    names = {
        "analyze": ("visualFeatures", "details", "language"),
        "describe": ("maxCandidates", "language"),
        "tag": ("language",),
        "generateThumbnail": ("width", "height", "smartCropping"),
        "domain": ("language",),
    }
    values = (
        *("x", "%00", "%ff%fe", "-1", "1e9", "NaN", "null", "[]", "{}", "..%2f..%2fetc%2fpasswd", "%F0%9F%92%A9"),
        *("'%20OR%201=1--", "<script>", "0x10", "1;2", "%25%25", "A" * 5000, ",,x,,", "9" * 300, "true,false", "١"),
    )
    return f"{dice.choice(names[operation.name])}={dice.choice(values)}"


@pytest.mark.parametrize("seed", range(3))
def test_senseless_parameters(wire: RunningServer, seed: int) -> None:
    dice = random.Random(seed)
    session = requests.Session()
    having = [(v, o) for v, o in CALLS if o.name not in ("detect", "areaOfInterest")]
    for _ in range(5000 if RELEASE else 170):
        version, operation = dice.choice(having)
        query = f"{parameter(dice, operation)}&{operation.query}"
        url = f"{wire.url}/vision/{version}/{operation.path}?{query}"
        answer = session.post(url, data=GOOD, headers=HEADERS, timeout=60)
        assert answer.status_code == 400, (url[:200], answer.status_code, answer.text)
        expected = {"BadArgument", "NotSupportedVisualFeature", "InvalidDetails", "NotSupportedLanguage"}
        assert code_of(version, answer.json()) in expected | {"InvalidThumbnailSize"}, url[:200]


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "application/json", "image/png"])
def test_hostile_files_under_other_media_types(wire: RunningServer, content_type: str) -> None:
    headers = {**HEADERS, "Content-Type": content_type}
    for number, (name, data) in enumerate(hostile_images(seed=65, count=126)):
        version, operation = CALLS[number % len(CALLS)]
        url = f"{wire.url}/vision/{version}/{operation.path}?{operation.query}"
        answer = requests.post(url, data=data, headers=headers, timeout=60)
        assert answer.status_code == 400 or (answer.status_code == 200 and may_decode(name)), (name, answer.text)
        if answer.status_code == 400:
            code_of(version, answer.json())


@pytest.mark.parametrize("model", ["...", "celebrities%2fanalyze", "a" * 5000, "%00", "%ff"])
def test_senseless_models(wire: RunningServer, model: str) -> None:
    for version in VERSIONS:
        url = f"{wire.url}/vision/{version}/models/{model}/analyze"
        answer = requests.post(url, data=GOOD, headers=HEADERS, timeout=30)
        assert answer.status_code in (400, 404), answer.text
