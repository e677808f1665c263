from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from readstone.domain.geometry import Point, Quad
from readstone.engines.read.crop import LINE_HEIGHT
from readstone.engines.read.groups import together


def quad(columns: float) -> Quad:
    """One of a line that becomes so many columns wide when it is cut."""
    return Quad(Point(0, 0), Point(columns, 0), Point(columns, LINE_HEIGHT), Point(0, LINE_HEIGHT))


def test_short_lines_are_read_together_and_long_ones_alone() -> None:
    widths = [1500.0, 1400.0, 500.0, 500.0, 500.0, 500.0]
    assert together("abcdef", [quad(width) for width in widths], 1) == ["a", "b", "cde", "f"]


def test_a_page_that_has_the_cores_to_itself_leaves_none_idle() -> None:
    assert together("abcdefgh", [quad(100)] * 8, 4) == ["ab", "cd", "ef", "gh"]
    assert together("abc", [quad(100)] * 3, 4) == ["a", "b", "c"]
    assert together("", [], 4) == []


@given(st.lists(st.floats(8, 5000), max_size=60), st.integers(1, 32))
def test_every_line_is_in_one_group_in_order_and_no_group_keeps_a_core_long(widths: list[float], shares: int) -> None:
    groups = together(range(len(widths)), [quad(width) for width in widths], shares)
    assert list(itertools.chain.from_iterable(groups)) == list(range(len(widths)))
    for group in groups:
        assert 1 <= len(group) <= 8
        assert len(group) == 1 or sum(widths[at] for at in group) <= 1600.001
