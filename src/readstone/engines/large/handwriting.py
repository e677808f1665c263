"""A plugged-in recogniser of handwriting in the built-in one's place, for the lines that are handwriting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Protocol, runtime_checkable

import numpy as np

from readstone.domain.picture import RgbPixels
from readstone.engines.large.gathering import Gathering
from readstone.engines.large.held import Held
from readstone.engines.large.plugged import Plugged
from readstone.engines.protocols import LineRecogniser, TextReader
from readstone.engines.read.handwriting import HandwritingRecogniser
from readstone.engines.read.reader import PageReader
from readstone.engines.read.recognise import Glyph, Reading

_SURE = 0.5  # geometric mean of the tokens' probabilities
_ALIKE = 0.4  # share of signs that another reader of the line must have read as well
_MOST_LINES = 32


@runtime_checkable
class ReadsTogether(Protocol):
    """What a `LineRecogniser` also has when several lines at once are quicker than one after another."""

    def read_lines(self, lines: Sequence[RgbPixels]) -> Sequence[tuple[str, float]]:
        """As `LineRecogniser.read`, of each line in order."""
        ...


class PluggedHandwriting:
    """Reads with the plugged-in recogniser; where each sign stands is what the built-in one found.

    A model that writes as a language model does may write fluently what is not there: of such a text too little is
    what the built-in recogniser saw, and then that one's reading is taken. Lines that are read at the same time, also
    of pages of different documents, go to a recogniser that `ReadsTogether` in one call.
    """

    def __init__(self, held: Held[LineRecogniser], built_in: HandwritingRecogniser) -> None:
        self._held = held
        self._built_in = built_in
        self._together = Gathering(self._read, _MOST_LINES)

    def read(self, views: Sequence[RgbPixels]) -> Reading:
        """See `HandReader.read`. Raises Refusal UNAVAILABLE when the model is unusable."""
        guide, line = self._built_in.read(views), views[0]
        text, probability = self._together.do(line)
        text = " ".join(text.split())
        if not text or probability < _SURE or _likeness(text, guide.text) < _ALIKE:
            return guide
        return Reading(placed(text, guide, line.shape[1], probability), probability)

    def believes(self, own: Reading, plain: Reading) -> bool:
        """Whether its reading takes the plain one's place: where it is the built-in one's, by that one's rule."""
        alike = _likeness(own.text, plain.text) >= _ALIKE and own.score >= _SURE
        return alike or self._built_in.believes(own, plain)

    def _read(self, lines: Sequence[RgbPixels]) -> Iterator[tuple[str, float]]:
        with self._held.use() as recogniser:
            if isinstance(recogniser, ReadsTogether):
                yield from recogniser.read_lines(lines)
            else:
                for line in lines:
                    yield recogniser.read(line)


def with_handwriting(reader: TextReader, plugged: Plugged) -> TextReader:
    """`reader` with the recogniser that was chosen for handwriting; only the built-in reader has a place for it."""
    if plugged.handwriting is not None and isinstance(reader, PageReader):
        built_in = reader.lines.handwriting
        if isinstance(built_in, HandwritingRecogniser):
            reader.lines.handwriting = PluggedHandwriting(plugged.handwriting, built_in)
    return reader


def placed(text: str, guide: Reading, columns: int, probability: float) -> tuple[Glyph, ...]:
    """A glyph for each sign of `text`: signs that `guide` has as well stand where they stand there, the others between.

    `columns`: width of the line image.
    """
    found = guide.text
    known: list[tuple[float, float]] = []
    for block in SequenceMatcher(None, text, found, autojunk=False).get_matching_blocks():
        known += [(block.a + at, guide.glyphs[_glyph_at(guide, block.b + at)].centre) for at in range(block.size)]
    ends = _ends(guide, columns)
    places, centres = zip(*[(-0.5, ends[0]), *known, (len(text) - 0.5, ends[1])], strict=True)
    spread = np.interp(np.arange(len(text)), places, np.maximum.accumulate(centres))
    return tuple(
        Glyph(sign, float(centre), probability, 1.0 if sign == " " else 0.0)
        for sign, centre in zip(text, spread, strict=True)
    )


def _glyph_at(guide: Reading, position: int) -> int:
    """Number of the glyph that the sign at `position` of the guide's text belongs to."""
    seen = 0
    for number, glyph in enumerate(guide.glyphs):
        seen += len(glyph.text)
        if position < seen:
            return number
    return len(guide.glyphs) - 1


def _ends(guide: Reading, columns: int) -> tuple[float, float]:
    """Where the writing begins and ends."""
    if not guide.glyphs:
        return 0.0, float(columns)
    centres = [glyph.centre for glyph in guide.glyphs]
    half = (centres[-1] - centres[0]) / (2 * max(len(centres) - 1, 1))
    return max(centres[0] - half, 0.0), min(centres[-1] + half, float(columns))


def _likeness(text: str, other: str) -> float:
    """0 for texts without a sign in common, 1 for equal ones; letter case and spaces do not count."""
    return SequenceMatcher(None, "".join(text.lower().split()), "".join(other.lower().split()), autojunk=False).ratio()
