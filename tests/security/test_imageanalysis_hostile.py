"""Hostile files over Image Analysis 4.0, which takes more formats than the rest: a 400 of its own, no 5xx (T1, T2)."""

from __future__ import annotations

import os
import time
from collections import Counter
from io import BytesIO

import requests
from PIL import Image

from analyses import API_VERSIONS, FEATURES, PNG, PREVIEWS, analyze
from schemas import validate
from security.hostile_images import bombs, hostile_images
from serving import KEY, RunningServer

HEADERS = {"Content-Type": "application/octet-stream", "Ocp-Apim-Subscription-Key": KEY}
MODES = ("backgroundRemoval", "foregroundMatting")
INNER_CODES = {"InvalidImageFormat", "InvalidImageSize"}
RELEASE = os.environ.get("READSTONE_TEST_SIZE") == "release"


def push(server: RunningServer, files: list[tuple[str, bytes]], seconds: float) -> Counter[str]:
    """Send every file to one version after the other; how often what came back."""
    session = requests.Session()
    outcomes: Counter[str] = Counter()
    for number, (name, data) in enumerate(files):
        version = API_VERSIONS[number % len(API_VERSIONS)]
        url = f"{server.url}/computervision/imageanalysis:analyze?api-version={version}&features={FEATURES}"
        started = time.monotonic()
        answer = session.post(url, data=data, headers=HEADERS, timeout=60)
        body = answer.json()
        if answer.status_code == 200:
            validate(version, "ImageAnalysisResult", body)
            outcomes["served"] += 1
            continue
        assert answer.status_code == 400, (name, version, answer.status_code, answer.text)
        validate(version, "ErrorResponse", body)
        assert body["error"]["code"] == "InvalidRequest"
        if data:
            assert body["error"]["innererror"]["code"] in INNER_CODES, (name, body)
        assert time.monotonic() - started < seconds, name
        outcomes["refused"] += 1
    assert analyze(server, API_VERSIONS[0], data=PNG).status_code == 200
    return outcomes


def push_to_segment(server: RunningServer, files: list[tuple[str, bytes]], seconds: float) -> Counter[str]:
    """The same for segment, whose answer is a picture as large as that sent."""
    session = requests.Session()
    outcomes: Counter[str] = Counter()
    for number, (name, data) in enumerate(files):
        version, mode = PREVIEWS[number % 2], MODES[number // 2 % 2]
        url = f"{server.url}/computervision/imageanalysis:segment?api-version={version}&mode={mode}"
        started = time.monotonic()
        answer = session.post(url, data=data, headers=HEADERS, timeout=60)
        if answer.status_code == 200:
            assert answer.headers["Content-Type"] == "image/png"
            with Image.open(BytesIO(answer.content)) as image:
                image.load()
            outcomes["served"] += 1
            continue
        assert answer.status_code == 400, (name, version, answer.status_code, answer.text)
        validate(version, "ErrorResponse", answer.json())
        if data:
            assert answer.json()["error"]["innererror"]["code"] in INNER_CODES, (name, answer.text)
        assert time.monotonic() - started < seconds, name
        outcomes["refused"] += 1
    return outcomes


def test_hostile_files(wire: RunningServer) -> None:
    outcomes = push(wire, hostile_images(seed=6, count=4000 if RELEASE else 200) + bombs(), seconds=10)
    assert outcomes["refused"] > 50
    assert outcomes["served"] > 20, "nothing reached the viewer"


def test_hostile_files_that_decode_do_not_hurt_the_models(reading: RunningServer) -> None:
    outcomes = push(reading, hostile_images(seed=66, count=1000 if RELEASE else 150), seconds=20)
    assert outcomes["served"] > 5


def test_hostile_files_to_be_cut_out(wire: RunningServer) -> None:
    outcomes = push_to_segment(wire, hostile_images(seed=7, count=2000 if RELEASE else 150) + bombs(), seconds=10)
    assert outcomes["refused"] > 40
    assert outcomes["served"] > 15


def test_hostile_files_that_decode_do_not_hurt_the_segmenter(reading: RunningServer) -> None:
    outcomes = push_to_segment(reading, hostile_images(seed=77, count=400 if RELEASE else 100), seconds=30)
    assert outcomes["served"] > 3
