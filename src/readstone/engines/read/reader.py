"""The reader: a picture in, a page of regions, lines and words out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from readstone.domain.geometry import Quad
from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture, RgbPixels
from readstone.domain.stages import Stage, stage
from readstone.domain.text import Line, Page
from readstone.engines.protocols import never
from readstone.engines.read.cores import Cores, stop_if
from readstone.engines.read.crop import LINE_HEIGHT, crop
from readstone.engines.read.detect import Detector, Strip
from readstone.engines.read.foreign import ForeignLines, refuse_unreadable
from readstone.engines.read.handwriting_style import StyleClassifier, loosened, with_appearance
from readstone.engines.read.language import language_of
from readstone.engines.read.layout import regions_of
from readstone.engines.read.lines import Known, LineReader, manner_of
from readstone.engines.read.orient import lean_of, median_angle, quarter_turns_of
from readstone.engines.read.recognise import Manner, Reading
from readstone.engines.read.scale import is_large_enough, may_be_one_line, scales_for, smaller_scales
from readstone.engines.read.tesseract import TokenLine, installed
from readstone.engines.read.turns import line_back, orientation_of, turned


class PageReader:
    """Reads pages with one detector and one recogniser shared by all callers. Re-entrant.

    `threads`: how many cores the reader may use for everything that goes on in it at once. `tessdata`: the folder
    of tesseract's language data, when it is no usual one. Raises ModelUnusableError when a model file is missing or
    not the known one.
    """

    name = "default"

    def __init__(self, *, threads: int, tessdata: Path | None = None) -> None:
        self.detector = Detector(threads=threads)
        self.style = StyleClassifier()
        self.lines = LineReader(self.style)
        self.tesseract = installed(tessdata)
        self._cores = Cores(threads)
        # The first run of a model costs extra; better now than in somebody's request.
        blank = np.full((LINE_HEIGHT, 8 * LINE_HEIGHT, 3), 255, np.uint8)
        for alone in (False, True):
            self.detector.detect(blank, 1.0, alone)
        self.lines.recogniser.warm()
        self.lines.handwriting.read(blank)

    def read(self, picture: Picture, options: ReadOptions, cancelled: Callable[[], bool] = never) -> Page:
        """The text of `picture`; `cancelled` is asked between steps and lines, on the caller's thread.

        Raises Refusal as `judge` does.
        """
        self.judge(options)
        with self._cores.page():
            return self._page(picture, options, cancelled)

    def judge(self, options: ReadOptions) -> None:
        """Raise Refusal LANGUAGE_NOT_SUPPORTED for a language in whose script nothing here can read."""
        refuse_unreadable(self.tesseract, options.language)

    def _page(self, picture: Picture, options: ReadOptions, cancelled: Callable[[], bool]) -> Page:
        width, height = picture.width, picture.height
        turns, lines = 0, list[Line]()
        foreign = ForeignLines(self.tesseract, options.language) if self.tesseract else None
        for scale in scales_for(width, height):
            turns, lines = self._lines(picture.pixels, scale, options.detect_orientation, foreign, cancelled)
            if lines:
                break
        else:
            if may_be_one_line(width, height):
                whole = self.lines.whole(picture.pixels, options.detect_orientation)
                turns, lines = (whole[0], [whole[1]]) if whole else (0, [])
        if not lines:
            return Page(width, height)
        lines = [line_back(line, turns, width, height) for line in lines]
        angle = -median_angle([(line.quad.angle, line.quad.length) for line in lines])
        orientation = orientation_of(turns) if options.detect_orientation else None
        frame = Page(width, height, angle, orientation)
        with stage(Stage.ORDER, self.name):
            regions = regions_of(lines, frame.upright)
        if options.appearance:
            flat = [loosened(line.quad) for region in regions for line in region.lines]
            judged = self._cores.each(lambda quad: self.style.log_odds(crop(picture.pixels, quad)), flat, cancelled)
            regions = with_appearance(regions, judged)
        language = options.language or language_of(" ".join(line.text for r in regions for line in r.lines))
        return Page(width, height, angle, orientation, language, regions)

    def _lines(
        self,
        pixels: RgbPixels,
        scale: float,
        orient: bool,
        foreign: ForeignLines | None,
        cancelled: Callable[[], bool],
    ) -> tuple[int, list[Line]]:
        """Clockwise quarter turns that bring the picture upright, and its lines when so turned."""
        strips = self._strips(pixels, scale, cancelled)
        known: Known = {}
        turns, manner = 0, Manner()
        if orient and strips:
            with stage(Stage.RECOGNISE, self.name):
                turns, manner = self._quarter_turns(pixels, strips, known, foreign, cancelled)
            if turns:
                known = {}
                # Found again on the page as it stands upright, it reads no worse than if it had come so.
                pixels = turned(pixels, turns)
                strips = self._strips(pixels, scale, cancelled)
        lean, strips = lean_of(strips), _longest_first(strips)
        quads = [strip.towards(lean) for strip in strips]

        def each(work: Callable[[int], TokenLine], which: Sequence[int]) -> list[TokenLine]:
            return self._cores.each(work, which, cancelled)

        with stage(Stage.RECOGNISE, self.name):
            done = foreign.first(pixels, quads, each) if foreign else [None] * len(strips)
            found = self._cores.each(
                lambda at: done[at] or self.lines.line(pixels, strips[at], lean, manner, known),
                range(len(strips)),
                cancelled,
            )
            if foreign:
                found = foreign.read(pixels, quads, found, each)
        return turns, [line for line in found if line is not None]

    def _strips(self, pixels: RgbPixels, scale: float, cancelled: Callable[[], bool]) -> list[Strip]:
        """Strips of text, looked for at a smaller scale first where that may do."""
        for smaller in smaller_scales(pixels.shape[1], pixels.shape[0], scale):
            strips = self._found(pixels, smaller, cancelled)
            if is_large_enough([strip.across * smaller for strip in strips]):
                return strips
        return self._found(pixels, scale, cancelled)

    def _found(self, pixels: RgbPixels, scale: float, cancelled: Callable[[], bool]) -> list[Strip]:
        stop_if(cancelled)
        with stage(Stage.DETECT, self.name):
            return self._cores.one(lambda alone: self.detector.detect(pixels, scale, alone))

    def _quarter_turns(
        self,
        pixels: RgbPixels,
        strips: list[Strip],
        known: Known,
        foreign: ForeignLines | None,
        cancelled: Callable[[], bool],
    ) -> tuple[int, Manner]:
        """Clockwise quarter turns that bring the picture upright, and how its other lines are to be read."""
        lean = lean_of(strips)
        # Most pages lie upright: no core need wait while the last voters are read.
        ahead = [strip.towards(lean) for strip in _longest_first(strips)[: 2 * self._cores.count]]

        asked: list[Sequence[Quad]] = []

        def read(quads: Sequence[Quad]) -> list[Reading]:
            asked.append(quads)
            more = ahead if quads[0] in ahead else []
            wanted = [quad for quad in dict.fromkeys([*quads, *more]) if quad not in known]
            for cut in self._cores.each(lambda quad: self.lines.cut(pixels, quad), wanted, cancelled):
                known[cut.quad] = cut
            return [known[quad].reading for quad in quads]

        def stands_upright(quad: Quad, lying: Reading) -> bool:
            return self.lines.stands_upright(pixels, quad, lying)

        vote = quarter_turns_of(strips, lean, read, stands_upright)
        if foreign and vote.readings:
            forward = tuple(known[quad].reading for quad in asked[0])
            upside_down = foreign.turn(pixels, asked[0], forward, vote.readings)
            if upside_down is not None and upside_down == (vote.readings == forward):
                return (vote.turns + 2) % 4, manner_of(vote.readings)
        return vote.turns, manner_of(vote.readings)


def _longest_first(strips: Sequence[Strip]) -> list[Strip]:
    """The slowest lines first: then no thread is left alone with one at the end."""
    return sorted(strips, key=lambda strip: -strip.along / max(strip.across, 1.0))
