"""Runs somebody else's client in a process of its own, and judges what it made of our answers."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas import success_definition, validate
from sdk.poster import WORDS, around, from_text, word_places

SCRIPTS = Path(__file__).resolve().parent / "scripts"
DENIED = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
    "active subscription and use a correct regional API endpoint for your resource."
)
TOO_SMALL = "Image must be at least 50 pixels in width and height"
NO_IMAGE = "Input data is not a valid image."
NO_ACCESS = "Image URL is not accessible."


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that the server can fetch, and the client can read."""

    url: str
    path: Path


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it reached the server."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]


def run(command: Sequence[str | Path], **environment: str | Path) -> Any:
    """The JSON that a client prints. It sees none of our settings, and no proxy stands before 127.0.0.1."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("READSTONE_", "PYTHON", "NODE_")) and not name.lower().endswith("_proxy")
    }
    done = subprocess.run(
        [str(part) for part in command],
        env=kept | {name: str(value) for name, value in environment.items()},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stderr}"
    return json.loads(done.stdout)


def assert_is_the_poster(version: str, body: dict[str, Any]) -> None:
    """A body of this version, valid by Microsoft's definition, with the poster's words at their places."""
    validate(version, success_definition(version, "/ocr"), body)
    members = {"language", "textAngle", "orientation", "regions"} | ({"modelVersion"} if version == "v3.2" else set())
    assert body.keys() == members, sorted(body)
    assert body["language"] == "en", body["language"]
    assert abs(body["textAngle"]) < 0.02, body["textAngle"]
    words = [word for region in body["regions"] for line in region["lines"] for word in line["words"]]
    texts = [word["text"] for word in words]
    assert texts == WORDS, texts
    for word, place in zip(words, word_places(), strict=True):
        assert from_text(word["boundingBox"]).overlap(place) >= 0.5, (word, place)


def validate_result(version: str, results: str, body: dict[str, Any]) -> None:
    """A body of a text operation by Microsoft's definition; `results` is the path that was polled, without its id."""
    validate(version, success_definition(version, f"/{results}/{{operationId}}", "get"), body)


def pages_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The pages in the body of any finished text operation."""
    assert body["status"].lower() == "succeeded", body
    if "recognitionResult" in body:
        return [body["recognitionResult"]]
    pages: list[dict[str, Any]] = (
        body["recognitionResults"] if "recognitionResults" in body else body["analyzeResult"]["readResults"]
    )
    return pages


def assert_words_of_the_poster(page: dict[str, Any]) -> None:
    """The poster's words at their places, each in its line."""
    lines = page["lines"]
    assert [" ".join(word["text"] for word in line["words"]) for line in lines] == [line["text"] for line in lines]
    words = [word for line in lines for word in line["words"]]
    assert [word["text"] for word in words] == WORDS
    for word, place in zip(words, word_places(), strict=True):
        assert around(word["boundingBox"]).overlap(place) >= 0.5, (word, place)
