from __future__ import annotations

import random

from readstone.domain.geometry import Point, Quad
from readstone.domain.text import Line, Word
from readstone.engines.read.layout import regions_of


def line(text: str, left: float, top: float, width: float, height: float = 20) -> Line:
    quad = Quad(
        Point(left, top), Point(left + width, top), Point(left + width, top + height), Point(left, top + height)
    )
    return Line(text, quad, (Word(text, quad, 1.0),))


def texts(lines: list[Line]) -> list[list[str]]:
    random.Random(0).shuffle(lines)
    return [[one.text for one in region.lines] for region in regions_of(lines, lambda quad: quad)]


def column(name: str, left: float, top: float, count: int = 6, width: float = 200) -> list[Line]:
    return [line(f"{name}{i}", left, top + 30 * i, width) for i in range(count)]


def names(name: str, count: int = 6) -> list[str]:
    return [f"{name}{i}" for i in range(count)]


def test_one_column_is_one_region() -> None:
    assert texts(column("a", 0, 0)) == [names("a")]


def test_columns_come_one_after_the_other() -> None:
    page = column("a", 0, 0) + column("b", 230, 4) + column("c", 460, 0)
    assert texts(page) == [names("a"), names("b"), names("c")]


def test_a_header_and_a_footer_span_the_columns_in_place() -> None:
    page = [line("head", 0, 0, 430), *column("a", 0, 30), *column("b", 230, 30), line("foot", 0, 210, 430)]
    assert texts(page) == [["head"], names("a"), names("b"), ["foot"]]


def test_a_wide_gap_ends_a_paragraph() -> None:
    page = column("a", 0, 0, 4) + column("b", 0, 4 * 30 + 25, 4)
    assert texts(page) == [names("a", 4), names("b", 4)]


def test_pieces_of_one_row_stay_in_order() -> None:
    page = [line("a", 0, 0, 300), line("b", 0, 30, 140), line("c", 150, 31, 150), line("d", 0, 60, 300)]
    assert texts(page) == [["a", "b", "c", "d"]]


def test_a_poster_with_near_equal_gaps_is_one_region() -> None:
    gaps = [0, 40, 82, 121, 163, 204, 243, 286]
    page = [line(f"p{i}", 100 - 8 * (i % 3), top, 150 + 16 * (i % 3), 18 + i % 4) for i, top in enumerate(gaps)]
    assert texts(page) == [names("p", 8)]


def test_no_line_is_lost_or_doubled_whatever_the_layout() -> None:
    rng = random.Random(1)
    for _ in range(20):
        page = [
            line(str(i), rng.uniform(0, 800), rng.uniform(0, 800), rng.uniform(5, 400), rng.uniform(8, 60))
            for i in range(40)
        ]
        assert sorted(t for region in texts(page) for t in region) == sorted(str(i) for i in range(40))


def test_columns_of_ideographs_go_from_right_to_left() -> None:
    def upright_column(text: str, left: float) -> Line:
        one = line(text, left, 0, 20, 200)
        return Line(text, one.quad, one.words * 2)

    assert texts([upright_column("a", 100), upright_column("b", 60), upright_column("c", 20)]) == [["a", "b", "c"]]


def test_no_lines_no_regions() -> None:
    assert regions_of([], lambda quad: quad) == ()
