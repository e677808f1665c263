from readers import box
from readstone.domain.order import basic_order
from readstone.domain.text import Line, Orientation, Page, Region, Word


def line(text: str, left: float, top: float) -> Line:
    quad = box(left, top, 40, 18)
    return Line(text, quad, (Word(text, quad, 1.0),))


COLUMNS = (Region((line("a", 10, 10), line("c", 10, 40))), Region((line("b", 100, 14), line("d", 100, 44))))


def test_rows_across_columns() -> None:
    page = Page(200, 100, regions=COLUMNS)
    assert [each.text for each in page.lines] == ["a", "c", "b", "d"]
    assert [each.text for each in basic_order(page)] == ["a", "b", "c", "d"]


def test_rows_are_those_of_the_upright_page() -> None:
    import math

    from readstone.domain.geometry import Point

    centre = Point(100, 50)
    regions = tuple(
        Region(tuple(Line(e.text, e.quad.rotated(math.pi, centre), e.words) for e in region.lines))
        for region in COLUMNS
    )
    page = Page(200, 100, 0.0, Orientation.DOWN, regions=regions)
    assert [each.text for each in basic_order(page)] == ["a", "b", "c", "d"]
