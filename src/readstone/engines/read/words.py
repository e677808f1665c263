"""From the glyphs of a line to its words: text, confidence, and a quad that hugs the ink."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.geometry import Point, Quad
from readstone.domain.picture import RgbPixels
from readstone.domain.script import stands_alone
from readstone.domain.text import Line, Word
from readstone.engines.read.confidence import Confidence, word_confidence
from readstone.engines.read.digits import with_digits
from readstone.engines.read.ink import Ink, ink_of
from readstone.engines.read.recognise import Glyph, Reading
from readstone.engines.read.spaces import with_spaces

Columns = NDArray[np.int32]
"""Shape (columns,), how many rows of each are inked."""
Boxes = NDArray[np.float64]
"""Shape (4, boxes): left, top, right, bottom in pixels of the flat line."""

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
    runs = _runs(with_digits(with_spaces(reading, ink)).glyphs)
    *each, around = _on_picture(_with_around(_boxes(ink, _cuts(runs, ink))), quad, image)
    words = tuple(
        Word(run.text, at, confidence([glyph.confidence for glyph in run.glyphs]))
        for run, at in zip(runs, each, strict=True)
    )
    return Line(_joined(runs), around, words)


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
        spaced, alone = glyph.text.isspace(), stands_alone(glyph.text)
        if spaced or alone:
            close()
        if spaced:
            before = True
            continue
        word.append(glyph)
        if alone:
            close()
    close()
    return runs


def _joined(runs: list[_Run]) -> str:
    text = runs[0].text
    for before, run in itertools.pairwise(runs):
        both_alone = before.alone and run.alone
        text += (" " if run.spaced and not both_alone else "") + run.text
    return text


def _cuts(runs: list[_Run], ink: Ink) -> list[int]:
    """Columns where a word begins and the one before it ends, where the paper shows; the end of the last one too."""
    columns = ink.shape[1]
    weight = cv2.reduce(ink.view(np.uint8), 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0]
    first, last = runs[0], runs[-1]
    left = 0 if first.alone else _cut_off(weight, first.glyphs[0].centre)
    right = 0 if last.alone else _cut_off(weight[::-1], columns - last.glyphs[-1].centre)
    cuts = [left]
    for before, after in itertools.pairwise(runs):
        start = min(max(round(before.glyphs[-1].centre), cuts[-1]), columns - 1)
        end = min(max(round(after.glyphs[0].centre), start + 1), columns)
        cuts.append(start + _gap(weight[start:end].tolist()))
    cuts.append(columns - right)
    return cuts


def _cut_off(weight: Columns, middle: float) -> int:
    """Columns at the start that hold a mark cut off by the edge, such as a frame's, and not of the first letter.

    `middle` is that of the first letter. Ideographs may have a stroke of their own so far out.
    """
    width = int(np.argmin(weight > 0))
    return width if weight[0] > 0 and width < middle - _FAR else 0


def _gap(weight: list[int]) -> int:
    """Middle of the widest run of the emptiest columns."""
    least = min(weight)
    widest = middle = at = 0
    for empty, run in itertools.groupby(weight, least.__eq__):
        length = len(list(run))
        if empty and length > widest:
            widest, middle = length, at + length // 2
        at += length
    return middle


def _boxes(ink: Ink, cuts: list[int]) -> Boxes:
    """The ink between each two cuts; the whole slice where there is none."""
    ends = np.array(cuts)
    starts, ends = ends[:-1], ends[1:]
    rows = ink.shape[0]
    inked = np.flatnonzero(ink.any(axis=0))
    first, behind = np.searchsorted(inked, starts), np.searchsorted(inked, ends)
    blank = first == behind
    padded = np.append(inked, 0)
    left, right = np.where(blank, starts, padded[first]), np.where(blank, ends, padded[behind - 1] + 1)
    # Every second slice is one between two boxes; the last box may end where the line does, where no slice starts.
    edges = np.stack((left, right), axis=1).ravel()
    within = np.logical_or.reduceat(ink, edges[:-1] if edges[-1] == ink.shape[1] else edges, axis=1)[:, ::2]
    top = np.where(blank, 0, within.argmax(axis=0))
    bottom = np.where(blank, rows, rows - within[::-1].argmax(axis=0))
    return np.array((left, top, np.maximum(right, left + 1), bottom), np.float64)


def _with_around(boxes: Boxes) -> Boxes:
    """The boxes, and behind them the smallest one around all of them."""
    around = np.concatenate((boxes[:2].min(axis=1), boxes[2:].max(axis=1)))
    return np.concatenate((boxes, around[:, None]), axis=1)


def _on_picture(boxes: Boxes, quad: Quad, image: RgbPixels) -> list[Quad]:
    """The same boxes of the flat line on the picture where `quad` is the line."""
    rows, columns = image.shape[:2]
    x, y = boxes[[0, 2, 2, 0]] / columns, boxes[[1, 1, 3, 3]] / rows
    top_left, top_right, bottom_right, bottom_left = np.array([(p.x, p.y) for p in quad.corners])[:, None, None]
    upper = top_left + (top_right - top_left) * x.T[..., None]
    lower = bottom_left + (bottom_right - bottom_left) * x.T[..., None]
    corners = (upper + (lower - upper) * y.T[..., None]).tolist()
    return [Quad(Point(*a), Point(*b), Point(*c), Point(*d)) for a, b, c, d in corners]
