"""Drawings are told from photographs; the photographs of these tests are fractal noise, which has their grain."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from pictures import drawn
from readstone.domain.picture import RgbPixels
from readstone.domain.scene import ImageType
from readstone.engines.scene.image_type import image_type_of


def photograph(seed: int = 0, width: int = 640, height: int = 480) -> RgbPixels:
    """Clouds of all sizes in colour, with grain."""
    source = np.random.default_rng(seed)
    total = np.zeros((height, width, 3))
    for octave in range(2, 8):
        coarse = source.normal(0, 1, (2**octave, 2**octave, 3)).astype(np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) * 90 / octave**1.5
    total += source.normal(0, 5, total.shape)
    return (128 + total).clip(0, 255).astype(np.uint8)


def icon() -> Image.Image:
    """A round face with a gradient, an outline and a soft shadow, on white."""
    image = Image.new("RGB", (384, 384), "white")
    shadow = Image.new("L", image.size, 0)
    ImageDraw.Draw(shadow).ellipse((60, 300, 324, 370), fill=90)
    image.paste((60, 60, 60), mask=shadow.filter(ImageFilter.GaussianBlur(12)))
    gradient = np.linspace(255, 150, 384)[:, None] * np.ones((1, 384))
    face = Image.fromarray(np.dstack([gradient, gradient * 0.8, gradient * 0.2]).astype(np.uint8))
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).ellipse((50, 30, 334, 314), fill=255)
    image.paste(face, mask=mask)
    draw = ImageDraw.Draw(image)
    draw.ellipse((50, 30, 334, 314), outline=(120, 90, 0), width=6)
    draw.ellipse((130, 110, 160, 170), fill="black")
    draw.ellipse((220, 110, 250, 170), fill="black")
    draw.arc((120, 120, 264, 260), 20, 160, fill="black", width=6)
    return image


def compressed(pixels: RgbPixels, quality: int) -> RgbPixels:
    done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def edge_map(seed: int) -> RgbPixels:
    """Edges, black on white, of some round and straight things on one another."""
    source = np.random.default_rng(seed)
    image = Image.fromarray(np.full((450, 600, 3), 120, np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(14):
        x, y, wide, high = source.integers((0, 0, 40, 40), (520, 380, 260, 200))
        shape = (draw.ellipse, draw.rectangle)[int(source.integers(2))]
        shape((int(x), int(y), int(x + wide), int(y + high)), fill=tuple(int(v) for v in source.integers(0, 256, 3)))
    grainy = (np.asarray(image) + source.normal(0, 6, (450, 600, 3))).clip(0, 255).astype(np.uint8)
    found = cv2.dilate(cv2.Canny(cv2.GaussianBlur(grainy, (0, 0), 2), 40, 100), np.ones((2, 2), np.uint8))
    return np.ascontiguousarray(np.repeat(255 - found[..., None], 3, axis=2))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("quality", [30, 75, 95])
def test_photographs_are_neither(seed: int, quality: int) -> None:
    assert image_type_of(compressed(photograph(seed), quality)) == ImageType(0, 0)


def test_grey_dark_and_large_photographs_are_neither() -> None:
    pixels = photograph(3)
    grey = np.ascontiguousarray(np.repeat(pixels[..., :1], 3, axis=2))
    assert image_type_of(grey) == ImageType(0, 0)
    assert image_type_of((pixels * 0.35).astype(np.uint8)) == ImageType(0, 0)
    assert image_type_of(np.ascontiguousarray(cv2.resize(pixels, None, fx=3, fy=3))) == ImageType(0, 0)


def test_an_icon_is_good_clip_art_at_any_size() -> None:
    for side in (200, 384, 1200):
        pixels = np.ascontiguousarray(icon().resize((side, side), Image.Resampling.LANCZOS))
        assert image_type_of(pixels) == ImageType(3, 0), side


def test_an_icon_stays_clip_art_when_it_was_a_jpeg() -> None:
    assert image_type_of(compressed(np.ascontiguousarray(icon()), 75)).clip_art >= 2


def test_a_flag_to_the_picture_s_edges_is_clip_art() -> None:
    flag = Image.new("RGB", (500, 300), (200, 16, 46))
    ImageDraw.Draw(flag).polygon([(0, 0), (200, 150), (0, 300)], fill=(0, 40, 104))
    ImageDraw.Draw(flag).rectangle((0, 140, 499, 160), fill=(250, 240, 20))
    assert image_type_of(np.ascontiguousarray(flag)) == ImageType(2, 0)


@pytest.mark.parametrize("seed", range(4))
def test_an_edge_map_is_a_line_drawing(seed: int) -> None:
    found = edge_map(seed)
    assert image_type_of(found) == ImageType(2, 1)
    assert image_type_of(np.bitwise_not(found)).line_drawing == 1
    assert image_type_of(compressed(found, 85)).line_drawing == 1


def test_a_coloured_drawing_and_a_page_of_text_are_no_line_drawings() -> None:
    lines = edge_map(5)
    coloured = np.where(lines == 0, np.array([200, 30, 30], np.uint8), lines)
    assert image_type_of(np.ascontiguousarray(coloured)).line_drawing == 0
    page = drawn(["The quick brown fox jumps", "over the lazy dog"] * 8, size=(600, 700), font_size=28)
    assert image_type_of(np.ascontiguousarray(page)).line_drawing == 0


@pytest.mark.parametrize("value", [0, 128, 255])
@pytest.mark.parametrize("size", [(50, 50), (1, 1), (2, 900)])
def test_a_blank_picture_is_no_drawing(value: int, size: tuple[int, int]) -> None:
    assert image_type_of(np.full((*size, 3), value, np.uint8)).line_drawing == 0


def test_a_blank_picture_is_no_good_clip_art() -> None:
    assert image_type_of(np.full((200, 300, 3), 128, np.uint8)) == ImageType(0, 0)
    assert image_type_of(np.full((200, 300, 3), 255, np.uint8)).clip_art < 2
