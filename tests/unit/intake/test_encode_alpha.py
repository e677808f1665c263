"""Cut-outs and mattes as PNG files."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from readstone.domain.picture import Picture
from readstone.intake.encode_alpha import MOST_CUT_OUT, cut_out, matte


def picture(width: int, height: int) -> Picture:
    rows, columns = np.mgrid[:height, :width]
    return Picture(np.stack([rows % 251, columns % 251, (rows + columns) % 251], 2).astype(np.uint8), "Jpeg")


def opened(data: bytes) -> tuple[str, NDArray[np.uint8]]:
    image = Image.open(io.BytesIO(data))
    assert image.format == "PNG"
    return image.mode, np.asarray(image)


def test_colours_stay_where_something_is_to_be_seen() -> None:
    shown = picture(70, 50)
    alpha = np.random.default_rng(1).uniform(0, 1, (50, 70)).astype(np.float32)
    alpha[:, :20], alpha[:, 20:30] = 0, 1
    mode, found = opened(cut_out(shown, alpha))
    assert mode == "RGBA"
    assert (found[:, :, 3] == np.rint(alpha * 255)).all()
    seen = found[:, :, 3] > 0
    assert (found[seen][:, :3] == shown.pixels[seen]).all()
    assert not found[~seen].any()


def test_a_matte_is_grey() -> None:
    alpha = np.linspace(0, 1, 70, dtype=np.float32)[None].repeat(50, axis=0)
    mode, found = opened(matte(picture(70, 50), alpha))
    assert mode == "L"
    assert (found == np.rint(alpha * 255)).all()


def test_alpha_of_another_size_is_stretched() -> None:
    alpha = np.zeros((10, 14), np.float32)
    alpha[:, 7:] = 1
    for found in (opened(matte(picture(70, 50), alpha))[1], opened(cut_out(picture(70, 50), alpha))[1][:, :, 3]):
        assert found.shape == (50, 70)
        assert (found[:, :30] == 0).all()
        assert (found[:, 40:] == 255).all()


def test_what_an_engine_must_not_say_does_no_harm() -> None:
    alpha = np.array([[-1, 2], [np.nan, np.inf]], np.float32)
    assert opened(matte(picture(2, 2), alpha))[1].tolist() == [[0, 255], [0, 255]]


@pytest.mark.parametrize(("width", "height"), [(5001, 4001), (15_999, 1001), (1001, 15_999)])
def test_large_cut_outs_are_reduced_in_their_ratio(width: int, height: int) -> None:
    found = opened(cut_out(picture(width, height), np.ones((8, 8), np.float32)))[1]
    rows, columns = found.shape[:2]
    assert rows * columns <= MOST_CUT_OUT
    assert columns / rows == pytest.approx(width / height, rel=0.002)
    assert (found[:, :, 3] == 255).all()
    if width * height <= MOST_CUT_OUT * 1.01:
        assert rows * columns > MOST_CUT_OUT * 0.98
