"""Tells handwriting from print: a small convolutional net over the flat line, and a chain over the page.

How the net was trained and how well it does: readstone/models/handwriting_style/CARD.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.geometry import Point, Quad
from readstone.domain.picture import RgbPixels
from readstone.domain.text import Appearance, Line, Region
from readstone.engines.manifest import HANDWRITING_STYLE
from readstone.engines.onnx import Model

ROWS = 32  # as in training (tools/models/style_net.py)
_PIECE = 128  # columns of a piece of a long line
_WHOLE = 256  # lines up to this wide are judged in one piece
_PIECES = 2
_SOFTENED = 4.0  # shades; keeps blank lines from being blown up to noise
_MARGIN = 0.15  # of the line's height: quads hug the ink, lines of the training had paper around them
_SAME_HAND = 2 / 3  # probability that a line and the one before it are both by hand or both not


class StyleClassifier:
    """Log-odds that a line is handwriting. Re-entrant.

    Raises ModelUnusableError when the model file is missing or not the known one.
    """

    def __init__(self) -> None:
        self.model = Model(HANDWRITING_STYLE, threads=1, arena=True)

    def log_odds(self, line: RgbPixels) -> float:
        """Natural log-odds of handwriting for a flat line image: RGB uint8, any size, read left to right."""
        ink = _standardised(_grey(line))
        width = ink.shape[1]
        if width > _WHOLE:
            starts = [int((width - _PIECE) * (at + 0.5) / _PIECES) for at in range(_PIECES)]
            ink = np.stack([ink[:, start : start + _PIECE] for start in starts])
        else:
            ink = ink[None]
        return float(self.model.run(ink[:, None]).mean())


def loosened(quad: Quad) -> Quad:
    """The quad with a margin of paper on all sides."""
    ends = _MARGIN * quad.thickness / max(quad.length, 1.0)
    wide = quad.between(-ends, 1 + ends)

    def beyond(near: Point, far: Point) -> Point:
        return Point(near.x + (near.x - far.x) * _MARGIN, near.y + (near.y - far.y) * _MARGIN)

    a, b, c, d = wide.corners
    return Quad(beyond(a, d), beyond(b, c), beyond(c, b), beyond(d, a))


def over_page(log_odds: Sequence[float]) -> list[float]:
    """Probability of handwriting of each line of a page, given the log-odds of all in reading order.

    Lines beside each other are mostly of the same hand, but forms mix print and handwriting. So the page is a
    Markov chain of two states that stays in its state with probability _SAME_HAND; the result is what the
    forward-backward algorithm gives (Rabiner 1989, "A Tutorial on Hidden Markov Models", III.A). However sure
    they are, two neighbours move a line's log-odds by no more than 2 ln(_SAME_HAND / (1 - _SAME_HAND)) = 1.4:
    a line that is clearly handwriting stays so among print.
    """
    before, after = _passed_on(log_odds), _passed_on(log_odds[::-1])[::-1]
    return [_probability(own + a + b) for own, a, b in zip(log_odds, before, after, strict=True)]


def with_appearance(regions: Sequence[Region], log_odds: Sequence[float]) -> tuple[Region, ...]:
    """The regions with each line's appearance; `log_odds` are those of all their lines, in order."""
    judged = iter(over_page(log_odds))
    return tuple(Region(tuple(_judged(line, next(judged)) for line in region.lines)) for region in regions)


def _judged(line: Line, probability: float) -> Line:
    return replace(line, appearance=Appearance(probability > 0.5, max(probability, 1 - probability)))


def _passed_on(log_odds: Sequence[float]) -> list[float]:
    """What all lines before each line say about it, as log-odds."""
    said = [0.0]
    for own in log_odds[:-1]:
        p = _probability(own + said[-1])
        stays = p * _SAME_HAND + (1 - p) * (1 - _SAME_HAND)
        said.append(math.log(stays / (1 - stays)))
    return said[: len(log_odds)]


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-min(max(log_odds, -30.0), 30.0)))


def _grey(line: RgbPixels) -> NDArray[np.float32]:
    """Lightness 0..255, ROWS rows."""
    grey = cv2.cvtColor(line, cv2.COLOR_RGB2GRAY)
    width = max(8, round(grey.shape[1] * ROWS / grey.shape[0]))
    return cv2.resize(grey, (width, ROWS), interpolation=cv2.INTER_AREA).astype(np.float32)


def _standardised(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean 0, deviation 1, the rarer shade (the ink) above zero."""
    centred = grey - grey.mean()
    squared = centred * centred
    skewed = float(np.vdot(squared, centred))
    scale = math.copysign(1 / (math.sqrt(float(squared.mean())) + _SOFTENED), skewed)
    return np.asarray(centred * np.float32(scale), np.float32)
