"""A second recogniser, for Latin handwriting, and when it is believed.

It is the plain recogniser trained further on cursive hands (tools/train). On those it is right far more often; on
print, signs and clear modern hands the plain one is. So it is asked only about lines that the plain one is unsure
of (however they are cut, unless they are clearly by hand), and believed only when it is clearly the surer of the two.

A hand that it never saw is told better by several looks: the line cut at three heights, and the plain recogniser's
opinion of it beside its own. Step by step and class by class their geometric mean is taken: mistakes differ more than
what is right (Hansen and Salamon 1990, "Neural Network Ensembles").

Where it is unsure it is helped by models of letters (beam.py, letters.py): of what the picture may say, the text that
is likelier to have been written. How sure it is of a character stays what the looks together say, whatever the models
of letters do; but between two readings of one line their opinion counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from readstone.domain.geometry import Quad
from readstone.domain.picture import RgbPixels
from readstone.domain.script import Script, script_of
from readstone.engines.manifest import HANDWRITING_RECOGNISER
from readstone.engines.onnx import Model
from readstone.engines.read.beam import Beam, Probabilities, reading_of
from readstone.engines.read.crop import crop
from readstone.engines.read.detect import Strip
from readstone.engines.read.foreign import is_silent
from readstone.engines.read.letters import Letters, symbol_of
from readstone.engines.read.recognise import LEAST_WIDTH, Reading, Recogniser
from readstone.engines.read.tensor import as_tensor

_TIGHTER = -0.1
"""How much the strip is grown before it is cut for this recogniser, in parts of its height at every edge.

The real lines that it learned from are cut closer to their ink than the detector's strips are."""

_ALSO_CUT = (-0.02, -0.18)
"""What it is grown by above and below where it is cut a second and a third time, just as wide."""

_PLAIN = 0.3
"""What the plain recogniser's opinion weighs among those on the line so cut."""

# Chosen on half of the labelled pages, confirmed on the others: docs/accuracy.md.
_MARGIN = 0.06  # how much surer than the plain reading it must be, in mean probability
_SURE_ENOUGH = 0.7  # where both are lost, the plain one loses less
_LETTERS = 0.06  # what the mean logarithm of the letters' probability counts beside that
_MOST = 2.0  # of that logarithm, and so much only for texts of 10 characters: parts of forms and tables are no prose
_ENOUGH = 10
_LEAST = np.float32(1e-6)  # probability of what one of them is sure not to see
_LANGUAGES = ("en", "fr", "de", "es", "it", "nl", "pt")  # of what it learned from; more would be in each other's way


class HandReader(Protocol):
    """What reads lines of handwriting, and knows when it is to be believed. Re-entrant."""

    def read(self, views: Sequence[RgbPixels]) -> Reading:
        """Read one line, cut at several heights: RGB uint8, 48 rows, equally wide but for a column.

        Glyphs stand where they do in the first of `views`.
        """
        ...

    def believes(self, own: Reading, plain: Reading) -> bool:
        """Whether its reading takes the plain recogniser's place."""
        ...


class HandwritingRecogniser:
    """Reads lines of Latin handwriting, with the help of `letters` and of the `plain` recogniser. Re-entrant.

    Raises ModelUnusableError when the model file is missing or not the known one.
    """

    def __init__(self, letters: Letters, plain: Recogniser) -> None:
        self.model = Model(HANDWRITING_RECOGNISER, threads=1, arena=True)
        self._classes = ("", *self.model.metadata["character"].split("\n"), " ")
        self._plain = plain
        self._of_plain = np.array([plain.latin_classes.index(text) for text in self._classes])
        self._letters = letters
        self._starts = letters.starts(_LANGUAGES)
        self._beam = Beam([symbol_of(text) for text in self._classes], letters)

    def read(self, views: Sequence[RgbPixels]) -> Reading:
        """See `HandReader.read`."""
        columns = max(LEAST_WIDTH, *(view.shape[1] for view in views))
        tensors = [as_tensor(view, columns) for view in views]
        seen = [self.model.run(tensor)[0] for tensor in tensors]
        plain = self._plain.latin_probabilities(self._plain.exact_features(tensors[0]))
        return reading_of(self._together(seen, plain[:, self._of_plain]), self._classes, self._beam, self._starts)

    def _together(self, own: Sequence[Probabilities], plain: Probabilities) -> Probabilities:
        """Geometric mean of what was seen in each view, and of what the plain recogniser saw in the first."""
        logs = _PLAIN * _log(plain)
        for seen in own:
            logs += (1 - _PLAIN) / len(own) * _log(seen)
        together: Probabilities = np.exp(logs)
        together /= together.sum(axis=1, keepdims=True)
        return together

    def believes(self, own: Reading, plain: Reading) -> bool:
        """Whether its reading takes the plain one's place: it is surer, or says what is likelier to be written."""
        if not own.text.strip():
            return False
        likelihood = self._letters.likelihood
        gain = likelihood(own.text, self._starts) - likelihood(plain.text, self._starts)
        gain = min(max(gain, -_MOST), _MOST) * min(len(own.text) / _ENOUGH, 1)
        return own.score >= _SURE_ENOUGH and own.score + _LETTERS * gain > plain.score + _MARGIN


def _log(probabilities: Probabilities) -> NDArray[np.float32]:
    return np.log(np.maximum(probabilities, _LEAST))


def views_of(pixels: RgbPixels, strip: Strip, lean: float) -> tuple[Quad, list[RgbPixels]]:
    """The line on `strip` of a page leaning by `lean` (radians) for `HandReader.read`, and the first view's quad."""
    quads = [strip.grown(_TIGHTER, sides).towards(lean) for sides in (_TIGHTER, *_ALSO_CUT)]
    return quads[0], [crop(pixels, quad, quad.thickness / quads[0].thickness) for quad in quads]


def may_be_handwriting(plain: Reading, quad: Quad) -> bool:
    """Whether the line on `quad` that the plain recogniser is unsure of is one for the handwriting recogniser.

    Not where it reads mostly letters of other scripts, or hardly anything, as it does of scripts unknown to it:
    this model knows none of them, and would make something up.
    """
    if is_silent(plain.text, quad):
        return False
    scripts = [script_of(letter) for letter in plain.text if letter.isalpha()]
    return 2 * scripts.count(Script.LATIN) >= len(scripts)
