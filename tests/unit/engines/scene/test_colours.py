"""Colours by name, the accent's clamp, and black and white."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest
from PIL import Image, ImageDraw

from readstone.domain.picture import RgbPixels
from readstone.engines.scene.colours import NAMES, colours_of, is_black_and_white, reduced


def plain(*colour: int, size: tuple[int, int] = (90, 60)) -> RgbPixels:
    return np.ascontiguousarray(Image.new("RGB", size, colour))


def framed(inner: str, outer: str) -> RgbPixels:
    """An outer colour around an inner one in the middle half of each side."""
    image = Image.new("RGB", (400, 300), outer)
    ImageDraw.Draw(image).rectangle((100, 75, 299, 224), fill=inner)
    return np.ascontiguousarray(image)


def lightness(accent: str) -> float:
    return colorsys.rgb_to_hls(*(int(accent[at : at + 2], 16) / 255 for at in (0, 2, 4)))[1]


def hue(accent: str) -> float:
    return 360 * colorsys.rgb_to_hls(*(int(accent[at : at + 2], 16) / 255 for at in (0, 2, 4)))[0]


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ((8, 10, 12), "Black"),
        ((250, 250, 245), "White"),
        ((128, 130, 126), "Grey"),
        ((120, 72, 30), "Brown"),
        ((222, 184, 140), "Brown"),
        ((200, 20, 25), "Red"),
        ((250, 130, 10), "Orange"),
        ((250, 225, 30), "Yellow"),
        ((40, 150, 40), "Green"),
        ((20, 60, 25), "Black"),  # leaves in the shade, as the documented white flower shows
        ((90, 130, 50), "Green"),
        ((10, 150, 150), "Teal"),
        ((30, 80, 200), "Blue"),
        ((130, 180, 240), "Blue"),
        ((110, 40, 160), "Purple"),
        ((250, 150, 190), "Pink"),
    ],
)
def test_names_of_plain_colours(colour: tuple[int, int, int], name: str) -> None:
    found = colours_of(plain(*colour))
    assert (found.foreground, found.background, found.dominant) == (name, name, (name,))


def test_middle_is_foreground_and_rim_is_background() -> None:
    found = colours_of(framed("#c81419", "#2850c8"))
    assert found.foreground == "Red"
    assert found.background == "Blue"
    assert found.dominant == ("Blue", "Red")


def test_small_colours_are_not_dominant_but_the_vivid_one_is_the_accent() -> None:
    image = Image.new("RGB", (300, 200), (90, 92, 95))
    ImageDraw.Draw(image).ellipse((140, 90, 170, 120), fill=(240, 200, 10))
    found = colours_of(np.ascontiguousarray(image))
    assert found.dominant == ("Grey",)
    assert abs(hue(found.accent) - 50) < 6


@pytest.mark.parametrize(
    "colour", [(255, 0, 0), (40, 5, 5), (255, 240, 240), (20, 200, 90), (0, 0, 255), (60, 48, 36), (200, 210, 255)]
)
def test_an_accent_keeps_its_hue_and_has_a_recorded_lightness(colour: tuple[int, int, int]) -> None:
    accent = colours_of(plain(*colour)).accent
    assert 0.29 <= lightness(accent) <= 0.4
    wanted = 360 * colorsys.rgb_to_hls(*(channel / 255 for channel in colour))[0]
    assert min(abs(hue(accent) - wanted), 360 - abs(hue(accent) - wanted)) < 8


def test_an_accent_is_six_upper_case_digits() -> None:
    accent = colours_of(plain(255, 171, 18)).accent
    assert len(accent) == 6
    assert accent == accent.upper()
    int(accent, 16)


def test_reds_on_both_sides_of_the_wheel_s_end_are_one_hue() -> None:
    halves = np.concatenate([plain(220, 20, 40), plain(220, 40, 20)], axis=1)
    accent = colours_of(np.concatenate([halves, plain(30, 60, 50, size=(180, 60))])).accent
    assert hue(accent) < 10 or hue(accent) > 350


def test_grey_pictures_are_black_and_white_with_the_recorded_accent() -> None:
    ramp = np.repeat(np.tile(np.arange(256, dtype=np.uint8), (80, 1))[..., None], 3, axis=2)
    found = colours_of(ramp)
    assert found.black_and_white
    assert found.accent == "666666"
    assert set(found.dominant) <= {"Black", "Grey", "White"}


def test_camera_noise_and_a_coloured_date_stamp_leave_a_picture_black_and_white() -> None:
    noise = np.random.default_rng(1).normal(128, 40, (300, 400, 1)) + np.random.default_rng(2).normal(
        0, 6, (300, 400, 3)
    )
    pixels = noise.clip(0, 255).astype(np.uint8)
    pixels[280:290, 360:390] = (255, 140, 0)
    assert is_black_and_white(pixels)


@pytest.mark.parametrize("tone", [(1.0, 0.85, 0.65), (0.8, 0.9, 1.0)])
def test_a_toned_picture_is_not_black_and_white(tone: tuple[float, float, float]) -> None:
    ramp = np.tile(np.linspace(40, 240, 200), (100, 1))[..., None] * np.array(tone)
    assert not is_black_and_white(ramp.astype(np.uint8))


@pytest.mark.parametrize("size", [(50, 50), (1, 1), (3, 2000), (2000, 3), (1501, 999)])
def test_any_shape_has_colours(size: tuple[int, int]) -> None:
    found = colours_of(plain(200, 20, 25, size=size))
    assert found.dominant == ("Red",)
    assert {found.foreground, found.background} == {"Red"}
    assert set(found.dominant) <= set(NAMES)


@pytest.mark.parametrize(("width", "height"), [(1155, 866), (4000, 3000), (333, 1999), (129, 128), (7, 5000)])
def test_reduced_is_of_the_right_size_and_keeps_the_mean(width: int, height: int) -> None:
    ramp = np.linspace(0, 255, width)[None, :, None] * np.ones((height, 1, 3))
    small = reduced(ramp.astype(np.uint8), 128)
    assert max(small.shape[:2]) == 128
    assert abs(small.shape[1] / small.shape[0] - width / height) <= max(0.03 * width / height, 1.01 / small.shape[0])
    assert abs(float(small.mean()) - 127) < 4
