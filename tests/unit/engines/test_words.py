from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readstone.domain.geometry import Point, Quad
from readstone.engines.read import ink
from readstone.engines.read.confidence import token_confidence, word_confidence
from readstone.engines.read.ink import ink_of
from readstone.engines.read.recognise import Glyph, Reading
from readstone.engines.read.spaces import with_spaces
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
    glyphs = Reading((Glyph("a", 20, 0.99), Glyph("b", 60, 0.25), Glyph(" ", 80, 0.9), Glyph("c", 120, 0.99)), 0.8)
    line = line_of(glyphs, line_image([(10, 70), (110, 130)]), QUAD)
    assert line is not None
    assert [word.confidence for word in line.words] == [word_confidence([0.99, 0.25]), word_confidence([0.99])]


def test_another_measure_of_confidence_may_be_given() -> None:
    line = line_of(reading(("a", 25), ("b", 57)), line_image([(10, 70)]), QUAD, token_confidence)
    assert line is not None
    assert line.words[0].confidence == token_confidence([0.9, 0.9])


def test_latin_words_in_a_line_of_ideographs_stay_whole_and_take_no_space_that_was_not_written() -> None:
    text = "用Python3.11写的程序"
    line = line_of(reading(*((char, 8 + 12.0 * i) for i, char in enumerate(text))), line_image([]), QUAD)
    assert line is not None
    assert [word.text for word in line.words] == ["用", "Python3.11", "写", "的", "程", "序"]
    assert line.text == text


def test_full_width_letters_and_digits_make_words() -> None:
    text = "２０２６年ＡＢＣ、"
    line = line_of(reading(*((char, 8 + 20.0 * i) for i, char in enumerate(text))), line_image([]), QUAD)
    assert line is not None
    assert [word.text for word in line.words] == ["２０２６", "年", "ＡＢＣ", "、"]
    assert line.text == text


def test_hangul_keeps_its_spaces() -> None:
    glyphs = reading(("한", 15), ("국", 45), (" ", 60), ("말", 85))
    line = line_of(glyphs, line_image([]), QUAD)
    assert line is not None
    assert [word.text for word in line.words] == ["한국", "말"]
    assert line.text == "한국 말"


def test_several_spaces_are_one() -> None:
    line = line_of(reading(("a", 15), (" ", 40), (" ", 60), ("b", 85), (" ", 120)), line_image([]), QUAD)
    assert line is not None
    assert line.text == "a b"


def test_a_mark_cut_off_by_the_end_of_the_line_is_not_of_the_word() -> None:
    image = line_image([(0, 6), (20, 60), (66, 100), (190, 200)])
    line = line_of(reading(("a", 40), ("b", 83)), image, QUAD)
    assert line is not None
    assert boxes(line) == [pytest.approx((120, 210, 200, 238))]


@pytest.mark.parametrize("first", ["l", "但"])
def test_a_letter_that_touches_the_end_of_the_line_is_of_the_word(first: str) -> None:
    image = line_image([(0, 6), (12, 36)])
    glyphs = reading(("l", 8), ("a", 24)) if first == "l" else reading(("但", 22))
    line = line_of(glyphs, image, QUAD)
    assert line is not None
    assert boxes(line) == [pytest.approx((100, 210, 136, 238))]


def test_marks_of_neighbouring_lines_are_not_ink() -> None:
    image = line_image([(10, 40)])
    image[0:6, 60:70] = 0
    image[44:48, 100:120] = 0
    ink = ink_of(image)
    assert ink[:, 10:40].any()
    assert not ink[:, 50:].any()


@given(
    st.lists(st.tuples(st.integers(0, 47), st.integers(1, 48), st.integers(0, 199), st.integers(1, 200)), max_size=6)
)
def test_marks_are_told_apart_wherever_one_may_have_to_be_left_out(marks: list[tuple[int, int, int, int]]) -> None:
    image = line_image([])
    for top, height, left, width in marks:
        image[top : top + height, left : left + width] = 0
    quick = ink_of(image)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ink, "_may_hold_strangers", lambda _mask: True)
        thorough = ink_of(image)
    assert quick.dtype == thorough.dtype == np.bool_
    assert (quick == thorough).all()


@pytest.mark.parametrize(
    ("glyphs", "text"),
    [
        ("Sdn.Bhd", "Sdn. Bhd"),  # a gap and some probability: a space
        ("152.00", "152.00"),  # the gap beside a full stop is not one in a number,
        ("end..", "end.."),  # nor before a full stop,
        ("a,(b)", "a, (b)"),  # nor on the inner side of brackets
    ],
)
def test_missing_spaces_are_put_in_where_there_may_be_one(glyphs: str, text: str) -> None:
    wide = {"Sdn.Bhd": {4}, "152.00": {4}, "end..": {4}, "a,(b)": {2, 3, 4}}[glyphs]
    read, bars, left = [], [], 0
    for at, char in enumerate(glyphs):
        left += 14 if at in wide else 2
        bars.append((left, left + 12))
        read.append(Glyph(char, left + 6, 0.99, 0.06 if at in wide else 0.0))
        left += 12
    assert with_spaces(Reading(tuple(read), 0.99), ink_of(line_image(bars))).text == text


def test_no_space_is_put_into_lines_that_are_not_clear() -> None:
    glyphs = (Glyph("a", 16, 0.8), Glyph("b", 60, 0.8, 0.3))
    ink = ink_of(line_image([(10, 22), (54, 66)]))
    assert with_spaces(Reading(glyphs, 0.8), ink).text == "ab"
    assert with_spaces(Reading(glyphs, 0.95), ink).text == "a b"
