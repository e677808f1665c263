from __future__ import annotations

import pytest

from readstone.engines.read.scale import (
    is_large_enough,
    is_like_one_line,
    may_be_one_line,
    scales_for,
    smaller_scales,
)


@pytest.mark.parametrize(
    ("size", "longest"),
    [
        ((2480, 3508), [1440]),  # a scan at 300 dpi: reduced further than need be at first
        ((1920, 1080), [1440]),
        ((1275, 1650), []),  # hardly larger: looked at as it is, once
        ((338, 451), [451]),  # not enlarged at first
        ((299, 213), []),  # tiny: enlarged at once
    ],
)
def test_where_a_smaller_look_comes_first(size: tuple[int, int], longest: list[int]) -> None:
    full = scales_for(*size)[0]
    assert [round(scale * max(size)) for scale in smaller_scales(*size, full)] == longest
    # Other scales are tried only where nothing was found.
    assert smaller_scales(*size, full / 2) == ()


def test_small_text_wants_the_larger_look() -> None:
    assert is_large_enough([20.0] * 8)
    assert not is_large_enough([20.0] * 4 + [8.0] * 4)
    assert not is_large_enough([])


def test_which_pictures_may_be_one_line() -> None:
    assert may_be_one_line(300, 100)
    assert may_be_one_line(100, 300)
    assert not may_be_one_line(300, 300)
    assert not may_be_one_line(2000, 100)
    assert is_like_one_line(300, 60)
    assert not is_like_one_line(60, 300)
    assert not is_like_one_line(300, 100), "high enough for more lines than one"
