"""A plugged-in recogniser writes, the built-in one says where; what only one of them sees is not believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from readers import FixedReader
from readstone.domain.picture import RgbPixels
from readstone.engines.large.handwriting import PluggedHandwriting, placed, with_handwriting
from readstone.engines.large.held import Held
from readstone.engines.large.plugged import Choices, Plugged
from readstone.engines.protocols import LineRecogniser, TextReader
from readstone.engines.read.handwriting import HandwritingRecogniser
from readstone.engines.read.reader import PageReader
from readstone.engines.read.recognise import Glyph, Reading
from readstone.engines.read.words import line_of

LINE = np.full((48, 400, 3), 255, np.uint8)


def says(text: str, score: float = 0.6, step: float = 20.0) -> Reading:
    return Reading(tuple(Glyph(sign, 20 + step * at, score) for at, sign in enumerate(text)), score)


@dataclass
class Writes:
    text: str
    probability: float = 0.9

    def read(self, line: RgbPixels) -> tuple[str, float]:
        return self.text, self.probability


@dataclass
class Guide:
    reading: Reading

    def read(self, views: Sequence[RgbPixels]) -> Reading:
        return self.reading

    def believes(self, own: Reading, plain: Reading) -> bool:
        return own.score > plain.score


def reads(writes: Writes, guide: str) -> Reading:
    recogniser: Held[LineRecogniser] = Held("x", lambda: writes)
    return PluggedHandwriting(recogniser, cast(HandwritingRecogniser, Guide(says(guide)))).read((LINE,))


def test_its_text_where_the_guide_saw_it() -> None:
    found = reads(Writes(" Dear  Sir "), "Oear 5ir")
    assert found.text == "Dear Sir"
    assert found.score == 0.9
    assert [glyph.centre for glyph in found.glyphs[1:5]] == [40, 60, 80, 100]
    line = line_of(found, LINE, _quad())
    assert line
    assert [word.text for word in line.words] == ["Dear", "Sir"]
    assert all(0 < word.confidence <= 1 for word in line.words)


def _quad():  # type: ignore[no-untyped-def]
    from readstone.domain.geometry import Point, Quad

    return Quad(Point(0, 0), Point(400, 0), Point(400, 48), Point(0, 48))


@pytest.mark.parametrize("text", ["Dear Sir and Madam", "De", "D", "xyDear", "Dear Sir" * 5])
def test_places_only_grow(text: str) -> None:
    centres = [glyph.centre for glyph in placed(text, says("Oear 5ir"), 400, 0.8)]
    assert len(centres) == len(text)
    assert centres == sorted(centres)
    assert centres[0] >= 0
    assert centres[-1] <= 400


def test_places_without_a_guide() -> None:
    centres = [glyph.centre for glyph in placed("abcd", Reading((), 0.0), 400, 0.8)]
    assert centres == pytest.approx([50, 150, 250, 350])


@pytest.mark.parametrize("writes", [Writes("The Annual Report of 1956"), Writes(""), Writes("Dear Sir", 0.3)])
def test_what_is_not_believed(writes: Writes) -> None:
    assert reads(writes, "Oear 5ir") == says("Oear 5ir")


def test_belief_over_the_plain_reading() -> None:
    recogniser: Held[LineRecogniser] = Held("x", lambda: Writes("Dear Sir"))
    own = PluggedHandwriting(recogniser, cast(HandwritingRecogniser, Guide(says(""))))
    assert own.believes(says("Dear Sir", 0.6), says("Oear 5ir", 0.7))
    assert not own.believes(says("quite another", 0.6), says("Oear 5ir", 0.7))
    assert own.believes(says("quite another", 0.95), says("Oear 5ir", 0.7)), "the built-in one's, by its own rule"


def test_only_the_built_in_reader_has_a_place_for_it(tmp_path: Path) -> None:
    chosen = Plugged(Choices({}, tmp_path))
    reader: TextReader = FixedReader()
    assert with_handwriting(reader, chosen) is reader
    chosen.handwriting = Held("x", lambda: Writes("Dear Sir"))
    assert with_handwriting(reader, chosen) is reader
    real = PageReader(threads=1)
    assert with_handwriting(real, chosen) is real
    assert isinstance(real.lines.handwriting, PluggedHandwriting)
