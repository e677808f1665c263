"""Reads the line on one strip of a page, as often and as exactly as it needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from readstone.domain.geometry import Point, Quad
from readstone.domain.picture import RgbPixels
from readstone.domain.text import Line
from readstone.engines.read.arcs import Arc, bent, flat_quad, flattened
from readstone.engines.read.choice import ALMOST_SURE, is_better, other_cuttings
from readstone.engines.read.columns import is_column, reread, stood_up
from readstone.engines.read.crop import crop
from readstone.engines.read.detect import Strip
from readstone.engines.read.handwriting import HandReader, HandwritingRecogniser, may_be_handwriting, views_of
from readstone.engines.read.handwriting_style import StyleClassifier, loosened
from readstone.engines.read.letters import Letters
from readstone.engines.read.recognise import Features, Manner, Reading, Recogniser
from readstone.engines.read.repertoire import is_common_or_latin
from readstone.engines.read.spelling import Spelling, is_in_doubt
from readstone.engines.read.turns import turned
from readstone.engines.read.words import line_of

_READABLE = 0.5  # mean probability below which a strip is taken for a texture, not for text
_TALL = 1.5  # a strip this much taller than wide may be text running down or up
_CLEAR = 0.9
_SAMPLE = 300  # characters of a page that tell its language
_INSET = 0.12  # part of a picture's height that may be its neighbours', where it is read as one line
_BY_HAND = 1.5  # natural log-odds of handwriting from which the plain recogniser need not see other cuttings first
_LEAST_BENT = 3  # letters of a bent line; a scrawl may pass for one or two

QUICK = Manner(latin=True)
"""How the first lines of a page are read: a step of another script sends a line to all classes anyway."""


class Cut(NamedTuple):
    """A quad of the picture, the flat image of it (RGB uint8), what was read there, and whether exactly.

    `features` are those that the plain recogniser read it from, None where another one read.
    """

    quad: Quad
    image: RgbPixels
    reading: Reading
    exact: bool
    features: Features | None


Known = dict[Quad, Cut]
"""What was read while the page's direction was looked for."""


