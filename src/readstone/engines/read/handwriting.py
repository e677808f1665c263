"""A second recogniser, for Latin handwriting, and when it is believed.

It is the plain recogniser trained further on cursive hands (tools/train). On those it is right far more often; on
print, signs and clear modern hands the plain one is. So it is asked only about lines that the plain one is unsure
of, however they are cut, and believed only when it is clearly the surer of the two.
"""

from __future__ import annotations

from typing import Protocol

from readstone.domain.geometry import Quad
from readstone.domain.picture import RgbPixels
from readstone.domain.script import Script, script_of
from readstone.engines.manifest import HANDWRITING_RECOGNISER
from readstone.engines.onnx import Model
from readstone.engines.read.foreign import is_silent
from readstone.engines.read.recognise import Reading, as_input, decode

TIGHTER = -0.1
"""How much the strip is grown before it is cut for this recogniser, in parts of its height at every edge.

The real lines that it learned from are cut closer to their ink than the detector's strips are."""

# Chosen among a few on the labelled sets, where they change little: tools/train/README.md.
_MARGIN = 0.03  # how much surer than the plain reading it must be, in mean probability
_SURE_ENOUGH = 0.8  # where both are lost, the plain one loses less


class HandReader(Protocol):
    """What reads lines of handwriting, and knows when it is to be believed. Re-entrant."""

    def read(self, line: RgbPixels) -> Reading:
        """Read a line image: RGB uint8, 48 rows, any width."""
        ...

    def believes(self, own: Reading, plain: Reading) -> bool:
        """Whether its reading takes the plain recogniser's place."""
        ...


class HandwritingRecogniser:
    """Reads lines of Latin handwriting. Re-entrant.

    Raises ModelUnusableError when the model file is missing or not the known one.
    """

    def __init__(self) -> None:
        self.model = Model(HANDWRITING_RECOGNISER, threads=1, arena=True)
        self._classes = ("", *self.model.metadata["character"].split("\n"), " ")

    def read(self, line: RgbPixels) -> Reading:
        """Read a line image: RGB uint8, 48 rows, any width."""
        return decode(self.model.run(as_input(line))[0], self._classes)

    def believes(self, own: Reading, plain: Reading) -> bool:
        """See `is_believed`."""
        return is_believed(own, plain)


def may_be_handwriting(plain: Reading, quad: Quad) -> bool:
    """Whether the line on `quad` that the plain recogniser is unsure of is one for the handwriting recogniser.

    Not where it reads mostly letters of other scripts, or hardly anything, as it does of scripts unknown to it:
    this model knows none of them, and would make something up.
    """
    if is_silent(plain.text, quad):
        return False
    scripts = [script_of(letter) for letter in plain.text if letter.isalpha()]
    return 2 * scripts.count(Script.LATIN) >= len(scripts)


def is_believed(own: Reading, plain: Reading) -> bool:
    """Whether the handwriting recogniser's reading takes the plain one's place."""
    return bool(own.text.strip()) and own.score >= _SURE_ENOUGH and own.score > plain.score + _MARGIN
