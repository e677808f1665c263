from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from readstone.domain.geometry import Point, Quad
from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture
from readstone.domain.refusals import Reason, Refusal
from readstone.domain.text import Orientation
from readstone.engines.read.alphabets import ALPHABETS, CYRILLIC, GREEK, OWN, alphabet_of, looks_vietnamese
from readstone.engines.read.foreign import is_silent, line_from, pack_for, refuse_unreadable
from readstone.engines.read.reader import PageReader
from readstone.engines.read.scripts_read import about
from readstone.engines.read.tesseract import Tesseract, data_folder, installed, packs_in
from readstone.engines.read.tokens import Token, TokenLine

GEORGIAN = ["ყველა ადამიანი იბადება", "თავისუფალი და თანასწორი"]
ARMENIAN = ["Բոլոր մարդիկ ծնվում են ազատ", "ու հավասար իրենց արժանիքով"]
RUSSIAN = ["Все люди рождаются свободными", "и равными в своем достоинстве"]
GREEK_TEXT = ["Όλοι οι άνθρωποι γεννιούνται", "ελεύθεροι και ίσοι στην αξία"]
ENGLISH = ["All human beings are born free", "and equal in dignity and rights"]
HEBREW = next(alphabet for alphabet in ALPHABETS if alphabet.name == "Hebrew")


def typeset(lines: list[str]) -> Picture:
    image = Image.new("RGB", (620, 40 + 60 * len(lines)), "white")
    # Pillow's own font has Latin letters alone.
    font = ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", 28)
    for row, text in enumerate(lines):
        ImageDraw.Draw(image).text((30, 30 + 60 * row), text, fill="black", font=font)
    return Picture(np.asarray(image), "Png")


def turned(picture: Picture, quarters: int) -> Picture:
    return Picture(np.ascontiguousarray(np.rot90(picture.pixels, -quarters)), "Png")


@pytest.fixture(scope="module")
def tesseract() -> Tesseract:
    found = installed()
    if found is None:
        pytest.skip("tesseract's library or its language data are not installed")
    return found


def needs(tesseract: Tesseract, *packs: str) -> None:
    absent = [pack for pack in packs if pack not in tesseract.packs]
    if absent:
        pytest.skip(f"no language data of tesseract for {', '.join(absent)}")


def test_a_line_is_read_with_its_words_in_place(tesseract: Tesseract) -> None:
    needs(tesseract, "rus")
    line = typeset(RUSSIAN[:1]).pixels[22:78]
    read = tesseract.read(line, "rus")
    assert read.text == RUSSIAN[0]
    assert read.confidence > 0.8
    assert [token.left for token in read.tokens] == sorted(token.left for token in read.tokens)
    assert read.tokens[0].left == pytest.approx(30, abs=6)
    assert all(0 <= token.left < token.right <= line.shape[1] for token in read.tokens)


def test_nothing_sure_is_read_on_blank_paper(tesseract: Tesseract) -> None:
    needs(tesseract, "rus")
    assert tesseract.read(np.full((48, 300, 3), 255, np.uint8), "rus").confidence < 0.5


def test_many_threads_may_read_at_once(tesseract: Tesseract) -> None:
    needs(tesseract, "rus", "ell")
    lines = {"rus": typeset(RUSSIAN[:1]).pixels[22:78], "ell": typeset(GREEK_TEXT[:1]).pixels[22:78]}
    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(lambda pack: tesseract.read(lines[pack], pack).text, ["rus", "ell"] * 6))
    assert texts == [RUSSIAN[0], GREEK_TEXT[0]] * 6


def test_damaged_data_read_nothing(tesseract: Tesseract, tmp_path: Path) -> None:
    (tmp_path / "rus.traineddata").write_bytes(b"no such thing" * 100)
    damaged = Tesseract(tmp_path)
    assert damaged.packs == {"rus"}
    assert damaged.read(np.full((48, 300, 3), 255, np.uint8), "rus") == TokenLine()
    assert damaged.packs == frozenset()


@pytest.mark.parametrize(("text", "pack"), [(GEORGIAN, "kat"), (ARMENIAN, "hye")])
def test_a_page_is_read_without_being_told_its_language(
    tesseract: Tesseract, reader: PageReader, text: list[str], pack: str
) -> None:
    needs(tesseract, pack)
    page = reader.read(typeset(text), ReadOptions())
    assert [line.text for line in page.lines] == text
    assert [[word.text for word in line.words] for line in page.lines] == [line.split() for line in text]


def test_lines_of_several_scripts_on_one_page(tesseract: Tesseract, reader: PageReader) -> None:
    needs(tesseract, "kat")
    text = [ENGLISH[0], GEORGIAN[0], RUSSIAN[0], GEORGIAN[1]]
    assert [line.text for line in reader.read(typeset(text), ReadOptions()).lines] == text


@pytest.mark.parametrize(("quarters", "orientation"), [(1, Orientation.RIGHT), (2, Orientation.DOWN)])
def test_a_turned_page_is_turned_back(
    tesseract: Tesseract, reader: PageReader, quarters: int, orientation: Orientation
) -> None:
    needs(tesseract, "kat")
    page = reader.read(turned(typeset(GEORGIAN), quarters), ReadOptions())
    assert [line.text for line in page.lines] == GEORGIAN
    assert page.orientation == orientation


