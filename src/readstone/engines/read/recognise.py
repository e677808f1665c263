"""Reads one flat line: the recogniser and its CTC alignment.

CTC: Graves et al. 2006, "Connectionist Temporal Classification". Decoded greedily: the best class of each
time step, repetitions merged, blanks dropped.

The recogniser is cut before its last layer. The part before it turns a line into features, one row a time
step, and is there twice: with the weights as they come (exact), and with most of them in 8 bits, which takes
half the time (quick). The last layer is there twice too: with all 18,710 classes, and with the Latin ones alone.
Where Latin is expected, the steps that no Latin class fits well are looked at with all classes, and the whole
line only when one of them is of another script.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import RgbPixels
from readstone.engines.integer_products import are_exact_here
from readstone.engines.manifest import QUICK_TEXT_RECOGNISER, TEXT_RECOGNISER
from readstone.engines.onnx import Model
from readstone.engines.onnx_graph import before_last_layer, linear_model
from readstone.engines.read.accents import with_accents
from readstone.engines.read.repertoire import is_common_or_latin
from readstone.engines.read.tensor import as_tensor

_ROWS = 48
STEP = 8
"""Columns of a line image per time step."""

LEAST_WIDTH = 320
"""Columns that shorter lines are padded to with grey, as in training."""
# Half of that padding does for the quick weights: what is read otherwise with less is not sure, and read again.
_LEAST_QUICK, _LEAST_BEHIND = 160, 64
_SURE = 0.96  # a reading by Latin classes alone below this is made again with all
# The best logit of a step where another script's letter stands, Latin classes alone: below 14 on 99 of 100. Where
# there is a Latin letter or nothing it is above in 95 of 100, and the others are in lines hard to read.
_FAMILIAR = 15.0


@dataclass(frozen=True, slots=True)
class Manner:
    """How lines are read: `exact` with the weights as they come, `latin` with Latin classes first.

    `sample` is some text of the page, which tells what languages it is likely to be in.
    """

    exact: bool = False
    latin: bool = False
    sample: str = ""


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


Features = NDArray[np.float32]
"""Time steps x features: what a line's pixels were turned into, before the last layer."""


class Look(NamedTuple):
    """A reading and the features that it was made of."""

    reading: Reading
    features: Features


