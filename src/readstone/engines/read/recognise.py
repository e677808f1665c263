"""Reads one flat line: the recogniser and its CTC alignment.

CTC: Graves et al. 2006, "Connectionist Temporal Classification". Decoded greedily: the best class of each
time step, repetitions merged, blanks dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import RgbPixels
from readstone.engines.manifest import TEXT_RECOGNISER
from readstone.engines.onnx import Model

_STEP = 8  # columns of the line per time step
_LEAST_WIDTH = 320  # shorter lines are padded with grey, as in training


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
    """The text recogniser. Re-entrant: lines of one or many pages may be read at the same time."""

    def __init__(self) -> None:
        # One core a line: reading two lines side by side beats splitting one line over two cores.
        self.model = Model(TEXT_RECOGNISER, threads=1, arena=True)
        characters = self.model.metadata["character"].split("\n")
        self._classes = ("", *characters, " ")

    def read(self, line: RgbPixels) -> Reading:
        """Read a line image: RGB uint8, 48 rows, any width."""
        height, width = line.shape[:2]
        # Zero is the grey between black (-1) and white (1).
        tensor = np.zeros((1, 3, height, max(width, _LEAST_WIDTH)), np.float32)
        tensor[0, :, :, :width] = line[:, :, ::-1].transpose(2, 0, 1) * np.float32(2 / 255) - 1
        return self._decode(self.model.run(tensor)[0])

    def _decode(self, probabilities: NDArray[np.float32]) -> Reading:
        """Greedy CTC over an array of steps x classes; class 0 is the blank."""
        best = probabilities.argmax(axis=1)
        sure = probabilities[np.arange(len(best)), best]
        starts = np.flatnonzero(np.concatenate(([True], best[1:] != best[:-1])))
        ends = np.append(starts[1:], len(best))
        gap = probabilities[:, -1]
        glyphs: list[Glyph] = []
        before = 0
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            if best[start] == 0:
                continue
            text, centre = self._classes[best[start]], _STEP * (start + end) / 2
            glyphs.append(Glyph(text, centre, float(sure[start:end].max()), float(gap[before:end].max())))
            before = start
        if not glyphs:
            return Reading((), 0.0)
        return Reading(tuple(glyphs), sum(glyph.confidence for glyph in glyphs) / len(glyphs))
