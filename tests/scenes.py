"""The operations on what an image shows apart from its text, as tests call them, and pictures for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from PIL import Image, ImageDraw

from pictures import encoded
from schemas import FLAT_ERRORS, VERSIONS
from serving import KEY, RunningServer


@dataclass(frozen=True, slots=True)
class Operation:
    """Its name in docs/compatibility.md, its path, its path in the definitions, and a query that makes it work."""

    name: str
    path: str
    definition: str
    query: str = ""
    since: str = "v1.0"

    @property
    def makes_json(self) -> bool:
        return self.name != "generateThumbnail"


ANALYZE = Operation("analyze", "analyze", "/analyze", "visualFeatures=Categories,Tags,Description,Faces,Color")
DESCRIBE = Operation("describe", "describe", "/describe")
TAG = Operation("tag", "tag", "/tag")
DETECT = Operation("detect", "detect", "/detect", since="v2.0")
AREA = Operation("areaOfInterest", "areaOfInterest", "/areaOfInterest", since="v2.0")
THUMBNAIL = Operation(
    "generateThumbnail", "generateThumbnail", "/generateThumbnail", "width=40&height=30&smartCropping=true"
)
DOMAIN = Operation("domain", "models/landmarks/analyze", "/models/{model}/analyze")

POSTED = (ANALYZE, DESCRIBE, TAG, DETECT, AREA, THUMBNAIL, DOMAIN)
"""Every operation that takes an image."""


def calls(operations: Iterable[Operation] = POSTED) -> list[Any]:
    """Each operation in each version that has it, to parametrise ("version", "operation"); a passed test proves it."""
    return [
        pytest.param(version, operation, id=f"{version}-{operation.name}", marks=pytest.mark.covers(operation.name))
        for operation in operations
        for version in VERSIONS
        if version >= operation.since
    ]


def meadow(size: tuple[int, int] = (120, 80)) -> Image.Image:
    """Sky above, grass below, something red in between."""
    image = Image.new("RGB", size, (120, 170, 230))
    draw = ImageDraw.Draw(image)
    width, height = size
    draw.rectangle((0, height // 2, width, height), fill=(60, 140, 50))
    draw.ellipse((width // 3, height // 3, width // 2, height // 2 + 10), fill=(200, 40, 30))
    return image


PNG = encoded(meadow())
KEYED = {"Ocp-Apim-Subscription-Key": KEY}
BYTES = {"Content-Type": "application/octet-stream", **KEYED}


def post(wire: RunningServer, version: str, operation: Operation, query: str = "", **kwargs: Any) -> requests.Response:
    """`query` before the operation's own: of a parameter that is there twice the first wins."""
    arguments = {"data": PNG, "headers": BYTES, "timeout": 30, **kwargs}
    return requests.post(f"{wire.url}/vision/{version}/{operation.path}?{query}&{operation.query}", **arguments)


def assert_refused(
    answer: requests.Response, version: str, code: str, outer: str, message: str | None = None, status: int = 400
) -> None:
    """The flat body of 6.3 up to v3.1, the nested one of 6.3b in v3.2; nothing beside."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert "Retry-After" not in answer.headers
    body = answer.json()
    said = body["message"] if version in FLAT_ERRORS else body["error"]["message"]
    assert said
    assert message in (None, said)
    if version in FLAT_ERRORS:
        assert body == {"code": code, "requestId": answer.headers["apim-request-id"], "message": said}
    else:
        assert body == {"error": {"code": outer, "innererror": {"code": code, "message": said}, "message": said}}
