from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture, RgbPixels
from readstone.domain.refusals import Cancelled
from readstone.domain.text import Orientation
from readstone.engines.read import looks
from readstone.engines.read.detect import Strip
from readstone.engines.read.reader import PageReader

Write = Callable[..., Picture]
LINES = [
    (30, 30, "The quick brown fox jumps over"),
    (30, 80, "a lazy dog near the river bank"),
    (30, 130, "and runs away into the woods"),
    (30, 180, "until the evening comes again"),
]
TEXT = [text for _, _, text in LINES]


def test_lines_and_words_are_read_where_they_are(reader: PageReader, write: Write) -> None:
    page = reader.read(write((520, 240), LINES), ReadOptions())
    assert [line.text for line in page.lines] == TEXT
    assert (page.language, page.orientation) == ("en", Orientation.UP)
    assert abs(page.angle) < 0.01
    for (x, y, text), line in zip(LINES, page.lines, strict=True):
        assert [word.text for word in line.words] == text.split()
        assert all(0.8 < word.confidence <= 1 for word in line.words)
        assert abs(line.quad.bounds.left - x) < 6
        assert y < line.quad.bounds.top < y + 20
        lefts = [word.quad.bounds.left for word in line.words]
        assert lefts == sorted(lefts)


@pytest.mark.parametrize(
    ("clockwise", "orientation"),
    [(90, Orientation.RIGHT), (180, Orientation.DOWN), (270, Orientation.LEFT)],
)
def test_a_turned_page_is_read_upright(
    reader: PageReader, write: Write, clockwise: int, orientation: Orientation
) -> None:
    picture = write((520, 240), LINES)
    pixels = np.ascontiguousarray(np.rot90(picture.pixels, -clockwise // 90))
    page = reader.read(Picture(pixels, "Png"), ReadOptions())
    assert page.orientation is orientation
    assert [line.text for line in page.lines] == TEXT
    flat = page.upright(page.lines[0].quad).bounds
    assert abs(flat.left - 30) < 6
    assert flat.width > 5 * flat.height
    assert page.upright_size == (520, 240)


@pytest.mark.parametrize("degrees", [-30, -12, 5, 20, 40])
def test_a_leaning_page_tells_its_angle(reader: PageReader, write: Write, degrees: int) -> None:
    page = reader.read(write((520, 240), LINES, turn=degrees), ReadOptions())
    assert page.orientation is Orientation.UP
    assert np.degrees(page.angle) == pytest.approx(-degrees, abs=1)
    assert [line.text for line in page.lines] == TEXT
    for line in page.lines:
        flat = page.upright(line.quad)
        assert flat.angle == pytest.approx(0, abs=0.03)


def test_without_detection_nothing_is_turned(reader: PageReader, write: Write) -> None:
    options = ReadOptions(detect_orientation=False)
    page = reader.read(write((520, 240), LINES, turn=8), options)
    assert page.orientation is None
    assert [line.text for line in page.lines] == TEXT
    turned = write((520, 240), LINES, turn=180)
    assert [line.text for line in reader.read(turned, options).lines] != TEXT


def test_no_text_is_an_empty_page(reader: PageReader) -> None:
    page = reader.read(Picture(np.full((300, 400, 3), 200, np.uint8), "Png"), ReadOptions())
    assert (page.width, page.height) == (400, 300)
    assert (page.regions, page.language, page.orientation, page.angle) == ((), None, None, 0)


@pytest.mark.parametrize("size", [(1, 1), (2000, 3), (3, 2000), (50, 50), (31, 33)])
def test_odd_sizes_do_no_harm(reader: PageReader, size: tuple[int, int]) -> None:
    width, height = size
    noise = np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)
    assert reader.read(Picture(noise, "Png"), ReadOptions()).width == width


def test_a_promised_language_wins(reader: PageReader, write: Write) -> None:
    assert reader.read(write((520, 240), LINES), ReadOptions(language="de")).language == "de"


def test_a_cut_out_word_is_read(reader: PageReader, write: Write) -> None:
    for picture in (write((110, 30), [(4, 2, "Harbour")], 24), write((700, 200), [(10, 10, "Harbour")], 160)):
        assert [line.text for line in reader.read(picture, ReadOptions()).lines] == ["Harbour"]


def test_the_picture_is_left_as_it_was(reader: PageReader, write: Write) -> None:
    picture = write((520, 240), LINES)
    before = picture.pixels.copy()
    picture.pixels.flags.writeable = False
    reader.read(picture, ReadOptions())
    assert np.array_equal(before, picture.pixels)


def test_a_caller_who_leaves_is_not_served(reader: PageReader, write: Write) -> None:
    picture = write((520, 240), LINES)
    with pytest.raises(Cancelled):
        reader.read(picture, ReadOptions(), lambda: True)
    calls = 0

    def soon() -> bool:
        nonlocal calls
        calls += 1
        return calls > 4

    runs = reader.lines.recogniser.lines_read
    with pytest.raises(Cancelled):
        reader.read(picture, ReadOptions(), soon)
    assert reader.lines.recogniser.lines_read - runs < 3 + len(LINES)


def test_many_callers_get_their_own_pages(reader: PageReader, write: Write) -> None:
    pictures = [write((300, 60), [(10, 10, f"Invoice number {n}")]) for n in range(11, 19)]
    start = threading.Barrier(len(pictures))

    def read(picture: Picture) -> str:
        start.wait()
        return " ".join(line.text for line in reader.read(picture, ReadOptions()).lines)

    with ThreadPoolExecutor(len(pictures)) as pool:
        assert list(pool.map(read, pictures)) == [f"Invoice number {n}" for n in range(11, 19)]


def test_a_page_that_reads_unclearly_is_looked_at_once_more(
    reader: PageReader, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = write((520, 240), LINES)
    scales: list[float] = []
    detect = reader.detector.detect

    def noted(pixels: RgbPixels, scale: float, alone: bool = True) -> list[Strip]:
        scales.append(scale)
        return detect(pixels, scale, alone)

    monkeypatch.setattr(reader.detector, "detect", noted)
    assert [line.text for line in reader.read(picture, ReadOptions()).lines] == TEXT
    assert len(scales) == 1
    # The lines of the two looks are of the same writing: none comes twice.
    monkeypatch.setattr(looks, "is_worth_another", lambda _lines: True)
    monkeypatch.setattr(looks, "is_clear", lambda _line: False)
    assert [line.text for line in reader.read(picture, ReadOptions()).lines] == TEXT
    assert scales[2] == pytest.approx(looks.LARGER * scales[1])
