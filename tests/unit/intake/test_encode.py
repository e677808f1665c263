"""Thumbnails: exact sizes, the right container, the right part of the picture."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from readstone.domain.geometry import Box
from readstone.domain.picture import Picture
from readstone.intake.encode import encode


def quarters(size: tuple[int, int] = (400, 300), kind: str = "Jpeg") -> Picture:
    """Red, green, blue and white quarters."""
    width, height = size
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (255, 0, 0)
    pixels[: height // 2, width // 2 :] = (0, 255, 0)
    pixels[height // 2 :, : width // 2] = (0, 0, 255)
    pixels[height // 2 :, width // 2 :] = 255
    return Picture(pixels, kind)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("kind", ["Jpeg", "Png", "Gif", "Bmp", "Webp"])
@pytest.mark.parametrize("size", [(1, 1), (50, 50), (1024, 1), (1, 1024), (333, 77), (1024, 1024)])
def test_size_is_exact_and_png_stays_png(kind: str, size: tuple[int, int]) -> None:
    image = opened(encode(quarters(kind=kind), Box(0, 0, 400, 300), *size))
    assert image.size == size
    assert image.mode == "RGB"
    assert image.format == ("PNG" if kind == "Png" else "JPEG")


def test_only_the_box_is_shown() -> None:
    image = opened(encode(quarters(kind="Png"), Box(200, 0, 200, 150), 40, 30))
    assert image.getextrema() == ((0, 0), (255, 255), (0, 0))


def test_the_way_up_is_kept_and_jpeg_colours_are_close() -> None:
    image = opened(encode(quarters(), Box(0, 0, 400, 300), 80, 60))
    seen = [image.getpixel(at) for at in ((15, 15), (65, 15), (15, 45), (65, 45))]
    for got, wanted in zip(seen, [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)], strict=True):
        assert np.abs(np.array(got) - np.array(wanted)).max() <= 6


def test_fractions_of_pixels_count() -> None:
    pixels = np.zeros((10, 10, 3), np.uint8)
    pixels[:, 5:] = 255
    left = opened(encode(Picture(pixels, "Png"), Box(4.0, 0, 1.0, 10), 1, 1))
    both = opened(encode(Picture(pixels, "Png"), Box(4.5, 0, 1.0, 10), 1, 1))
    assert left.getpixel((0, 0)) == (0, 0, 0)
    assert 100 < np.array(both.getpixel((0, 0))).mean() < 156


def test_fine_stripes_become_their_mean_and_not_a_pattern() -> None:
    stripes = np.zeros((1000, 1000, 3), np.uint8)
    stripes[:, ::2] = 255
    values = np.asarray(opened(encode(Picture(stripes, "Png"), Box(0, 0, 1000, 1000), 130, 130)), int)
    assert np.abs(values - 127).max() <= 4


def test_a_box_past_the_edge_is_cut_there() -> None:
    inside = encode(quarters(kind="Png"), Box(300, 200, 100, 100), 20, 20)
    assert encode(quarters(kind="Png"), Box(300, 200, 500, 500), 20, 20) == inside


def test_equal_pictures_give_equal_bytes() -> None:
    assert encode(quarters(), Box(3, 5, 200, 100), 64, 32) == encode(quarters(), Box(3, 5, 200, 100), 64, 32)


@pytest.mark.parametrize("box", [Box(400, 0, 10, 10), Box(0, 0, 0, 10), Box(-20, -20, 10, 10)])
def test_nothing_of_the_picture_is_an_error(box: Box) -> None:
    with pytest.raises(ValueError, match="outside"):
        encode(quarters(), box, 10, 10)


@pytest.mark.parametrize("size", [(0, 10), (10, 0), (-5, 5)])
def test_a_side_below_one_pixel_is_an_error(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="pixel"):
        encode(quarters(), Box(0, 0, 400, 300), *size)