class LineReader:
    """Reads single lines of pages with one recogniser, and one more for handwriting. Re-entrant."""

    def __init__(self, style: StyleClassifier) -> None:
        letters = Letters()
        self.recogniser = Recogniser()
        self.spelling = Spelling(self.recogniser.latin_classes, letters)
        self.handwriting: HandReader = HandwritingRecogniser(letters, self.recogniser)
        self._style = style

    def cut(self, pixels: RgbPixels, quad: Quad, manner: Manner = QUICK, stretch: float = 1.0) -> Cut:
        """The quad's content, read from its left edge to its right one."""
        return self._read([quad], [crop(pixels, quad, stretch)], manner)[0]

    def cuts(self, pixels: RgbPixels, quads: Sequence[Quad], manner: Manner = QUICK) -> list[Cut]:
        """See `cut`."""
        return self._read(quads, [crop(pixels, quad) for quad in quads], manner) if quads else []

    def _read(self, quads: Sequence[Quad], images: Sequence[RgbPixels], manner: Manner) -> list[Cut]:
        exact = manner.exact or not self.recogniser.has_quick
        looks = self.recogniser.look_at(images, manner)
        return [
            Cut(quad, image, look.reading, exact, look.features)
            for quad, image, look in zip(quads, images, looks, strict=True)
        ]

    def stands_upright(self, pixels: RgbPixels, quad: Quad, lying: Reading) -> bool:
        """Whether the glyphs in a quad that runs downwards stand upright in it."""
        return reread(crop(pixels, quad), lying, self.recogniser.read)[1]

    def line(self, pixels: RgbPixels, strip: Strip, lean: float, manner: Manner, known: Known) -> Line | None:
        """The line on `strip` of a page leaning by `lean` (radians), None where there is no text."""
        return self.several(pixels, (strip,), lean, manner, known)[0]

    def several(
        self, pixels: RgbPixels, strips: Sequence[Strip], lean: float, manner: Manner, known: Known
    ) -> list[Line | None]:
        """The lines on some strips: see `line`. Each step is done for all of them before the next (see `groups`)."""
        quads = [strip.towards(lean) for strip in strips]
        lying = [quad for quad in quads if quad.thickness < _TALL * quad.length]
        read = {cut.quad: cut for cut in self.cuts(pixels, [quad for quad in lying if quad not in known], manner)}
        best = {quad: known.get(quad) or read[quad] for quad in lying}
        for strip, quad in zip(strips, quads, strict=True):
            if quad in best and best[quad].reading.score < ALMOST_SURE:
                best[quad] = self._surest(pixels, strip, lean, best[quad])
        return [
            self._readable(best[quad], manner.sample) if quad in best else self._tall_line(pixels, strip, lean)
            for strip, quad in zip(strips, quads, strict=True)
        ]

    def _readable(self, cut: Cut, sample: str = "") -> Line | None:
        return line_of(self._spelt(cut, sample), cut.image, cut.quad) if cut.reading.score >= _READABLE else None

    def _spelt(self, cut: Cut, sample: str = "") -> Reading:
        """What was read, its unsure letters as they are likely to be spelt on a page of which `sample` is a part."""
        if cut.features is None or not is_in_doubt(cut.reading):
            return cut.reading
        return self.spelling.of(cut.reading, self.recogniser.latin_probabilities(cut.features), sample)

    def _surest(self, pixels: RgbPixels, strip: Strip, lean: float, first: Cut) -> Cut:
        """The line read again exactly, then as handwriting or cut in other ways."""
        best = first
        if not first.exact:
            best = self._read([first.quad], [first.image], Manner(exact=True))[0]
            if best.reading.score >= ALMOST_SURE:
                return best
        odds = self._odds_of_handwriting(pixels, best)
        if odds > _BY_HAND:
            by_hand = self._by_hand(pixels, strip, lean, best)
            if by_hand:
                return by_hand
        for ends, sides, stretch in other_cuttings(best.reading):
            other = self.cut(pixels, strip.grown(ends, sides).towards(lean), Manner(exact=True), stretch)
            if is_better(other.reading, best.reading):
                best = other
            if best.reading.score >= ALMOST_SURE:
                return best
        by_hand = self._by_hand(pixels, strip, lean, best) if 0 < odds <= _BY_HAND else None
        return by_hand or best

    def _odds_of_handwriting(self, pixels: RgbPixels, plain: Cut) -> float:
        """Natural log-odds that the line is one for the handwriting recogniser."""
        if not may_be_handwriting(plain.reading, plain.quad):
            return -math.inf
        return self._style.log_odds(crop(pixels, loosened(plain.quad)))

    def _by_hand(self, pixels: RgbPixels, strip: Strip, lean: float, plain: Cut) -> Cut | None:
        """The line as the handwriting recogniser reads it, None where that one is not to be believed."""
        quad, views = views_of(pixels, strip, lean)
        own = self.handwriting.read(views)
        if not self.handwriting.believes(own, plain.reading):
            return None
        return Cut(quad, views[0], own, exact=True, features=None)

    def _tall_line(self, pixels: RgbPixels, strip: Strip, lean: float) -> Line | None:
        """A strip taller than wide: a narrow glyph, a column, or text that runs down or up the page."""
        best: Cut | None = None
        # A lone "1" is as tall as this; longer strips are text on its side first of all.
        turns = (0, 1, -1) if strip.along < 2.5 * strip.across else (1, -1, 0)
        for turn in turns:
            cut = self.cut(pixels, strip.towards(lean + turn * math.pi / 2), Manner(exact=True))
            if turn == 1 and is_column(cut.reading):
                reading, _ = reread(cut.image, cut.reading, self.recogniser.read)
                line = line_of(reading, cut.image, cut.quad)
                return stood_up(line) if line and reading.score >= _READABLE else None
            if best is None or cut.reading.score > best.reading.score:
                best = cut
            if cut.reading.score >= _CLEAR:
                break
        return self._readable(best) if best else None

    def bent_line(self, pixels: RgbPixels, strip: Strip, arc: Arc, lean: float) -> Line | None:
        """The line along the arc of `strip`; where that reads unclearly, the line on its rectangle, if any."""
        upper = arc.is_upper(lean)
        for outward in (upper, not upper):
            image = flattened(pixels, arc, outward)
            reading = self.recogniser.read(image, Manner(exact=True))
            if reading.score >= _CLEAR and len(reading.glyphs) >= _LEAST_BENT:
                line = line_of(reading, image, flat_quad(image))
                return bent(line, image, arc, outward, lean) if line else None
        return self.line(pixels, strip, lean, Manner(exact=True), {}) if strip.is_sure else None

    def whole(self, pixels: RgbPixels, orient: bool) -> tuple[int, Line] | None:
        """The whole picture as one line, and the quarter turns that lay it flat; None unless it reads clearly."""
        height, width = pixels.shape[:2]
        if height > width and not orient:
            return None
        best: tuple[float, int, Line] | None = None
        for turns in (1, 3) if height > width else (0,):
            upright = turned(pixels, turns)
            high, wide = upright.shape[:2]
            for inset in (0.0, _INSET * high):
                top, bottom = inset, high - inset
                quad = Quad(Point(0, top), Point(wide, top), Point(wide, bottom), Point(0, bottom))
                cut = self.cut(upright, quad, Manner(exact=True))
                line = line_of(self._spelt(cut), cut.image, quad) if cut.reading.score >= _CLEAR else None
                if line is not None and (best is None or cut.reading.score > best[0]):
                    best = cut.reading.score, turns, line
        return best[1:] if best else None


def manner_of(readings: Sequence[Reading]) -> Manner:
    """How to read the other lines of a page of which these have been read."""
    sure = [reading for reading in readings if reading.score >= ALMOST_SURE]
    return Manner(
        exact=2 * len(sure) < len(readings),
        latin=bool(sure) and all(is_common_or_latin(reading.text) for reading in sure),
        sample=" ".join(reading.text for reading in readings)[:_SAMPLE],
    )
