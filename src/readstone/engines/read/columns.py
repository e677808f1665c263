"""Columns of ideographs: text that runs downwards with its glyphs upright.

The recogniser takes rows. A column is read lying on its side, as the model was trained to, and once more
with its glyphs set upright side by side, which it reads better when the glyphs have been told apart.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from readstone.domain.geometry import Quad
from readstone.domain.picture import RgbPixels
from readstone.domain.script import stands_alone
from readstone.domain.text import Line, Word
from readstone.engines.read.ink import Ink, ink_of
from readstone.engines.read.recognise import Reading


def is_column(reading: Reading) -> bool:
    """Whether a strip read downwards holds mostly characters that are also written in columns."""
    text = reading.text.replace(" ", "")
    return bool(text) and 2 * sum(map(stands_alone, text)) > len(text)


def as_row(column: RgbPixels, lying: Reading) -> tuple[RgbPixels, tuple[int, ...]]:
    """The column's glyphs side by side, and the columns of `column` between which each was cut out.

    `column` is the strip on its side (RGB uint8, its top to the left), `lying` what was read on it so.
    """
    rows = column.shape[0]
    cuts = _cuts(ink_of(column), lying)
    cells = [
        cv2.resize(np.rot90(column[:, start:end], -1), (rows, rows), interpolation=cv2.INTER_LINEAR)
        for start, end in itertools.pairwise(cuts)
    ]
    return np.ascontiguousarray(np.concatenate(cells, axis=1)), cuts


def _cuts(ink: Ink, lying: Reading) -> tuple[int, ...]:
    """Even cuts that meet the least ink: glyphs of a column are set at one pitch.

    The pitch is looked for near the one of the lying reading, which may have missed some glyphs.
    """
    rows, width = ink.shape
    centres = [glyph.centre for glyph in lying.glyphs if not glyph.text.isspace()]
    steps = [after - before for before, after in itertools.pairwise(centres)]
    usual = min(max(statistics.median(steps) if steps else width, rows / 2), width)
    # One column either side counts too, or a cut could slip through a stroke.
    weight = np.convolve(ink.sum(axis=0), (1, 2, 1), mode="same")
    best = (float("inf"), (0, width))
    for pitch in np.linspace(0.85 * usual, 1.15 * usual, 31):
        for offset in np.linspace(0, pitch, 16, endpoint=False):
            inner = np.arange(offset, width, pitch).round().astype(int)
            inner = inner[(inner > rows / 4) & (inner < width - rows / 4)]
            if len(inner) and (cost := float(weight[inner].mean())) < best[0]:
                best = cost, (0, *inner.tolist(), width)
    return best[1]


def reread(column: RgbPixels, lying: Reading, read: Callable[[RgbPixels], Reading]) -> tuple[Reading, bool]:
    """The better reading of a column, its centres along the column, and whether glyphs stand upright."""
    row, cuts = as_row(column, lying)
    upright = read(row)
    if upright.score <= lying.score:
        return lying, False
    rows = row.shape[0]
    middles = [(start + end) / 2 for start, end in itertools.pairwise(cuts)]
    glyphs = tuple(
        replace(glyph, centre=middles[min(int(glyph.centre // rows), len(middles) - 1)], space=0.0)
        for glyph in upright.glyphs
    )
    return Reading(glyphs, upright.score), True


def stood_up(line: Line) -> Line:
    """The same column with quads whose top left is that of the upright glyphs."""
    return Line(
        line.text,
        _upright(line.quad),
        tuple(Word(word.text, _upright(word.quad), word.confidence) for word in line.words),
    )


def _upright(quad: Quad) -> Quad:
    return Quad(quad.bottom_left, quad.top_left, quad.top_right, quad.bottom_right)
