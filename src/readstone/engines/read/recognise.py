"""Reads one flat line: the recogniser and its CTC alignment.

CTC: Graves et al. 2006, "Connectionist Temporal Classification". Decoded greedily: the best class of each
time step, repetitions merged, blanks dropped.

The recogniser is cut before its last layer. The part before it turns a line into features, one row a time
step, and is there twice: with the weights as they come (exact), and with most of them in 8 bits, which takes
half the time (quick). The last layer is there twice too: with all 18,710 classes, and with the Latin ones alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import RgbPixels
from readstone.engines.integer_products import are_exact_here
from readstone.engines.manifest import QUICK_TEXT_RECOGNISER, TEXT_RECOGNISER
from readstone.engines.onnx import Model
from readstone.engines.onnx_graph import before_last_layer, linear_model
from readstone.engines.read.repertoire import is_common_or_latin

_ROWS = 48
_STEP = 8  # columns of the line per time step
_LEAST_WIDTH = 320  # shorter lines are padded with grey, as in training
_SURE = 0.96  # a reading by Latin classes alone below this is made again with all
# The best logit of a step where another script's letter stands, Latin classes alone: below 14 on 99 of 100. Where
# there is a Latin letter or nothing it is above in 95 of 100, and the others are in lines hard to read.
_FAMILIAR = 15.0


@dataclass(frozen=True, slots=True)
class Manner:
    """How lines are read: `exact` with the weights as they come, `latin` with Latin classes first."""

    exact: bool = False
    latin: bool = False


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character read: its centre in columns of the line image, and its probability.

    `space` is the largest probability that there is a space somewhere between it and the glyph before.
    """

    text: str
    centre: float
    confidence: float
    space: float = 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a line image says; `score` is the mean probability of its glyphs, 0 when there are none."""

    glyphs: tuple[Glyph, ...]
    score: float

    @property
    def text(self) -> str:
        """All characters, spaces as read."""
        return "".join(glyph.text for glyph in self.glyphs)


class Recogniser:
    """The text recogniser. Re-entrant: lines of one or many pages may be read at the same time.

    Raises ModelUnusableError when a model file is missing or not the known one.
    """

    def __init__(self) -> None:
        cut = before_last_layer(TEXT_RECOGNISER.verified())
        # One core a line: reading two lines side by side beats splitting one line over two cores.
        self._exact = Model(cut.body, threads=1, arena=True)
        characters = self._exact.metadata["character"].split("\n")
        self._classes = ("", *characters, " ")
        # Where the processor cannot multiply bytes exactly, it would be no faster either.
        self._quick = Model(QUICK_TEXT_RECOGNISER, threads=1, arena=True) if are_exact_here() else self._exact
        latin = np.array([i for i, text in enumerate(self._classes) if is_common_or_latin(text)])
        self._latin_classes = tuple(self._classes[i] for i in latin)
        self._all = Model(linear_model(cut.weights, cut.bias), threads=1, arena=True)
        self._latin = Model(linear_model(cut.weights[:, latin], cut.bias[latin]), threads=1, arena=True)

    def warm(self) -> None:
        """Run every model once: the first run costs extra; better now than in somebody's request."""
        blank = np.full((_ROWS, _LEAST_WIDTH, 3), 255, np.uint8)
        for exact in (False, True):
            features = self._features(blank, exact=exact)
        for head in (self._latin, self._all):
            head.run(features)

    @property
    def has_quick(self) -> bool:
        """Whether this processor gains from the weights in 8 bits; if not, every line is read exactly."""
        return self._quick is not self._exact

    @property
    def lines_read(self) -> int:
        """How often a line image was read."""
        return sum(model.runs for model in {self._quick, self._exact})

    @property
    def models(self) -> tuple[Model, ...]:
        """All models, for benchmarks."""
        return tuple(dict.fromkeys((self._quick, self._exact, self._latin, self._all)))

    def read(self, line: RgbPixels, manner: Manner = Manner()) -> Reading:
        """Read a line image: RGB uint8, 48 rows, any width."""
        features = self._features(line, exact=manner.exact)
        if manner.latin:
            logits = self._latin.run(features)
            if float(logits.max(axis=1).min()) >= _FAMILIAR:
                reading = decode(_probabilities(logits), self._latin_classes)
                if reading.score >= _SURE:
                    return reading
        return decode(_probabilities(self._all.run(features)), self._classes)

    def _features(self, line: RgbPixels, *, exact: bool) -> NDArray[np.float32]:
        """Time steps x features."""
        found: NDArray[np.float32] = (self._exact if exact else self._quick).run(as_input(line))[0]
        return found


def as_input(line: RgbPixels) -> NDArray[np.float32]:
    """What recognisers take: (1, 3, rows, columns), blue, green, red from -1 to 1, for a line image RGB uint8."""
    height, width = line.shape[:2]
    # Zero is the grey between black (-1) and white (1).
    tensor = np.zeros((1, 3, height, max(width, _LEAST_WIDTH)), np.float32)
    tensor[0, :, :, :width] = line[:, :, ::-1].transpose(2, 0, 1) * np.float32(2 / 255) - 1
    return tensor


def _probabilities(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Softmax of each row, in place."""
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits


def decode(probabilities: NDArray[np.float32], classes: tuple[str, ...]) -> Reading:
    """Greedy CTC over an array of time steps x classes; class 0 is the blank, the last one the space."""
    best = probabilities.argmax(axis=1)
    sure = probabilities[np.arange(len(best)), best]
    gap = probabilities[:, -1]
    starts = np.flatnonzero(np.concatenate(([True], best[1:] != best[:-1])))
    ends = np.append(starts[1:], len(best))
    glyphs: list[Glyph] = []
    before = 0
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if best[start] == 0:
            continue
        text, centre = classes[best[start]], _STEP * (start + end) / 2
        glyphs.append(Glyph(text, centre, float(sure[start:end].max()), float(gap[before:end].max())))
        before = start
    if not glyphs:
        return Reading((), 0.0)
    return Reading(tuple(glyphs), sum(glyph.confidence for glyph in glyphs) / len(glyphs))
