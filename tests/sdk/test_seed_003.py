"""Seed 003: the text of a photographed handwritten note, in the shape that Microsoft's page shows (C05)."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from schemas import validate
from sdk.clients import Image
from sdk.seed import HANDWRITTEN_NOTE, NO_SEEDS, code_of, seed_page
from serving import RunningServer


@pytest.fixture
def example() -> Any:
    """The answer on the page."""
    page = seed_page(HANDWRITTEN_NOTE)
    if page is None:
        pytest.skip(NO_SEEDS)
    (answer,) = code_of(page, "json")
    return json.loads(answer)


def shape(value: Any) -> Any:
    """Names of members and kinds of values; of a list, the shape of its items, which all have one."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    if isinstance(value, list):
        shapes = [shape(item) for item in value]
        assert all(each == shapes[0] for each in shapes)
        return shapes[:1]
    return "number" if isinstance(value, int | float) else type(value).__name__


@pytest.mark.covers("imageanalysis:analyze", "2023-10-01")
def test_the_shape_of_the_page(example: Any, server: RunningServer, whiteboard: Image) -> None:
    """`Include Read in the features query parameter`, says the page."""
    answer = requests.post(
        f"{server.url}/computervision/imageanalysis:analyze?api-version=2023-10-01&features=Read",
        json={"url": whiteboard.url},
        headers=server.key_header,
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    validate("2023-10-01", "ImageAnalysisResult", body)
    assert shape(body) == shape(example)
    assert body["modelVersion"] == example["modelVersion"]
    (block,) = body["readResult"]["blocks"]
    for line in block["lines"]:
        assert all(word["text"] in line["text"] for word in line["words"])
    assert sum(len(line["words"]) for line in block["lines"]) > 10
