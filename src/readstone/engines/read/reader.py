"""The reader: a picture in, a page of regions, lines and words out."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from readstone.domain.geometry import Point, Quad
from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture, RgbPixels
from readstone.domain.refusals import Cancelled
from readstone.domain.text import Line, Page
from readstone.engines.protocols import never
from readstone.engines.read.columns import is_column, reread, stood_up
from readstone.engines.read.crop import LINE_HEIGHT, crop
from readstone.engines.read.detect import Detector, Strip
from readstone.engines.read.language import language_of
from readstone.engines.read.layout import regions_of
from readstone.engines.read.orient import lean_of, median_angle, quarter_turns_of
from readstone.engines.read.recognise import Reading, Recogniser
from readstone.engines.read.scale import may_be_one_line, scales_for
from readstone.engines.read.script import half_known
from readstone.engines.read.turns import line_back, orientation_of, turned
from readstone.engines.read.words import line_of

_READABLE = 0.5  # mean probability below which a strip is taken for a texture, not for text
_TALL = 1.5  # a strip this much taller than wide may be text running down or up
_CLEAR = 0.9
_ALMOST_SURE = 0.96  # lines below this are read again, cut in other ways
_POOR = 0.8
_OTHER_CROPS = ((-0.05, -0.05, 1.0), (0.1, 0.0, 1.0), (0.0, 0.0, 1.2))  # tighter; longer; stretched
_GUESS = 0.3  # probability of a glyph that says nothing
_LOOSER_CROP = (0.05, 0.05, 1.0)

_Known = dict[Quad, tuple[RgbPixels, Reading]]
"""Line images and what was read on them while the page's direction was looked for."""

T = TypeVar("T")
R = TypeVar("R")


