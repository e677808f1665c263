"""What stands out is salient, wherever it is."""

from __future__ import annotations

import numpy as np
import pytest

from readstone.engines.scene.saliency import saliency_of


@pytest.mark.parametrize(("left", "top"), [(40, 40), (420, 60), (230, 280), (30, 300)])
@pytest.mark.parametrize("colour", [(220, 30, 30), (240, 240, 240)])
def test_a_patch_on_an_even_ground_is_most_salient(left: int, top: int, colour: tuple[int, int, int]) -> None:
    pixels = np.random.default_rng(0).normal(110, 4, (400, 520, 3)).astype(np.uint8)
    pixels[top : top + 60, left : left + 60] = colour
    found = saliency_of(pixels)
    row, column = np.unravel_index(int(found.argmax()), found.shape)
    assert abs(column / found.shape[1] - (left + 30) / 520) < 0.1
    assert abs(row / found.shape[0] - (top + 30) / 400) < 0.1


@pytest.mark.parametrize("size", [(50, 50), (1, 1), (2000, 30), (30, 2000), (900, 1200)])
def test_a_map_has_the_picture_s_shape_and_stays_within_bounds(size: tuple[int, int]) -> None:
    found = saliency_of(np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8))
    assert found.dtype == np.float32
    assert max(found.shape) <= 64
    assert found.min() >= 0
    assert found.max() <= 1


def test_an_even_picture_has_nothing_salient() -> None:
    assert not saliency_of(np.full((200, 300, 3), 77, np.uint8)).any()
