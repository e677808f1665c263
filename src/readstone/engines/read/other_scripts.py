"""A recogniser of our own for scripts that the plain one has no letters for.

The plain recogniser's network trained further, on drawn lines, with a head for the letters of those scripts
(tools/train). One head knows them all, so a line is read without being told its script, and two scripts in one line
are no trouble.
"""

from __future__ import annotations

import itertools
import math

import cv2
import numpy as np

from readstone.domain.picture import RgbPixels
from readstone.engines.manifest import SCRIPT_RECOGNISER
from readstone.engines.onnx import Model
from readstone.engines.read.arabic_letters import as_in_its_language
from readstone.engines.read.confidence import word_confidence
from readstone.engines.read.lookalikes import in_one_script
from readstone.engines.read.recognise import Glyph, Reading, Steps, as_input, greedy
from readstone.engines.read.tokens import Token, TokenLine
from readstone.engines.read.writing_order import as_stored

_WIDER, _WIDEST = 1.25, 1.75
"""How many times as wide as it is a line is shown: marks that stand upon a letter need time steps of their own."""
_DENSE = (
    (0x0600, 0x08FF),  # Arabic
    (0x0900, 0x097F),  # Devanagari
    (0x0E00, 0x0E7F),  # Thai
)
_LEAST = 1e-6
# Mean probability of its letters: .88 to 1 in scripts that it knows, .44 to .83 where cursive passes for Arabic.
# Doubts counted so many times, what is .88 is as good as .72 of tesseract's, which bounds the two.
_DOUBTS = 2.2


class ScriptRecogniser:
    """Reads lines of print. Re-entrant.

    Raises ModelUnusableError when the model file is missing or not the known one.
    """

    def __init__(self) -> None:
        self.model = Model(SCRIPT_RECOGNISER, threads=1, arena=True)
        self._classes = ("", *self.model.metadata["character"].split("\n"), " ")

    def read(self, line: RgbPixels) -> TokenLine:
        """Read a line image: RGB uint8, 48 rows, any width."""
        found, stretch = self._shown(line, _WIDER), _WIDER
        if any(first <= ord(glyph.text) <= last for glyph in found.glyphs for first, last in _DENSE):
            wide = self._shown(line, _WIDEST)
            if wide.score >= found.score:
                found, stretch = wide, _WIDEST
        return _tokens(found, stretch, line.shape[1])

    def _shown(self, line: RgbPixels, stretch: float) -> Reading:
        size = (round(stretch * line.shape[1]), line.shape[0])
        wide = np.asarray(cv2.resize(line, size, interpolation=cv2.INTER_CUBIC), np.uint8)
        return greedy(Steps.of(self.model.run(as_input(wide))[0]), self._classes)


def _tokens(reading: Reading, stretch: float, columns: int) -> TokenLine:
    """The words of `reading`, whose glyphs are in columns of a line `stretch` times as wide as the one of `columns`."""
    text, order = as_stored(reading.text)
    text = as_in_its_language(in_one_script(text))
    stored = [(char, reading.glyphs[at]) for char, at in zip(text, order, strict=True)]
    tokens = []
    for is_space, some in itertools.groupby(stored, lambda pair: pair[0].isspace()):
        if not is_space:
            chars, glyphs = zip(*some, strict=True)
            tokens.append(_token("".join(chars), glyphs, stretch, columns))
    return TokenLine(tuple(tokens), max(0.0, 1 - _DOUBTS * (1 - reading.score)), word_confidence)


def _token(text: str, glyphs: tuple[Glyph, ...], stretch: float, columns: int) -> Token:
    centres = [glyph.centre / stretch for glyph in glyphs]
    half = (max(centres) - min(centres)) / max(len(centres) - 1, 1) / 2
    left = min(max(min(centres) - half, 0), columns - 1)
    right = min(max(max(centres) + half, left + 1), columns)
    # Multiplied by itself for every letter it gives the product of their probabilities.
    mean = math.exp(sum(math.log(max(glyph.confidence, _LEAST)) for glyph in glyphs) / len(glyphs))
    return Token(text, left, right, mean)
