from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from readstone.engines.read.crop import LINE_HEIGHT
from readstone.engines.read.reader import PageReader
from readstone.engines.read.recognise import Manner, Recogniser, _steps, greedy
from readstone.engines.read.tensor import as_tensor


@pytest.fixture(scope="module")
def recogniser(reader: PageReader) -> Recogniser:
    return reader.lines.recogniser


def test_ctc_merges_repetitions_and_drops_blanks(recogniser: Recogniser) -> None:
    a, b = recogniser._classes.index("a"), recogniser._classes.index("b")
    said = [a, a, 0, a, b, 0, len(recogniser._classes) - 1]
    sure = np.array([0.5, 0.9, 1, 0.8, 0.7, 1, 0.6], np.float32)
    others = (1 - sure) / (len(recogniser._classes) - 1)
    probabilities = np.repeat(others[:, None], len(recogniser._classes), axis=1)
    probabilities[np.arange(len(said)), said] = sure
    with np.errstate(divide="ignore"):
        steps, _ = _steps(np.log(probabilities))
    reading = greedy(steps, recogniser._classes)
    assert reading.text == "aab "
    assert [g.centre for g in reading.glyphs] == [8, 28, 36, 52]
    assert [round(g.confidence, 2) for g in reading.glyphs] == [0.9, 0.8, 0.7, 0.6]
    assert reading.score == pytest.approx(0.75)


def test_the_class_table_fits_the_model(recogniser: Recogniser) -> None:
    blank = np.full((LINE_HEIGHT, 100, 3), 255, np.uint8)
    assert recogniser.read(blank).text == ""
    assert len(recogniser._classes) == 18710


def test_the_clock_counts_what_the_models_ran(recogniser: Recogniser) -> None:
    before, seconds = recogniser.lines_read, sum(model.seconds for model in recogniser.models)
    recogniser.read(np.zeros((LINE_HEIGHT, 8, 3), np.uint8))
    assert recogniser.lines_read == before + 1
    assert sum(model.seconds for model in recogniser.models) > seconds


def written(text: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    image = Image.new("RGB", (len(text) * 20, LINE_HEIGHT), "white")
    ImageDraw.Draw(image).text((6, 4), text, fill="black", font=ImageFont.load_default(32))
    return np.asarray(image)


def test_quick_and_exact_and_latin_agree_on_clear_lines(recogniser: Recogniser) -> None:
    line = written("The quick brown fox, 1905 (50 %)")
    readings = [recogniser.read(line, Manner(exact, latin)) for exact in (False, True) for latin in (False, True)]
    assert {reading.text for reading in readings} == {readings[0].text}
    assert all(reading.score > 0.97 for reading in readings)
    exact, latin = readings[2], readings[3]
    assert [glyph.confidence for glyph in latin.glyphs] == pytest.approx([g.confidence for g in exact.glyphs], abs=1e-3)


def ideographs(count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    image = Image.new("L", (40, 40), 255)
    # A box with a stroke through its middle, drawn so that no font is needed.
    pen = ImageDraw.Draw(image)
    pen.rectangle((7, 12, 33, 27), outline=0, width=3)
    pen.line((20, 3, 20, 37), fill=0, width=3)
    row = np.full((LINE_HEIGHT, 8 + 44 * count), 255, np.uint8)
    for at in range(count):
        row[4:44, 8 + 44 * at : 48 + 44 * at] = np.asarray(image)
    return np.repeat(row[:, :, None], 3, axis=2)


def test_ideographs_are_read_though_latin_is_expected(recogniser: Recogniser) -> None:
    line = ideographs(4)
    assert recogniser.read(line, Manner(latin=True)).text == recogniser.read(line).text == "中中中中"


@pytest.mark.parametrize("manner", [Manner(latin=True), Manner(exact=True, latin=True), Manner()])
def test_lines_read_together_say_what_each_says_alone(recogniser: Recogniser, manner: Manner) -> None:
    blank = np.full((LINE_HEIGHT, 40, 3), 255, np.uint8)
    lines = [written("Quay 7"), ideographs(3), blank, written("The quick brown fox, 1905 (50 %)"), ideographs(1)]
    together, alone = recogniser.read_each(lines, manner), [recogniser.read(line, manner) for line in lines]
    for some, one in zip(together, alone, strict=True):
        assert some.text == one.text
        assert [g.centre for g in some.glyphs] == [g.centre for g in one.glyphs]
        assert [g.confidence for g in some.glyphs] == pytest.approx([g.confidence for g in one.glyphs], abs=1e-4)
        assert [g.space for g in some.glyphs] == pytest.approx([g.space for g in one.glyphs], abs=1e-4)
    assert [reading.text for reading in together][1:3] == ["中中中", ""]


def test_latin_that_no_class_fits_well_is_looked_at_with_all_classes_and_only_there(recogniser: Recogniser) -> None:
    line = written("Quay 7")
    rows: list[int] = []
    run = recogniser._all.run

    def counted(features: NDArray[np.float32]) -> NDArray[np.float32]:
        rows.append(len(features))
        return run(features)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recogniser._all, "run", counted)
        assert recogniser.read(line, Manner(latin=True)).text == "Quay 7"
    assert sum(rows) < line.shape[1] // 8 // 2


@pytest.mark.parametrize("text", ["7", "12.50", "Tel. 020 7946"])
def test_short_lines_read_quickly_say_what_they_say_exactly(recogniser: Recogniser, text: str) -> None:
    quick, exact = recogniser.read(written(text)), recogniser.read(written(text), Manner(exact=True))
    assert quick.text == exact.text == text
    assert [glyph.centre for glyph in quick.glyphs] == pytest.approx([glyph.centre for glyph in exact.glyphs], abs=4)


def test_pixels_become_blue_green_red_from_minus_one_to_one_and_padding_grey() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    tensor = as_tensor(pixels, 10)
    assert tensor.shape == (1, 3, 5, 10)
    expected = pixels[:, :, ::-1].transpose(2, 0, 1) / 127.5 - 1
    assert tensor[0, :, :, :7] == pytest.approx(expected, abs=1e-6)
    assert not tensor[0, :, :, 7:].any()
