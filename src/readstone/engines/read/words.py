"""From the glyphs of a line to its words: text, confidence, and a quad that hugs the ink."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readstone.domain.geometry import Point, Quad
from readstone.domain.picture import RgbPixels
from readstone.domain.script import stands_alone
from readstone.domain.text import Line, Word
from readstone.engines.read.confidence import Confidence, word_confidence
from readstone.engines.read.ink import Ink, ink_of
from readstone.engines.read.recognise import Glyph, Reading
from readstone.engines.read.spaces import with_spaces

Columns = NDArray[np.int64]
"""Shape (columns,), how many rows of each are inked."""

_FAR = 12.0  # columns that a letter's middle is off at most: one and a half of the recogniser's steps


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbouring glyphs that make one word; `spaced` when a space was read before it."""

    glyphs: tuple[Glyph, ...]
    spaced: bool

    @property
    def text(self) -> str:
        return "".join(glyph.text for glyph in self.glyphs)

    @property
    def alone(self) -> bool:
        return stands_alone(self.glyphs[0].text)


def line_of(reading: Reading, image: RgbPixels, quad: Quad, confidence: Confidence = word_confidence) -> Line | None:
    """The line that `reading` says, None when it holds nothing but spaces.

    `image` is the flat line (RGB uint8) that was read and `quad` where it lies on the picture; the quads
    of the words, and of the line around them, are in the coordinates of `quad`. `confidence` makes that of
    a word of the probabilities of its glyphs.
    """
    if not reading.text.strip():
        return None
    ink = ink_of(image)
    runs = _runs(with_spaces(reading, ink).glyphs)
    spans = _spans(runs, ink)
    words = []
    for run, span in zip(runs, spans, strict=True):
        left, top, right, bottom = _hug(ink, *span)
        sure = confidence([glyph.confidence for glyph in run.glyphs])
        words.append(Word(run.text, _part(quad, image, left, top, right, bottom), sure))
    return Line(_joined(runs), _around(words, quad), tuple(words))


def _runs(glyphs: tuple[Glyph, ...]) -> list[_Run]:
    runs: list[_Run] = []
    word: list[Glyph] = []
    spaced = before = False

    def close() -> None:
        nonlocal before
        if word:
            runs.append(_Run(tuple(word), before))
            word.clear()
            before = False

    for glyph in glyphs:
        spaced = glyph.text.isspace()
        if spaced or stands_alone(glyph.text):
            close()
        if spaced:
            before = True
            continue
        word.append(glyph)
        if stands_alone(glyph.text):
            close()
    close()
    return runs


def _joined(runs: list[_Run]) -> str:
    text = runs[0].text
    for before, run in itertools.pairwise(runs):
        both_alone = before.alone and run.alone
        text += (" " if run.spaced and not both_alone else "") + run.text
    return text


def _spans(runs: list[_Run], ink: Ink) -> list[tuple[int, int]]:
    """First and last + 1 column that each word may use: cut where the paper shows between two words."""
    columns = ink.shape[1]
    weight = ink.sum(axis=0)
    first, last = runs[0], runs[-1]
    left = 0 if first.alone else _cut_off(weight, first.glyphs[0].centre)
    right = 0 if last.alone else _cut_off(weight[::-1], columns - last.glyphs[-1].centre)
    cuts = [left]
    for before, after in itertools.pairwise(runs):
        start = min(max(round(before.glyphs[-1].centre), cuts[-1]), columns - 1)
        end = min(max(round(after.glyphs[0].centre), start + 1), columns)
        cuts.append(start + _gap(weight[start:end]))
    cuts.append(columns - right)
    return list(itertools.pairwise(cuts))


def _cut_off(weight: Columns, middle: float) -> int:
    """Columns at the start that hold a mark cut off by the edge, such as a frame's, and not of the first letter.

    `middle` is that of the first letter. Ideographs may have a stroke of their own so far out.
    """
    width = int(np.argmin(weight > 0))
    return width if weight[0] > 0 and width < middle - _FAR else 0


def _gap(weight: Columns) -> int:
    """Middle of the widest run of the emptiest columns."""
    empty = np.concatenate(([False], weight <= weight.min(), [False]))
    edges = np.flatnonzero(empty[1:] != empty[:-1])
    starts, ends = edges[::2], edges[1::2]
    widest = int(np.argmax(ends - starts))
    return int(starts[widest] + ends[widest]) // 2


def _hug(ink: Ink, start: int, end: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the ink between two columns; the whole slice where there is none."""
    part = ink[:, start:end]
    columns, rows = np.flatnonzero(part.any(axis=0)), np.flatnonzero(part.any(axis=1))
    if len(columns) == 0:
        return start, 0, max(end, start + 1), ink.shape[0]
    return start + int(columns[0]), int(rows[0]), start + int(columns[-1]) + 1, int(rows[-1]) + 1


def _part(quad: Quad, image: RgbPixels, left: float, top: float, right: float, bottom: float) -> Quad:
    rows, columns = image.shape[:2]
    slice_ = quad.between(left / columns, right / columns)

    def down(up: Point, low: Point, y: float) -> Point:
        return Point(up.x + (low.x - up.x) * y / rows, up.y + (low.y - up.y) * y / rows)

    a, b, c, d = slice_.corners
    return Quad(down(a, d, top), down(b, c, top), down(b, c, bottom), down(a, d, bottom))


def _around(words: list[Word], quad: Quad) -> Quad:
    """The smallest rectangle in the line's direction around its words."""
    angle, about = quad.angle, quad.centre
    flat = [word.quad.rotated(-angle, about).bounds for word in words]
    left, top = min(b.left for b in flat), min(b.top for b in flat)
    right, bottom = max(b.right for b in flat), max(b.bottom for b in flat)
    corners = Quad(Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))
    return corners.rotated(angle, about)
