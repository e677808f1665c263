"""Contract 4.1, 4.2: generateThumbnail; exact size, the type of the source, what is kept (C15)."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image

from pictures import encoded
from readstone.domain.geometry import Box
from readstone.domain.scene import Crop, Feature, Scene
from scenes import meadow
from schemas import VERSIONS
from serving import KEY, RunningServer
from viewers import FixedViewer, busy_street

BYTES = {"Content-Type": "application/octet-stream", "Ocp-Apim-Subscription-Key": KEY}
JPEG = encoded(meadow((200, 100)), "JPEG", quality=95)

pytestmark = [pytest.mark.covers("generateThumbnail"), pytest.mark.parametrize("version", VERSIONS)]


def thumbnail(wire: RunningServer, version: str, query: str, **kwargs: Any) -> tuple[str, Image.Image]:
    arguments = {"data": JPEG, "headers": BYTES, "timeout": 30, **kwargs}
    answer = requests.post(f"{wire.url}/vision/{version}/generateThumbnail?{query}", **arguments)
    assert answer.status_code == 200, answer.text
    assert answer.headers["apim-request-id"]
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    image = Image.open(io.BytesIO(answer.content))
    image.load()
    return answer.headers["Content-Type"], image


SIZES = [(1, 1), (1, 1024), (1024, 1), (40, 30), (30, 40), (200, 100), (1024, 1024), (333, 7)]


@pytest.mark.parametrize("smart", ["true", "false", "1", ""])
@pytest.mark.parametrize("size", SIZES)
def test_exact_size(wire: RunningServer, version: str, size: tuple[int, int], smart: str) -> None:
    query = f"width={size[0]}&height={size[1]}&smartCropping={smart}"
    for shape in ((200, 100), (50, 50), (51, 199)):
        kind, image = thumbnail(wire, version, query, data=encoded(meadow(shape), "JPEG"))
        assert (kind, image.format, image.size, image.mode) == ("image/jpeg", "JPEG", size, "RGB")


@pytest.mark.parametrize(
    ("source", "kind", "image_format"),
    [
        ("JPEG", "image/jpeg", "JPEG"),
        ("PNG", "image/png", "PNG"),
        ("GIF", "image/jpeg", "JPEG"),
        ("BMP", "image/jpeg", "JPEG"),
    ],
)
def test_type_of_the_source(wire: RunningServer, version: str, source: str, kind: str, image_format: str) -> None:
    headers = {**BYTES, "Accept": "application/octet-stream"}  # as SDKs ask
    found, image = thumbnail(wire, version, "width=40&height=30", data=encoded(meadow(), source), headers=headers)
    assert (found, image.format) == (kind, image_format)


def test_centre_is_kept_without_smart_cropping(wire: RunningServer, fixed_viewer: FixedViewer, version: str) -> None:
    striped = np.zeros((60, 180, 3), np.uint8)
    striped[:, :60, 0] = striped[:, 60:120, 1] = striped[:, 120:, 2] = 250
    before = len(fixed_viewer.asked)
    _, image = thumbnail(wire, version, "width=30&height=30", data=encoded(Image.fromarray(striped)))
    assert np.asarray(image)[15, 15].tolist() == [0, 250, 0]
    assert np.asarray(image)[:, 2:-2, 1].min() > 200
    assert len(fixed_viewer.asked) == before, "nobody asked what is on it"


def test_what_the_viewer_says_is_kept(wire: RunningServer, fixed_viewer: FixedViewer, version: str) -> None:
    striped = np.zeros((60, 180, 3), np.uint8)
    striped[:, :60, 0] = striped[:, 60:120, 1] = striped[:, 120:, 2] = 250
    fixed_viewer.scene = lambda picture, options: crops_at_the_right(busy_street(picture, options))
    try:
        query = "width=30&height=30&smartCropping=true"
        _, image = thumbnail(wire, version, query, data=encoded(Image.fromarray(striped)))
    finally:
        fixed_viewer.scene = busy_street
    assert np.asarray(image)[15, 15].tolist() == [0, 0, 250]
    assert fixed_viewer.asked[-1].features == {Feature.CROPS}
    assert fixed_viewer.asked[-1].ratios == (1.0,)


def crops_at_the_right(scene: Scene) -> Scene:
    return replace(scene, crops=(Crop(1.0, Box(120, 0, 60, 60)),))
