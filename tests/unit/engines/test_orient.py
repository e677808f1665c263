from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from readstone.domain.geometry import Point, Quad
from readstone.engines.read.detect import Strip
from readstone.engines.read.orient import lean_of, median_angle, quarter_turns_of
from readstone.engines.read.recognise import Glyph, Reading


def strips(angle: float, count: int = 5) -> list[Strip]:
    folded = angle - math.pi * math.ceil((angle - math.pi / 2) / math.pi)
    return [Strip(Point(100, 50 * i), 300, 20, folded, 0.9) for i in range(count)]


def reads_well_at(angle: float, text: str = "words") -> object:
    """A recogniser that knows text only in one direction."""

    def read(quads: Sequence[Quad]) -> list[Reading]:
        scores = [0.99 if math.cos(quad.angle - angle) > 0.9 else 0.5 for quad in quads]
        return [Reading(tuple(Glyph(c, 0, score) for c in text), score) for score in scores]

    return read


def never_upright(_quad: Quad, _reading: Reading) -> bool:
    return False


@pytest.mark.parametrize("lean", [0, 0.1, -0.3, 0.6, -0.6])
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_turns_and_lean_are_told_apart(turns: int, lean: float) -> None:
    direction = lean - turns * math.pi / 2
    found = strips(direction)
    assert lean_of(found) == pytest.approx(lean)
    assert quarter_turns_of(found, lean_of(found), reads_well_at(direction), never_upright).turns == turns  # type: ignore[arg-type]


@pytest.mark.parametrize(("upright", "turns"), [(True, 0), (False, 3)])
def test_columns_of_ideographs_do_not_turn_the_page_and_turned_rows_do(upright: bool, turns: int) -> None:
    read = reads_well_at(math.pi / 2, "東京都")
    assert quarter_turns_of(strips(math.pi / 2), 0, read, lambda _quad, _reading: upright).turns == turns  # type: ignore[arg-type]


def test_one_stain_that_reads_as_an_ideograph_does_not_make_columns_of_a_page() -> None:
    known = reads_well_at(math.pi / 2, "six chicken curry puffs")

    def read(quads: Sequence[Quad]) -> list[Reading]:
        stain = Reading((Glyph("国", 0, 0.25),), 0.25)
        return [stain, *known(quads)[1:]]  # type: ignore[operator]

    assert quarter_turns_of(strips(math.pi / 2), 0, read, lambda _quad, _reading: True).turns == 3


def test_a_clear_page_is_read_one_way_only() -> None:
    asked: list[float] = []

    def read(quads: Sequence[Quad]) -> list[Reading]:
        asked.extend(quad.angle for quad in quads)
        return [Reading((Glyph("a", 0, 0.97),), 0.97) for _ in quads]

    assert quarter_turns_of(strips(0), 0, read, never_upright).turns == 0
    assert len(asked) == 3
    assert all(abs(angle) < 0.01 for angle in asked)


def test_long_lines_outweigh_short_ones() -> None:
    assert median_angle([(0.1, 500), (0.5, 50), (0.6, 50)]) == pytest.approx(0.1)
    assert median_angle([]) == 0
    # Either side of 45 degrees it is the same lean.
    near = median_angle([(math.pi / 4 - 0.01, 1), (-math.pi / 4 + 0.005, 1), (math.pi / 4 - 0.002, 1)])
    assert abs(abs(near) - math.pi / 4) < 0.02


def test_a_strip_turns_to_the_direction_asked_for() -> None:
    strip = Strip(Point(50, 50), 40, 10, 0.1, 0.9)
    for direction in (0, math.pi / 2, math.pi, -math.pi / 2):
        quad = strip.towards(direction)
        assert math.cos(quad.angle - direction) > 0.99
    assert strip.towards(0).length == pytest.approx(40)
    assert strip.towards(math.pi / 2).thickness == pytest.approx(40)
