from __future__ import annotations

import pytest

from readstone.domain.geometry import Point, Quad
from readstone.domain.text import Line, Word
from readstone.engines.read.confidence import word_confidence
from readstone.engines.read.looks import (
    better_of,
    is_clear,
    is_cut_short,
    is_worth_another,
    leave_room,
    reach_across,
    without_scrawls,
)


def line(text: str, probability: float, left: float = 0, top: float = 0, width: float = 300, high: float = 20) -> Line:
    """A line all of whose letters were read with one probability."""
    right, bottom = left + width, top + high
    quad = Quad(Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))
    words = tuple(Word(word, quad, word_confidence([probability] * len(word))) for word in text.split())
    return Line(text, quad, words)


CLEAR, UNCLEAR = line("as clear as print can be", 0.99), line("hard to read at all", 0.8)


def test_a_line_is_as_clear_as_its_letters() -> None:
    assert is_clear(CLEAR)
    assert not is_clear(UNCLEAR)


def test_only_a_page_that_reads_badly_is_looked_at_again() -> None:
    assert is_worth_another([UNCLEAR] * 10)
    assert is_worth_another([CLEAR] * 5 + [UNCLEAR] * 5)
    assert not is_worth_another([CLEAR] * 20 + [UNCLEAR])
    assert not is_worth_another([UNCLEAR])  # a few words: a sign, not a page
    assert not is_worth_another([])


def test_scrawls_are_no_text_on_a_clear_page() -> None:
    scrawl = line("vkzw", 0.6)
    assert without_scrawls([CLEAR] * 10 + [scrawl, UNCLEAR]) == [CLEAR] * 10 + [UNCLEAR]
    assert without_scrawls([scrawl]) == [scrawl]


def test_of_the_same_writing_what_says_more_is_kept() -> None:
    merged = line("twolinesread as one", 0.6, high=50)
    upper, lower = line("two lines", 0.95), line("read as two", 0.95, top=30)
    apart = line("elsewhere", 0.9, top=200)
    for first, second in (([merged, apart], [upper, lower]), ([upper, lower, apart], [merged])):
        assert set(better_of(first, second, 0.0)) == {upper, lower, apart}


def test_what_only_the_second_look_found_is_added() -> None:
    first, second = line("one", 0.9), line("another", 0.9, top=100)
    assert better_of([first], [second], 0.0) == [first, second]
    assert better_of([], [line("a guess", 0.35)], 0.0) == []


@pytest.mark.parametrize("lean", [0.0, 0.3, -0.5])
def test_lines_of_a_leaning_page_are_told_apart(lean: float) -> None:
    origin = Point(0, 0)

    def leaning(one: Line) -> Line:
        return Line(one.text, one.quad.rotated(lean, origin), one.words)

    # Upright boxes around these would overlap.
    first = [leaning(line("the first", 0.9)), leaning(line("the second", 0.9, top=25))]
    better = leaning(line("the second one", 0.95, top=26))
    assert better_of(first, [better], lean) == [first[0], better]


def test_a_word_that_fills_the_picture_is_cut_short_when_part_of_it_was_found() -> None:
    part, whole = line("PAC", 0.96, width=30), line("PACIFIC", 0.99, width=58)
    assert is_cut_short([part], whole, 64)
    assert is_cut_short([], whole, 64)
    assert not is_cut_short([whole], part, 64)
    assert not is_cut_short([line("PACIFIC", 0.7, width=30)], whole, 64), "as many letters were found"
    assert not is_cut_short([part], line("PACI", 0.9), 64), "hardly more"
    assert not is_cut_short([line("HOTEL", 0.9, width=30), part], whole, 64), "other lines would be lost"


def test_a_word_is_cut_short_by_a_letter_at_its_edge() -> None:
    whole = line("System", 0.99, width=68)
    assert is_cut_short([line("YSTEM", 0.99, left=14, width=54)], whole, 68)
    assert is_cut_short([line("Syst", 0.99, width=50)], whole, 68)
    assert not is_cut_short([line("EYSTE", 0.99, width=60)], whole, 68), "other letters were read there"
    assert not is_cut_short([line("SYSTEM", 0.9, width=60)], whole, 68), "nothing is missing"
    assert not is_cut_short([line("sys", 0.9, width=30), line("gem", 0.9, left=34, width=30)], whole, 68)


def test_lines_leave_room_for_a_letter_or_do_not() -> None:
    assert leave_room([line("YSTEM", 0.99, left=14, width=50)], 68, 20)
    assert leave_room([line("SYSTE", 0.99, left=2, width=54)], 68, 20)
    assert not leave_room([line("SYS", 0.99, left=3, width=27), line("TEM", 0.99, left=35, width=28)], 68, 20)


def test_how_far_lines_reach_across_the_picture() -> None:
    left, right = line("PAC", 0.96, left=2, width=30), line("IFIC", 0.96, left=34, width=24)
    assert reach_across([left, right], 64)
    assert not reach_across([left], 64)
    assert not reach_across([], 64)
