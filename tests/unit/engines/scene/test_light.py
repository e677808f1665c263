"""Brightness, and the light of a night."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from readstone.engines.scene.light import light_of


def test_plain_pictures() -> None:
    assert light_of(np.full((80, 90, 3), 255, np.uint8)).brightness == pytest.approx(1)
    black = light_of(np.zeros((80, 90, 3), np.uint8))
    assert black.brightness == 0
    assert black.dark == 1
    assert black.contrast == 0


def test_lamps_in_the_dark_look_like_night_and_a_bright_sky_does_not() -> None:
    street = Image.new("RGB", (400, 300), (25, 25, 40))
    for x in range(40, 400, 70):
        ImageDraw.Draw(street).ellipse((x, 100, x + 20, 120), fill=(255, 240, 180))
    night = light_of(np.ascontiguousarray(street))
    assert night.lamps > 0.005
    assert night.night > 0.9

    ImageDraw.Draw(street).rectangle((0, 0, 399, 180), fill=(170, 200, 240))
    day = light_of(np.ascontiguousarray(street))
    assert day.lamps == 0
    assert day.night < 0.1
