from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest

from readstone.domain.geometry import Point, Quad
from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture, RgbPixels
from readstone.domain.text import Line, Region, Word
from readstone.engines import manifest
from readstone.engines.model_file import ModelUnusableError
from readstone.engines.read.crop import crop
from readstone.engines.read.handwriting_style import StyleClassifier, loosened, over_page, with_appearance
from readstone.engines.read.reader import PageReader

Write = Callable[..., Picture]
CHANCE = 2 / 3  # that a line is of the same hand as the one before


@pytest.fixture(scope="module")
def classifier(reader: PageReader) -> StyleClassifier:
    return reader.style


def scrawled(seed: int, width: int = 420) -> RgbPixels:
    """A line of loops as a pen writes them: slanted, uneven, joined."""
    rng = np.random.default_rng(seed)
    t = np.linspace(0, width / 11, 1600)
    wave = np.interp(t, np.arange(0, t[-1] + 2, 2), rng.uniform(0.35, 1.6, len(np.arange(0, t[-1] + 2, 2))))
    y = 26 - 9 * wave * np.sin(t * 1.9)
    x = 10 + t * 10 + 5 * wave * np.cos(t * 1.9) + (26 - y) * 0.5
    paper = np.full((48, width, 3), 238, np.uint8)
    points = np.stack([x, y], axis=1).round(2)
    cv2.polylines(paper, [(points * 16).astype(np.int32)], False, (40, 40, 90), 2, cv2.LINE_AA, 4)
    return paper


def printed(write: Write, text: str) -> RgbPixels:
    picture = write((len(text) * 17 + 40, 48), [(10, 6, text)], height=30)
    return picture.pixels


@pytest.mark.parametrize("text", ["The quick brown fox jumps over the lazy dog", "Invoice 2034-17", "Total amount"])
def test_print_is_print(classifier: StyleClassifier, write: Write, text: str) -> None:
    assert classifier.log_odds(printed(write, text)) < -1


@pytest.mark.parametrize("seed", range(4))
def test_loops_of_a_pen_are_handwriting(classifier: StyleClassifier, seed: int) -> None:
    assert classifier.log_odds(scrawled(seed)) > 1


def test_white_on_black_is_judged_as_black_on_white(classifier: StyleClassifier, write: Write) -> None:
    for line in (printed(write, "Invoice 2034-17"), scrawled(1)):
        assert classifier.log_odds(255 - line) == pytest.approx(classifier.log_odds(line), abs=0.2)


@pytest.mark.parametrize("size", [(48, 8), (48, 385), (48, 4000), (48, 1), (3, 3)])
def test_lines_of_any_size_are_judged(classifier: StyleClassifier, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    for line in (np.full((*size, 3), 255, np.uint8), rng.integers(0, 256, (*size, 3), np.uint8)):
        assert math.isfinite(classifier.log_odds(line))


def test_another_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    other = replace(manifest.HANDWRITING_STYLE, sha256="0" * 64)
    monkeypatch.setattr("readstone.engines.read.handwriting_style.HANDWRITING_STYLE", other)
    with pytest.raises(ModelUnusableError, match=r"handwriting-style.*checksum"):
        StyleClassifier()


def by_enumeration(log_odds: Sequence[float]) -> list[float]:
    """The chain's posterior as its definition has it: a sum over all ways to assign the lines."""
    sums = np.zeros((len(log_odds), 2))
    for states in itertools.product((0, 1), repeat=len(log_odds)):
        stays = sum(a == b for a, b in itertools.pairwise(states))
        weight = CHANCE**stays * (1 - CHANCE) ** (len(states) - 1 - stays)
        weight *= math.exp(sum(odds for odds, state in zip(log_odds, states, strict=True) if state))
        for at, state in enumerate(states):
            sums[at, state] += weight
    return [float(hand / (other + hand)) for other, hand in sums]


@pytest.mark.parametrize("log_odds", [[1.5], [0.3, -2.0], [2.0, -0.4, 3.0, -5.0, 0.1], [0.0] * 4])
def test_the_page_is_a_markov_chain(log_odds: list[float]) -> None:
    assert over_page(log_odds) == pytest.approx(by_enumeration(log_odds))


def test_a_doubtful_line_goes_with_its_page() -> None:
    assert over_page([-4.0, 0.5, -4.0])[1] < 0.5
    assert over_page([4.0, -0.5, 4.0])[1] > 0.5


def test_an_entry_in_a_printed_form_stays_handwriting() -> None:
    assert [p > 0.5 for p in over_page([-5, 3, -5, 2.5, -5])] == [False, True, False, True, False]


def test_extreme_and_missing_evidence_is_survived() -> None:
    assert over_page([]) == []
    assert over_page([900.0, -900.0]) == pytest.approx([1, 0], abs=1e-6)


def test_each_line_gets_its_own_appearance() -> None:
    quad = Quad(Point(0, 0), Point(10, 0), Point(10, 5), Point(0, 5))
    one, two, three = (Line(text, quad, (Word(text, quad, 1.0),)) for text in ("one", "two", "three"))
    regions = with_appearance((Region((one,)), Region((two, three))), [-6.0, 6.0, 5.0])
    assert [len(region.lines) for region in regions] == [1, 2]
    judged = [line.appearance for region in regions for line in region.lines]
    assert [a.handwriting for a in judged if a] == [False, True, True]
    assert all(a is not None and 0.9 < a.confidence <= 1 for a in judged)


def test_a_loosened_quad_has_paper_on_all_sides_and_reads_the_same_way() -> None:
    quad = Quad(Point(100, 200), Point(100, 100), Point(120, 100), Point(120, 200))  # runs up the page
    wider = loosened(quad)
    assert wider.angle == quad.angle
    assert (wider.length, wider.thickness) == (pytest.approx(106), pytest.approx(26))
    assert (wider.centre.x, wider.centre.y) == (pytest.approx(110), pytest.approx(150))


def test_the_reader_judges_lines_only_when_asked(reader: PageReader, write: Write) -> None:
    picture = write((420, 80), [(20, 20, "Name and address of owner")])
    ran = reader.style.model.runs
    assert [line.appearance for line in reader.read(picture, ReadOptions()).lines] == [None]
    assert reader.style.model.runs == ran
    (line,) = reader.read(picture, ReadOptions(appearance=True)).lines
    assert line.appearance is not None
    assert not line.appearance.handwriting
    flat = crop(picture.pixels, loosened(line.quad))
    (alone,) = over_page([reader.style.log_odds(flat)])
    assert line.appearance.confidence == pytest.approx(1 - alone)


def test_a_page_on_its_side_is_judged_like_the_upright_one(reader: PageReader, write: Write) -> None:
    picture = write((520, 200), [(30, 30, "The quick brown fox jumps"), (30, 90, "over a lazy dog near here")])
    turned = Picture(np.ascontiguousarray(np.rot90(picture.pixels)), "Png")
    page = reader.read(turned, ReadOptions(appearance=True))
    assert [line.appearance and line.appearance.handwriting for line in page.lines] == [False, False]
