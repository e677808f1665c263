"""Microsoft's Python SDKs at a rate limit, unmodified: what they try again by themselves succeeds (C17).

That of Image Analysis tries everything again. Those of Computer Vision do so with polls and lists; a picture that they
have sent as a stream is gone, and their user gets our sentence.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from pictures import drawn, encoded
from readers import FixedReader
from sdk.clients import SCRIPTS, run
from sdk.setup import IMAGE_ANALYSIS
from serving import KEY, RunningServer, server_in_thread
from viewers import FixedViewer

CALLS = 4
Ask = Callable[[dict[str, str]], list[dict[str, Any]]]


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[RunningServer]:
    """A server that lets each key call once a second."""
    with server_in_thread(tmp_path, FixedReader, FixedViewer, rate="1/s") as server:
        yield server


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "picture.png"
    path.write_bytes(encoded(drawn(size=(120, 80))))
    return str(path)


def refused(server: RunningServer) -> int:
    """How many calls were told to come again."""
    answer = requests.get(f"{server.url}/readstone/usage", headers={"Ocp-Apim-Subscription-Key": KEY}, timeout=30)
    (used,) = answer.json()["usage"]
    return int(used["refused"])


def test_image_analysis(limited: RunningServer, installed: Callable[[str], Path], picture: str) -> None:
    calls = {str(n): {"path": picture, "features": ["tags"]} for n in range(CALLS)}
    command = [sys.executable, "-S", SCRIPTS / "image_analysis_calls.py", limited.url, KEY, json.dumps(calls)]
    outcomes = run(command, PYTHONPATH=installed(IMAGE_ANALYSIS))
    assert [outcome.get("error") for outcome in outcomes.values()] == [None] * CALLS
    assert refused(limited) >= 1


@pytest.fixture(params=["0.3.0", "0.9.1"])
def computer_vision(limited: RunningServer, installed: Callable[[str], Path], request: pytest.FixtureRequest) -> Ask:
    """Has a release make the same call several times."""

    def outcomes(call: dict[str, str]) -> list[dict[str, Any]]:
        calls = json.dumps({str(n): call for n in range(CALLS)})
        command = [sys.executable, "-S", SCRIPTS / "scene_calls.py", limited.url, KEY, calls]
        return list(run(command, PYTHONPATH=installed(f"python-{request.param}")).values())

    return outcomes


def test_computer_vision(limited: RunningServer, computer_vision: Ask) -> None:
    assert [outcome.get("error") for outcome in computer_vision({"method": "list_models"})] == [None] * CALLS
    assert refused(limited) >= 1


def test_a_stream_of_computer_vision(computer_vision: Ask, picture: str) -> None:
    first, *others = computer_vision({"method": "tag_image_in_stream", "path": picture})
    assert "error" not in first
    assert 429 in [outcome["error"]["status"] for outcome in others if "error" in outcome]
