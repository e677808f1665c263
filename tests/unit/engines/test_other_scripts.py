from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture
from readstone.domain.text import Line, Orientation, Page
from readstone.engines.read import looks
from readstone.engines.read.other_scripts import ScriptRecogniser
from readstone.engines.read.reader import PageReader
from readstone.engines.read.tokens import TokenLine

RUSSIAN = ["Все люди рождаются свободными", "и равными в своем достоинстве"]
UKRAINIAN = ["Всі люди народжуються вільними", "і рівними у своїй гідності"]
GREEK = ["Όλοι οι άνθρωποι γεννιούνται", "ελεύθεροι και ίσοι στην αξία"]
VIETNAMESE = ["Tất cả mọi người sinh ra đều", "được tự do và có quyền sống"]
ENGLISH = ["All human beings are born free", "and equal in dignity and rights"]
HEBREW = ["כל בני האדם נולדו בני חורין", "ושווים בערכם ובזכויותיהם"]


def typeset(lines: list[str]) -> Picture:
    image = Image.new("RGB", (620, 40 + 60 * len(lines)), "white")
    face = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    font = ImageFont.truetype(face, 28, layout_engine=ImageFont.Layout.BASIC)
    for row, text in enumerate(lines):
        ImageDraw.Draw(image).text((30, 30 + 60 * row), text, fill="black", font=font)
    return Picture(np.asarray(image), "Png")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> PageReader:
    """A reader on a machine without tesseract's language data."""
    found = PageReader(threads=1, tessdata=tmp_path_factory.mktemp("none"))
    assert found.foreign.tesseract is None
    return found


def read(reader: PageReader, lines: list[str]) -> Page:
    return reader.read(typeset(lines), ReadOptions())


@pytest.mark.parametrize(
    ("text", "language"), [(RUSSIAN, "ru"), (UKRAINIAN, "ru"), (GREEK, "el"), (VIETNAMESE, None), (ENGLISH, "en")]
)
def test_a_page_is_read_without_being_told_its_language(
    alone: PageReader, text: list[str], language: str | None
) -> None:
    page = read(alone, text)
    assert [line.text for line in page.lines] == text
    assert [[word.text for word in line.words] for line in page.lines] == [line.split() for line in text]
    assert language in (None, page.language)


def test_words_from_the_right_stand_where_they_are_written(alone: PageReader) -> None:
    # Set from left to right, as this layout does, the letters must be given as they are seen.
    page = read(alone, [line[::-1] for line in HEBREW])
    assert [line.text for line in page.lines] == HEBREW
    for line in page.lines:
        lefts = [word.quad.bounds.left for word in line.words]
        assert lefts == sorted(lefts, reverse=True)


def test_lines_of_several_scripts_on_one_page(alone: PageReader) -> None:
    text = [ENGLISH[0], RUSSIAN[0], GREEK[0], ENGLISH[1], RUSSIAN[1]]
    assert [line.text for line in read(alone, text).lines] == text


def test_two_scripts_in_one_line(alone: PageReader) -> None:
    text = ["Операционная система Windows 11", "и обновления для нее"]
    assert [line.text for line in read(alone, text).lines] == text


@pytest.mark.parametrize(("quarters", "orientation"), [(1, Orientation.RIGHT), (2, Orientation.DOWN)])
def test_a_turned_page_is_turned_back(alone: PageReader, quarters: int, orientation: Orientation) -> None:
    upright = typeset(RUSSIAN).pixels
    page = alone.read(Picture(np.ascontiguousarray(np.rot90(upright, -quarters)), "Png"), ReadOptions())
    assert [line.text for line in page.lines] == RUSSIAN
    assert page.orientation == orientation


def test_a_word_that_could_be_latin_is_of_the_page(alone: PageReader) -> None:
    text = [*RUSSIAN, "НЕТ"]
    assert [line.text for line in read(alone, text).lines] == text


def test_no_second_look_is_taken_with_a_recogniser_that_has_nothing_to_say(
    alone: PageReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> list[Line]:
        raise AssertionError("looked again")

    monkeypatch.setattr(PageReader, "_looked_again", never)
    monkeypatch.setattr(looks, "is_worth_another", lambda _lines: True)
    assert [line.text for line in read(alone, RUSSIAN).lines] == RUSSIAN


def test_a_page_that_the_plain_recogniser_reads_asks_nobody_else(
    alone: PageReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> TokenLine:
        raise AssertionError("the recogniser of other scripts was asked")

    monkeypatch.setattr(ScriptRecogniser, "read", never)
    assert [line.text for line in read(alone, ENGLISH).lines] == ENGLISH


def test_nothing_is_read_on_blank_paper(alone: PageReader) -> None:
    assert alone.foreign.own.read(np.full((48, 300, 3), 255, np.uint8)).tokens == ()


def test_words_lie_on_the_line(alone: PageReader) -> None:
    line = typeset(RUSSIAN[:1]).pixels[22:70]
    found = alone.foreign.own.read(line)
    assert found.text == RUSSIAN[0]
    assert found.confidence > 0.9
    assert found.tokens[0].left == pytest.approx(30, abs=8)
    assert all(0 <= token.left < token.right <= line.shape[1] for token in found.tokens)
    assert [token.left for token in found.tokens] == sorted(token.left for token in found.tokens)


def test_many_threads_may_read_at_once(alone: PageReader) -> None:
    lines = [typeset([text]).pixels[22:70] for text in (RUSSIAN[0], GREEK[0])]
    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(lambda line: alone.foreign.own.read(line).text, lines * 6))
    assert texts == [RUSSIAN[0], GREEK[0]] * 6
