"""The reader: a picture in, a page of regions, lines and words out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from readstone.domain.geometry import Quad
from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture, RgbPixels
from readstone.domain.stages import Stage, stage
from readstone.domain.text import Line, Page
from readstone.engines.protocols import never
from readstone.engines.read import looks
from readstone.engines.read.arcs import Arc
from readstone.engines.read.cores import Cores, stop_if
from readstone.engines.read.crop import LINE_HEIGHT, crop
from readstone.engines.read.detect import Detector, Strip
from readstone.engines.read.foreign import ForeignLines, refuse_unreadable
from readstone.engines.read.foreign_readers import ForeignReaders
from readstone.engines.read.groups import together
from readstone.engines.read.handwriting_style import StyleClassifier, loosened, with_appearance
from readstone.engines.read.language import language_of
from readstone.engines.read.layout import regions_of
from readstone.engines.read.lines import Known, LineReader, manner_of
from readstone.engines.read.orient import lean_of, median_angle, quarter_turns_of
from readstone.engines.read.other_scripts import ScriptRecogniser
from readstone.engines.read.recognise import Manner, Reading
from readstone.engines.read.scale import is_large_enough, is_like_one_line, may_be_one_line, scales_for, smaller_scales
from readstone.engines.read.tesseract import installed
from readstone.engines.read.tokens import TokenLine
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
        self.foreign = ForeignReaders(ScriptRecogniser(), installed(tessdata))
        self._cores = Cores(threads)
        # The first run of a model costs extra; better now than in somebody's request.
        blank = np.full((LINE_HEIGHT, 8 * LINE_HEIGHT, 3), 255, np.uint8)
        for alone in (False, True):
            self.detector.detect(blank, 1.0, alone)
        self.lines.recogniser.warm()
        self.lines.spelling.warm()
        self.lines.handwriting.read((blank,))
        self.foreign.own.read(blank)

    def read(self, picture: Picture, options: ReadOptions, cancelled: Callable[[], bool] = never) -> Page:
        """The text of `picture`; `cancelled` is asked between steps and lines, on the caller's thread.

        Raises Refusal as `judge` does.
        """
        self.judge(options)
        with self._cores.page():
            return self._page(picture, options, cancelled)

    def judge(self, options: ReadOptions) -> None:
        """Raise Refusal LANGUAGE_NOT_SUPPORTED for a language in whose script nothing here can read."""
        refuse_unreadable(self.foreign.packs, options.language)

    def _page(self, picture: Picture, options: ReadOptions, cancelled: Callable[[], bool]) -> Page:
        width, height = picture.width, picture.height
        turns, lines = 0, list[Line]()
        foreign = ForeignLines(self.foreign, options.language)
        for scale in scales_for(width, height):
            turns, lines = self._lines(picture.pixels, scale, options.detect_orientation, foreign, cancelled)
            if lines:
                break
        if _may_be_filled(lines, width, height):
            whole = self.lines.whole(picture.pixels, options.detect_orientation)
            if whole and looks.is_cut_short(lines, whole[1], width):
                turns, lines = whole[0], [whole[1]]
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
        foreign: ForeignLines,
        cancelled: Callable[[], bool],
    ) -> tuple[int, list[Line]]:
        """Clockwise quarter turns that bring the picture upright, and its lines when so turned."""
        size, found_first = self._strips(pixels, scale, cancelled)
        strips, arcs = _flat_and_bent(found_first)
        known: Known = {}
        turns, manner = 0, Manner()
        if orient and strips:
            with stage(Stage.RECOGNISE, self.name):
                turns, manner = self._quarter_turns(pixels, strips, known, foreign, cancelled)
            if turns:
                known = {}
                # Found again on the page as it stands upright, it reads no worse than if it had come so.
                pixels = turned(pixels, turns)
                size, found_first = self._strips(pixels, scale, cancelled)
                strips, arcs = _flat_and_bent(found_first)
        lean, strips = lean_of(strips), _longest_first(strips)
        quads = [strip.towards(lean) for strip in strips]

        def each(work: Callable[[int], TokenLine], which: Sequence[int]) -> list[TokenLine]:
            return self._cores.each(work, which, cancelled)

        with stage(Stage.RECOGNISE, self.name):
            done = foreign.first(pixels, quads, each)
            rest = [strip for strip, line in zip(strips, done, strict=True) if line is None]
            read = self._cores.each(
                lambda some: self.lines.several(pixels, some, lean, manner, known),
                # Where most lines are unclear, each takes as long as a group of others.
                [[strip] for strip in rest] if manner.exact else self._together(rest, lean),
                cancelled,
            )
            others = itertools.chain.from_iterable(read)
            found = [next(others) if line is None else line for line in done]
            found = foreign.read(pixels, quads, found, each)
            found += self._cores.each(lambda one: self.lines.bent_line(pixels, one[0], one[1], lean), arcs, cancelled)
        lines = [line for line in found if line is not None]
        # Another look is one with the plain recogniser, which has nothing to say of other scripts.
        if 2 * foreign.lines_read > len(lines):
            return turns, lines
        if not looks.is_worth_another(lines):
            return turns, looks.without_scrawls(lines)
        return turns, self._looked_again(pixels, size * looks.LARGER, lean, lines, cancelled)

    def _looked_again(
        self, pixels: RgbPixels, scale: float, lean: float, lines: list[Line], cancelled: Callable[[], bool]
    ) -> list[Line]:
        """`lines`, with the unclear ones replaced by those that read better when looked for at `scale`."""
        clear = [line for line in lines if looks.is_clear(line)]
        taken = looks.boxes_along([line.quad for line in clear], lean)
        strips, _ = _flat_and_bent(self._found(pixels, scale, cancelled))
        boxes = looks.boxes_along([strip.towards(lean) for strip in strips], lean)
        free = [s for s, box in zip(strips, boxes, strict=True) if not any(looks.are_same(box, b) for b in taken)]
        with stage(Stage.RECOGNISE, self.name):
            found = self._cores.each(
                lambda strip: self.lines.line(pixels, strip, lean, Manner(exact=True), {}),
                _longest_first(free),
                cancelled,
            )
        unclear = [line for line in lines if not looks.is_clear(line)]
        return clear + looks.better_of(unclear, [line for line in found if line is not None], lean)

    def _together(self, strips: Sequence[Strip], lean: float) -> list[Sequence[Strip]]:
        return together(strips, [strip.towards(lean) for strip in strips], self._cores.shares)

    def _strips(self, pixels: RgbPixels, scale: float, cancelled: Callable[[], bool]) -> tuple[float, list[Strip]]:
        """Strips of text, looked for at a smaller scale first where that may do, and the scale at which they were."""
        for smaller in smaller_scales(pixels.shape[1], pixels.shape[0], scale):
            strips = self._found(pixels, smaller, cancelled)
            if is_large_enough([strip.across * smaller for strip in strips]):
                return smaller, strips
        return scale, self._found(pixels, scale, cancelled)

    def _found(self, pixels: RgbPixels, scale: float, cancelled: Callable[[], bool]) -> list[Strip]:
        stop_if(cancelled)
        with stage(Stage.DETECT, self.name):
            looked_at = round(pixels.shape[0] * pixels.shape[1] * scale * scale)
            return self._cores.one(lambda alone: self.detector.detect(pixels, scale, alone), looked_at)

    def _quarter_turns(
        self,
        pixels: RgbPixels,
        strips: list[Strip],
        known: Known,
        foreign: ForeignLines,
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
            groups = together(wanted, wanted, min(self._cores.count, self._cores.shares))
            for cuts in self._cores.each(lambda some: self.lines.cuts(pixels, some), groups, cancelled):
                known.update((cut.quad, cut) for cut in cuts)
            return [known[quad].reading for quad in quads]

        def stands_upright(quad: Quad, lying: Reading) -> bool:
            return self.lines.stands_upright(pixels, quad, lying)

        vote = quarter_turns_of(strips, lean, read, stands_upright)
        if vote.readings:
            forward = tuple(known[quad].reading for quad in asked[0])
            upside_down = foreign.turn(pixels, asked[0], forward, vote.readings)
            if upside_down is not None and upside_down == (vote.readings == forward):
                return (vote.turns + 2) % 4, manner_of(vote.readings)
        return vote.turns, manner_of(vote.readings)


def _may_be_filled(lines: Sequence[Line], width: int, height: int) -> bool:
    """Whether a picture with these lines may be filled by one, of which the detector may find a part, or none."""
    if not lines:
        return may_be_one_line(width, height)
    return is_like_one_line(width, height) and looks.leave_room(lines, width, height)


def _flat_and_bent(strips: Sequence[Strip]) -> tuple[list[Strip], list[tuple[Strip, Arc]]]:
    """Strips of straight lines, and those of lines along a circle, which tell nothing of the page's direction."""
    return [s for s in strips if s.arc is None], [(s, s.arc) for s in strips if s.arc is not None]


def _longest_first(strips: Sequence[Strip]) -> list[Strip]:
    """The slowest lines first: then no thread is left alone with one at the end."""
    return sorted(strips, key=lambda strip: -strip.along / max(strip.across, 1.0))