class Steps(NamedTuple):
    """One entry a time step: the best class, its probability, and the probability of a space."""

    best: NDArray[np.int64]
    sure: NDArray[np.float32]
    gap: NDArray[np.float32]

    @classmethod
    def of(cls, probabilities: NDArray[np.float32]) -> Steps:
        """Time steps x classes, of which the last is the space."""
        return cls(probabilities.argmax(axis=1), probabilities.max(axis=1), probabilities[:, -1])


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
        cut = with_accents(cut, self._classes)
        # Where the processor cannot multiply bytes exactly, it would be no faster either.
        self._quick = Model(QUICK_TEXT_RECOGNISER, threads=1, arena=True) if are_exact_here() else self._exact
        self.latin_columns = latin = np.array([i for i, text in enumerate(self._classes) if is_common_or_latin(text)])
        self.latin_classes = tuple(self._classes[i] for i in latin)
        self._is_latin = np.zeros(len(self._classes), np.bool_)
        self._is_latin[latin] = True
        self._place_in_latin = np.cumsum(self._is_latin) - 1
        self._all = Model(linear_model(cut.weights, cut.bias), threads=1, arena=True)
        self._latin = Model(linear_model(cut.weights[:, latin], cut.bias[latin]), threads=1, arena=True)

    def warm(self) -> None:
        """Run every model once: the first run costs extra; better now than in somebody's request."""
        blank = np.full((_ROWS, LEAST_WIDTH, 3), 255, np.uint8)
        for exact in (False, True):
            features = self._features(self._tensor(blank, exact=exact), exact=exact)
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
        return self.read_each((line,), manner)[0]

    def read_each(self, lines: Sequence[RgbPixels], manner: Manner = Manner()) -> list[Reading]:
        """Read some line images, which share what is done behind their features; see `read`."""
        return [look.reading for look in self.look_at(lines, manner)]

    def look_at(self, lines: Sequence[RgbPixels], manner: Manner = Manner()) -> list[Look]:
        """See `read_each`."""
        tensors = [self._tensor(line, exact=manner.exact) for line in lines]
        features = [self._features(tensor, exact=manner.exact) for tensor in tensors]
        if not manner.latin:
            return [Look(self._by_all(found), found) for found in features]
        every = self._latin_steps(features, [math.ceil(line.shape[1] / STEP) for line in lines])
        readings = [greedy(steps, self.latin_classes) if steps else None for steps in every]
        return [
            Look(reading if reading and reading.score >= _SURE else self._by_all(found), found)
            for reading, found in zip(readings, features, strict=True)
        ]

    def exact_features(self, tensor: NDArray[np.float32]) -> Features:
        """What a line image, as `as_input` makes it a tensor, is turned into by the weights as they come."""
        return self._features(tensor, exact=True)

    def latin_probabilities(self, features: Features) -> NDArray[np.float32]:
        """Time steps x `latin_classes`: how likely each of these is."""
        logits: NDArray[np.float32] = self._latin.run(features)
        logits -= logits.max(axis=1, keepdims=True)
        np.exp(logits, out=logits)
        logits /= logits.sum(axis=1, keepdims=True)
        return logits

    def _by_all(self, features: NDArray[np.float32]) -> Reading:
        return greedy(_steps(self._all.run(features))[0], self._classes)

    def _latin_steps(self, features: Sequence[NDArray[np.float32]], written: Sequence[int]) -> list[Steps | None]:
        """What each step of each line says by its Latin classes; None where a letter of another script stands.

        Steps from `written` on lie on the padding behind the line, where nothing can stand.
        """
        together = np.concatenate(features)
        may_stand = np.concatenate([np.arange(len(line)) < end for line, end in zip(features, written, strict=True)])
        steps, top = _steps(self._latin.run(together))
        doubtful = np.flatnonzero((top < _FAMILIAR) & may_stand)
        is_foreign = np.zeros(len(top), np.bool_)
        if len(doubtful):
            whole, _ = _steps(self._all.run(together[doubtful]))
            is_foreign[doubtful] = ~self._is_latin[whole.best]
            steps.best[doubtful] = self._place_in_latin[whole.best]
            steps.sure[doubtful], steps.gap[doubtful] = whole.sure, whole.gap
        ends = itertools.accumulate((len(line) for line in features), initial=0)
        return [
            None
            if is_foreign[start:end].any()
            else Steps(steps.best[start:end], steps.sure[start:end], steps.gap[start:end])
            for start, end in itertools.pairwise(ends)
        ]

    def _tensor(self, line: RgbPixels, *, exact: bool) -> NDArray[np.float32]:
        if exact or not self.has_quick:
            return as_input(line)
        return as_tensor(line, min(max(_LEAST_QUICK, line.shape[1] + _LEAST_BEHIND), LEAST_WIDTH))

    def _features(self, tensor: NDArray[np.float32], *, exact: bool) -> NDArray[np.float32]:
        """Time steps x features."""
        found: NDArray[np.float32] = (self._exact if exact else self._quick).run(tensor)[0]
        return found


def as_input(line: RgbPixels) -> NDArray[np.float32]:
    """What recognisers take, for a line image RGB uint8: see `as_tensor`."""
    return as_tensor(line, LEAST_WIDTH)


def _steps(logits: NDArray[np.float32]) -> tuple[Steps, NDArray[np.float32]]:
    """What the steps say by softmax over each row of `logits`, which are overwritten, and the best logit of each."""
    best = logits.argmax(axis=1)
    top = logits[np.arange(len(best)), best]
    logits -= top[:, None]
    np.exp(logits, out=logits)
    total = logits.sum(axis=1)
    return Steps(best, 1 / total, logits[:, -1] / total), top


def greedy(steps: Steps, classes: tuple[str, ...]) -> Reading:
    """The reading by greedy CTC; of `classes` the first is the blank and the last the space."""
    best = steps.best
    starts = np.flatnonzero(np.concatenate(([True], best[1:] != best[:-1])))
    kept = np.flatnonzero(best[starts])
    if len(kept) == 0:
        return Reading((), 0.0)
    firsts = starts[kept]
    ends = np.append(starts, len(best))[kept + 1]
    sure = np.maximum.reduceat(steps.sure, starts)[kept]
    # A space may stand anywhere from the start of the glyph before to the end of this one.
    within = np.maximum.reduceat(steps.gap, starts)[kept]
    until_next = np.maximum.reduceat(steps.gap, firsts)
    before = np.concatenate(([steps.gap[: firsts[0] + 1].max()], until_next[:-1]))
    glyphs = tuple(
        map(
            Glyph,
            [classes[which] for which in best[firsts].tolist()],
            (STEP / 2 * (firsts + ends)).tolist(),
            sure.tolist(),
            np.maximum(before, within).tolist(),
        )
    )
    return Reading(glyphs, float(sure.mean(dtype=np.float64)))
