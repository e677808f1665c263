from __future__ import annotations

import numpy as np
import pytest

from readstone.domain.geometry import Point, Quad
from readstone.engines.read.ink import ink_of
from readstone.engines.read.recognise import Glyph, Reading
from readstone.engines.read.words import line_of

QUAD = Quad(Point(100, 200), Point(300, 200), Point(300, 248), Point(100, 248))


def line_image(bars: list[tuple[int, int]], dark: int = 0, light: int = 255) -> np.ndarray:
    """48 x 200, a bar of ink from row 10 to 38 between each pair of columns."""
    image = np.full((48, 200, 3), light, np.uint8)
    for start, end in bars:
        image[10:38, start:end] = dark
    return image


def reading(*glyphs: tuple[str, float]) -> Reading:
    return Reading(tuple(Glyph(text, centre, 0.9) for text, centre in glyphs), 0.9)


def boxes(line: object) -> list[tuple[float, ...]]:
    return [(b.left, b.top, b.right, b.bottom) for b in (w.quad.bounds for w in line.words)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("dark", "light"), [(0, 255), (255, 0), (60, 140)])
def test_words_hug_their_ink_whatever_the_colours(dark: int, light: int) -> None:
    image = line_image([(10, 40), (44, 70), (110, 190)], dark, light)
    line = line_of(reading(("a", 25), ("b", 57), (" ", 90), ("c", 150)), image, QUAD)
    assert line is not None
    assert line.text == "ab c"
    assert [w.text for w in line.words] == ["ab", "c"]
    assert np.array(boxes(line)) == pytest.approx(np.array([(110, 210, 170, 238), (210, 210, 290, 238)]))
    assert line.quad.bounds.left == pytest.approx(110)
    assert line.quad.bounds.right == pytest.approx(290)


def test_ideographs_are_words_and_latin_stays_whole() -> None:
    image = line_image([(0, 30), (40, 70), (80, 100), (104, 130), (150, 180)])
    line = line_of(reading(("使", 15), ("用", 55), ("P", 90), ("C", 117), ("。", 165)), image, QUAD)
    assert line is not None
    assert [w.text for w in line.words] == ["使", "用", "PC", "。"]
    assert line.text == "使用PC。"


def test_spaces_between_ideographs_are_dropped_and_around_latin_kept() -> None:
    glyphs = reading(("使", 15), (" ", 20), ("用", 55), (" ", 70), ("P", 90), ("C", 117), (" ", 130), ("。", 165))
    line = line_of(glyphs, line_image([]), QUAD)
    assert line is not None
    assert line.text == "使用 PC 。"


def test_nothing_but_spaces_is_no_line() -> None:
    assert line_of(reading((" ", 10), ("\u3000", 50)), line_image([]), QUAD) is None
    assert line_of(Reading((), 0.0), line_image([]), QUAD) is None


def test_words_without_ink_still_have_an_area() -> None:
    line = line_of(reading(("a", 3), (" ", 4), ("b", 5), (" ", 5), ("c", 199)), line_image([]), QUAD)
    assert line is not None
    assert all(word.quad.bounds.width > 0 and word.quad.bounds.height > 0 for word in line.words)


def test_a_turned_line_gives_turned_words() -> None:
    down = Quad(Point(148, 0), Point(148, 200), Point(100, 200), Point(100, 0))
    line = line_of(reading(("a", 25)), line_image([(10, 40)]), down)
    assert line is not None
    word = line.words[0].quad
    assert word.angle == pytest.approx(down.angle)
    assert (word.top_left.x, word.top_left.y) == pytest.approx((138, 10))


def test_one_doubtful_letter_makes_a_doubtful_word() -> None:
    glyphs = Reading((Glyph("a", 20, 0.99), Glyph("b", 60, 0.25)), 0.62)
    line = line_of(glyphs, line_image([(10, 70)]), QUAD)
    assert line is not None
    assert line.words[0].confidence == pytest.approx((0.99 * 0.25) ** 0.5)


def test_marks_of_neighbouring_lines_are_not_ink() -> None:
    image = line_image([(10, 40)])
    image[0:6, 60:70] = 0
    image[44:48, 100:120] = 0
    ink = ink_of(image)
    assert ink[:, 10:40].any()
    assert not ink[:, 50:].any()