def test_a_page_that_the_recogniser_reads_asks_nobody_else(
    tesseract: Tesseract, reader: PageReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> TokenLine:
        raise AssertionError("tesseract was asked")

    monkeypatch.setattr(Tesseract, "read", never)
    assert [line.text for line in reader.read(typeset(ENGLISH), ReadOptions()).lines] == ENGLISH


def test_what_cannot_be_read_is_refused_when_asked_for() -> None:
    some = frozenset({"ukr", "script/Bengali"})
    for readable in (None, "en", "zh-Hans", "sr-Latn", "ru", "sr-Cyrl", "bn"):
        refuse_unreadable(some, readable)
    for absent in ("ko", "el", "vi", "hi"):
        with pytest.raises(Refusal) as refused:
            refuse_unreadable(some, absent)
        assert refused.value.reason is Reason.LANGUAGE_NOT_SUPPORTED
    for readable in ("fr", "ru", "ko", "el", "vi", "hi", "ar"):
        refuse_unreadable(frozenset({OWN}), readable)
    with pytest.raises(Refusal):
        refuse_unreadable(frozenset({OWN}), "ka")


def test_where_the_data_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen, prefix = tmp_path / "chosen", tmp_path / "prefix" / "tessdata"
    for folder, name in ((chosen, "ell"), (prefix, "rus")):
        folder.mkdir(parents=True)
        (folder / f"{name}.traineddata").touch()
    monkeypatch.setenv("TESSDATA_PREFIX", str(prefix.parent))
    assert data_folder(chosen) == chosen
    assert data_folder() == prefix
    assert data_folder(tmp_path / "absent") is None
    (chosen / "script").mkdir()
    (chosen / "script" / "Cyrillic.traineddata").touch()
    assert packs_in(chosen) == {"ell", "script/Cyrillic"}


def test_an_administrator_is_told_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "ben.traineddata").touch()
    told = "\n".join(about(tmp_path))
    assert f"1 language data in {tmp_path}" in told
    assert "Cyrillic" in told.split("tesseract:")[0]
    assert "Georgian" in told.split("not read")[1]
    assert "no language data found" in "\n".join(about(tmp_path / "absent"))


def test_data_of_the_language_come_before_those_of_its_script() -> None:
    packs = frozenset({"rus", "ukr", "script/Cyrillic", "Greek"})
    assert pack_for(CYRILLIC, packs) == "rus"
    assert pack_for(CYRILLIC, packs, "uk") == "ukr"
    assert pack_for(CYRILLIC, packs, "sr-Cyrl") == "rus"
    assert pack_for(CYRILLIC, frozenset({"script/Cyrillic"}), "uk") == "script/Cyrillic"
    assert pack_for(GREEK, packs) == "Greek"
    assert pack_for(HEBREW, packs) is None


def test_our_own_recogniser_is_asked_first_for_the_languages_that_it_learned() -> None:
    packs = frozenset({OWN, "rus", "ukr", "yid", "kat"})
    assert pack_for(CYRILLIC, packs) == pack_for(CYRILLIC, packs, "uk") == OWN
    assert pack_for(HEBREW, packs, "yi") == "yid"
    assert pack_for(HEBREW, frozenset({OWN}), "yi") == OWN
    assert pack_for(next(a for a in ALPHABETS if a.name == "Georgian"), packs) == "kat"


def test_where_tesseract_is_more_exact_its_data_come_first() -> None:
    hangul = next(a for a in ALPHABETS if a.name == "Hangul")
    assert pack_for(hangul, frozenset({OWN, "kor"})) == "kor"
    assert pack_for(hangul, frozenset({OWN, "rus"}), "ko") == OWN


def test_languages_and_their_alphabets() -> None:
    assert alphabet_of("ru") is alphabet_of("sr-Cyrl") is CYRILLIC
    assert [alphabet_of(code) for code in ("sr-Latn", "sr", "en", "zh-Hant", "ja")] == [None] * 5
    assert looks_vietnamese("Tt c mi ngưi sinh ra đu đưc t do và bình đng v")
    assert not looks_vietnamese("Đorđe i Đurđa idu u šumu")


def test_few_glyphs_on_a_long_line_are_silence() -> None:
    quad = Quad(Point(0, 0), Point(400, 0), Point(400, 20), Point(0, 20))
    assert is_silent("  .  ", quad)
    assert is_silent("", quad)
    assert not is_silent("And equal in dignity and rights", quad)
    assert not is_silent("人人生而自由在尊严和", quad)


def test_words_from_right_to_left_are_given_as_they_are_read() -> None:
    image = np.full((48, 300, 3), 255, np.uint8)
    image[12:36, 20:120] = image[12:36, 160:290] = 0
    quad = Quad(Point(0, 0), Point(300, 0), Point(300, 48), Point(0, 48))
    read = TokenLine((Token("שלום", 160, 290, 0.9), Token("עולם", 20, 120, 0.8)), 0.85)
    line = line_from(read, HEBREW, image, quad)
    assert line is not None
    assert line.text == "שלום עולם"
    assert [word.text for word in line.words] == ["שלום", "עולם"]
    assert [round(word.quad.bounds.left) for word in line.words] == [160, 20]
    assert line.quad.top_left.x < line.quad.top_right.x
