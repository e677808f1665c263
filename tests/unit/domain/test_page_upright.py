"""The upright frame of contract 4.3, checked against turning the picture itself."""

import math

import numpy as np
import pytest

from readers import box
from readstone.domain.geometry import Point
from readstone.domain.text import Orientation, Page


@pytest.mark.parametrize(
    ("orientation", "turns"),
    [(Orientation.UP, 0), (Orientation.LEFT, 1), (Orientation.DOWN, 2), (Orientation.RIGHT, 3)],
)
def test_quarter_turns_match_numpy(orientation: Orientation, turns: int) -> None:
    upright = np.zeros((60, 100), np.uint8)
    upright[10:20, 30:70] = 1  # the text: 40 wide, 10 high
    as_given = np.rot90(upright, turns)  # turned counter-clockwise, so clockwise turns bring it back
    height, width = as_given.shape
    ys, xs = np.nonzero(as_given)
    quad = box(xs.min(), ys.min(), xs.max() + 1 - xs.min(), ys.max() + 1 - ys.min())
    page = Page(width, height, 0.0, orientation)
    bounds = page.upright(quad).bounds
    assert (bounds.left, bounds.top, bounds.width, bounds.height) == pytest.approx((30, 10, 40, 10))
    assert page.upright_size == (100, 60)


def test_top_of_the_text_faces_where_orientation_says() -> None:
    # A picture turned a quarter counter-clockwise: the top of its text faces left.
    quad = box(30, 10, 40, 10).rotated(-math.pi / 2, Point(50, 50))
    towards_top = quad.top_left.x - quad.bottom_left.x
    assert towards_top < 0
    upright = Page(100, 100, 0.0, Orientation.LEFT).upright(quad)
    assert upright.top_left.x == pytest.approx(30)
    assert upright.top_left.y == pytest.approx(10)


def test_turning_clockwise_by_angle_makes_lines_level() -> None:
    # ACHTUNG of the recorded answer leans by 14 degrees: uphill, as its angle is positive.
    angle = 0.24434609527920675
    uphill = box(100, 200, 500, 100).rotated(-angle, Point(400, 300))
    level = Page(800, 600, angle, Orientation.UP).upright(uphill)
    assert level.angle == pytest.approx(0)
    assert level.bounds.width == pytest.approx(500)


def test_lines_follow_the_regions() -> None:
    assert Page(10, 10).lines == ()