class PageReader:
    """Reads pages with one detector and one recogniser shared by all callers. Re-entrant.

    `threads`: how many cores the reader may use for everything that goes on in it at once. Raises
    ModelUnusableError when a model file is missing or not the known one.
    """

    def __init__(self, *, threads: int) -> None:
        self.detector = Detector(threads=threads)
        self.recogniser = Recogniser()
        self._window = 2 * threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="read-line")
        # The first run of a model costs extra; better now than in somebody's request.
        blank = np.full((LINE_HEIGHT, 8 * LINE_HEIGHT, 3), 255, np.uint8)
        self.detector.detect(blank, 1.0)
        self.recogniser.read(blank)

    def read(self, picture: Picture, options: ReadOptions, cancelled: Callable[[], bool] = never) -> Page:
        """The text of `picture`; `cancelled` is asked between steps and lines, on the caller's thread."""
        width, height = picture.width, picture.height
        turns, lines = 0, list[Line]()
        for scale in scales_for(width, height):
            turns, lines = self._lines(picture.pixels, scale, options.detect_orientation, cancelled)
            if lines:
                break
        else:
            if may_be_one_line(width, height):
                turns, lines = self._one_line(picture.pixels, options.detect_orientation)
        if not lines:
            return Page(width, height)
        lines = [line_back(line, turns, width, height) for line in lines]
        angle = -median_angle([(line.quad.angle, line.quad.length) for line in lines])
        orientation = orientation_of(turns) if options.detect_orientation else None
        frame = Page(width, height, angle, orientation)
        regions = regions_of(lines, frame.upright)
        language = options.language or language_of(" ".join(line.text for r in regions for line in r.lines))
        return Page(width, height, angle, orientation, language, regions)

    def _lines(
        self, pixels: RgbPixels, scale: float, orient: bool, cancelled: Callable[[], bool]
    ) -> tuple[int, list[Line]]:
        """Clockwise quarter turns that bring the picture upright, and its lines when so turned."""
        _stop_if(cancelled)
        strips = self.detector.detect(pixels, scale)
        known: _Known = {}
        turns = 0
        if orient and strips:
            _stop_if(cancelled)
            turns = self._quarter_turns(pixels, strips, known)
            if turns:
                known = {}
                # Found again on the page as it stands upright, it reads no worse than if it had come so.
                pixels = turned(pixels, turns)
                _stop_if(cancelled)
                strips = self.detector.detect(pixels, scale)
        lean = lean_of(strips)
        found = self._each(lambda strip: self._line(pixels, strip, lean, known), _longest_first(strips), cancelled)
        return turns, [line for line in found if line is not None]

    def _one_line(self, pixels: RgbPixels, orient: bool) -> tuple[int, list[Line]]:
        """The whole picture read as one line, when that gives a clear reading."""
        height, width = pixels.shape[:2]
        if height > width and not orient:
            return 0, []
        best: tuple[float, int, Line] | None = None
        for turns in (1, 3) if height > width else (0,):
            upright = turned(pixels, turns)
            high, wide = upright.shape[:2]
            quad = Quad(Point(0, 0), Point(wide, 0), Point(wide, high), Point(0, high))
            image = crop(upright, quad)
            reading = self.recogniser.read(image)
            line = line_of(reading, image, quad) if reading.score >= _CLEAR else None
            if line is not None and (best is None or reading.score > best[0]):
                best = reading.score, turns, line
        return (best[1], [best[2]]) if best else (0, [])

    def _quarter_turns(self, pixels: RgbPixels, strips: list[Strip], known: _Known) -> int:
        def read(quad: Quad) -> Reading:
            known[quad] = self._read(pixels, quad)
            return known[quad][1]

        def stands_upright(quad: Quad, lying: Reading) -> bool:
            return reread(crop(pixels, quad), lying, self.recogniser.read)[1]

        return quarter_turns_of(strips, lean_of(strips), read, stands_upright)

    def _read(self, pixels: RgbPixels, quad: Quad, stretch: float = 1.0) -> tuple[RgbPixels, Reading]:
        image = crop(pixels, quad, stretch)
        return image, self.recogniser.read(image)

    def _line(self, pixels: RgbPixels, strip: Strip, lean: float, known: _Known) -> Line | None:
        quad = strip.towards(lean)
        if quad.thickness >= _TALL * quad.length:
            return self._tall_line(pixels, strip, lean)
        image, reading = known.get(quad) or self._read(pixels, quad)
        if reading.score < _ALMOST_SURE:
            crops = (*_OTHER_CROPS, _LOOSER_CROP) if half_known(reading.text) else _OTHER_CROPS
            for ends, sides, stretch in crops:
                other_quad = strip.grown(ends, sides).towards(lean)
                other_image, other = self._read(pixels, other_quad, stretch)
                if _better(other, reading):
                    reading, image, quad = other, other_image, other_quad
        return line_of(reading, image, quad) if reading.score >= _READABLE else None

    def _tall_line(self, pixels: RgbPixels, strip: Strip, lean: float) -> Line | None:
        """A strip taller than wide: a narrow glyph, a column, or text that runs down or up the page."""
        best: tuple[Reading, RgbPixels, Quad] | None = None
        # A lone "1" is as tall as this; longer strips are text on its side first of all.
        turns = (0, 1, -1) if strip.along < 2.5 * strip.across else (1, -1, 0)
        for turn in turns:
            quad = strip.towards(lean + turn * math.pi / 2)
            image, reading = self._read(pixels, quad)
            if turn == 1 and is_column(reading):
                reading, _ = reread(image, reading, self.recogniser.read)
                line = line_of(reading, image, quad)
                return stood_up(line) if line and reading.score >= _READABLE else None
            if best is None or reading.score > best[0].score:
                best = reading, image, quad
            if reading.score >= _CLEAR:
                break
        if best is None or best[0].score < _READABLE:
            return None
        return line_of(*best)

    def _each(self, work: Callable[[T], R], items: Iterable[T], cancelled: Callable[[], bool]) -> list[R]:
        """`work` done on every item by the shared threads, results in order.

        Only a few items wait in the pool at a time, so that a long page does not shut out a short one.
        """
        results: list[R] = []
        waiting: deque[Future[R]] = deque()
        try:
            for item in items:
                _stop_if(cancelled)
                if len(waiting) >= self._window:
                    results.append(waiting.popleft().result())
                waiting.append(self._pool.submit(work, item))
            while waiting:
                _stop_if(cancelled)
                results.append(waiting.popleft().result())
        finally:
            for future in waiting:
                future.cancel()
        return results


def _better(other: Reading, reading: Reading) -> bool:
    # The mean favours readings that skip what they cannot read, so two kinds of line are judged by how much
    # was read: those where letters are missing from the recogniser, by the glyphs likely to be right, and poor
    # ones, by the glyphs that are more than guesses.
    if half_known(reading.text):
        return _surplus(other, 0.0) > _surplus(reading, 0.0)
    if reading.score < _POOR:
        return _surplus(other, _GUESS) > _surplus(reading, _GUESS)
    return other.score > reading.score


def _surplus(reading: Reading, worthless: float) -> float:
    """Sum of the glyphs' probabilities above `worthless`."""
    return sum(glyph.confidence - worthless for glyph in reading.glyphs)


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled


def _longest_first(strips: Sequence[Strip]) -> list[Strip]:
    """The slowest lines first: then no thread is left alone with one at the end."""
    return sorted(strips, key=lambda strip: -strip.along / max(strip.across, 1.0))
