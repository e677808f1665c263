import math

import pytest

from readers import box
from readstone.domain.geometry import Box, Point, Quad


def test_positive_angles_turn_clockwise_on_the_screen() -> None:
    turned = Point(1, 0).rotated(math.pi / 2, Point(0, 0))
    assert (round(turned.x, 9), round(turned.y, 9)) == (0, 1)  # y grows downwards


def test_angle_of_text_that_runs_downhill_is_positive() -> None:
    assert box(0, 0, 100, 20).rotated(0.2, Point(0, 0)).angle == pytest.approx(0.2)


@pytest.mark.parametrize("quarter", range(4))
def test_length_and_thickness_do_not_depend_on_direction(quarter: int) -> None:
    quad = box(3, 4, 100, 20).rotated(quarter * math.pi / 2, Point(50, 50))
    assert quad.length == pytest.approx(100)
    assert quad.thickness == pytest.approx(20)


def test_between_slices_along_the_direction_of_reading() -> None:
    half = box(0, 0, 100, 20).rotated(math.pi / 2, Point(0, 0)).between(0.25, 0.75)
    assert half.length == pytest.approx(50)
    assert half.top_left.y == pytest.approx(25)


def test_clipping() -> None:
    assert Box(-5, 3, 20, 100).clipped(10, 50) == Box(0, 3, 10, 47)
    assert Box(60, 60, 5, 5).clipped(50, 50).width == 0
    clipped = box(-5, -5, 100, 100).clipped(40, 30)
    assert clipped.bounds == Box(0, 0, 40, 30)


def test_box_around() -> None:
    assert Box.around([Box(0, 0, 1, 1), Box(5, 6, 2, 2)]) == Box(0, 0, 7, 8)
    with pytest.raises(ValueError, match="empty"):
        Box.around([])


def test_bounds_and_centre() -> None:
    quad = Quad(Point(0, 5), Point(5, 0), Point(10, 5), Point(5, 10))
    assert quad.bounds == Box(0, 0, 10, 10)
    assert quad.centre == Point(5, 5)
    assert quad.scaled(2, 3).bounds == Box(0, 0, 20, 30)
    assert quad.shifted(1, -1).bounds == Box(1, -1, 10, 10)
