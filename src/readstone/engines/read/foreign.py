"""Lines of a page in scripts that the recogniser has no letters for: found, and read by those that know them.

Of letters that it does not know the recogniser says nothing, mostly without a doubt: such lines are *silent*, far
fewer glyphs than fit in. Where letters look a little like Latin ones, as Thai ones do, it names those and is unsure. So
these lines are what is asked about, and a page that it reads well costs nothing more.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

from readstone.domain.geometry import Quad
from readstone.domain.picture import RgbPixels
from readstone.domain.refusals import Reason, Refusal
from readstone.domain.script import Script, script_of, stands_alone
from readstone.domain.text import Line
from readstone.engines.read.alphabets import (
    ALPHABETS,
    CYRILLIC,
    GREEK,
    OWN,
    VIETNAMESE,
    Alphabet,
    alphabet_of,
    has_vietnamese_letters,
    looks_vietnamese,
)
from readstone.engines.read.confidence import mean_probability
from readstone.engines.read.crop import crop
from readstone.engines.read.foreign_readers import ForeignReaders
from readstone.engines.read.language import most_likely
from readstone.engines.read.lookalikes import only_lookalikes, written_in
from readstone.engines.read.recognise import Glyph, Reading
from readstone.engines.read.repertoire import half_known
from readstone.engines.read.tokens import TokenLine
from readstone.engines.read.words import line_of

# Glyphs in a stretch as long as the line is thick: 2.0 to 2.9 of Latin print, 1.2 of ideographs, 0 to 0.5 where most
# letters are unknown, and no less than 0.9 in all other lines of scenes, receipts, letters and magazines.
_SILENT, _SILENT_IDEOGRAPHS = 0.85, 0.4
_FULL, _FULL_IDEOGRAPHS = 1.6, 0.8
_OWN_SHARE = 0.5  # part of the letters that must be of the script a line is read in
# Confidence: 0.75 to 0.97 in the right script, 0 to 0.63 in any other.
_FOUND, _BELIEVED, _AT_ONCE, _LIKELY = 0.72, 0.55, 0.85, 0.4
_LETTERS = 4  # least letters that tell a script
_FINALISTS = 3  # how many of the most likely scripts are asked again
_SIBLINGS = 5  # data of one script that are tried on a line
_SURE_OF_LANGUAGE = 0.9
_PIECE = 480  # columns of a line that tell its script
_LONG = 1.5  # length of a silent line over its thickness, from which it is worth asking
_IN_VAIN = 2  # silent lines of one page that may turn out to be nothing
_POOR = 0.88  # mean probability of a reading that tells nothing of how a line lies: Thai upside down is Latin at .83
_DOUBTFUL = 0.7  # what a line is worth below which its letters may be others than those named
_RARE = tuple(alphabet for alphabet in ALPHABETS if not alphabet.own)
_BEST = 0.9  # what a line is worth from which on nobody is asked about it

Each = Callable[[Callable[[int], TokenLine], Sequence[int]], list[TokenLine]]
"""Calls a function with each number, side by side, and gives the results in order."""


class _Candidate(NamedTuple):
    confidence: float
    alphabet: Alphabet | None
    pack: str


_NOBODY = _Candidate(0.0, None, "")


def _confidence(candidate: _Candidate) -> float:
    return candidate.confidence


class ForeignLines:
    """Finds the scripts of one page and reads the lines in them. For one thread; `Each` may use others.

    `lines_read`: how many of the lines that `read` gave were read so.
    """

    def __init__(self, readers: ForeignReaders, language: str | None = None) -> None:
        self._readers = readers
        self.lines_read = 0
        self._in_vain = 0
        self._found: dict[Alphabet, str] = {}
        self._early: dict[Quad, tuple[Line, float]] = {}
        self._silent = False
        asked = alphabet_of(language) if language else None
        if asked is not None and (pack := pack_for(asked, readers.packs, language)):
            self._found[asked] = pack

    def turn(
        self, pixels: RgbPixels, quads: Sequence[Quad], readings: Sequence[Reading], chosen: Sequence[Reading]
    ) -> bool | None:
        """Whether lines lie upside down in their quads; None unless all are read badly and their script is found.

        `readings` are of the lines as they lie, `chosen` of the way round that reads better.
        """
        # Known letters upside down are not read either.
        both = itertools.chain(zip(quads, readings, strict=True), zip(quads, chosen, strict=True))
        if any(_is_read(at, one) for at, one in both):
            return None
        quad = max(quads, key=lambda quad: quad.length)
        every = any(_is_silent(at, one) for at, one in zip(quads, readings, strict=True))
        best, upside_down = self._candidate(crop(pixels, quad), (), every=every), False
        # Upside down, one script may look like another.
        if best.confidence < _AT_ONCE:
            other = self._candidate(crop(pixels, _flipped(quad)), (), every=every)
            if other.confidence > best.confidence:
                best, upside_down = other, True
        if not self._take(best):
            self._in_vain += 1
            return None
        self._silent = True
        return upside_down

    def first(self, pixels: RgbPixels, quads: Sequence[Quad], each: Each) -> list[Line | None]:
        """Lines of a page whose lines are all unread that are read well so: no need to ask the recogniser."""
        for alphabet in tuple(self._found) if self._silent else ():
            asked = [i for i, quad in enumerate(quads) if quad not in self._early and _is_flat(quad)]
            for i, tokens in zip(asked, self._readings(alphabet, pixels, quads, asked, each), strict=True):
                if tokens.confidence >= _FOUND and _is_better(tokens, alphabet, 0.0):
                    line = line_from(tokens, alphabet, crop(pixels, quads[i]), quads[i])
                    if line is not None:
                        self._early[quads[i]] = line, tokens.confidence
        return [self._early[quad][0] if quad in self._early else None for quad in quads]

    def read(
        self, pixels: RgbPixels, quads: Sequence[Quad], lines: Sequence[Line | None], each: Each
    ) -> list[Line | None]:
        """`lines`, what the recogniser read in `quads`, with those replaced that others read better."""
        early = self._early
        worth = [early[q][1] if q in early else _worth(line, q) for line, q in zip(lines, quads, strict=True)]
        better: dict[int, Line] = {}
        if VIETNAMESE not in self._found and looks_vietnamese(" ".join(line.text for line in lines if line)):
            self._add(VIETNAMESE)
        if GREEK not in self._found and any(line and half_known(line.text) for line in lines):
            self._add(GREEK)
        done: set[Alphabet] = set()
        tried: set[int] = set()
        while True:
            for alphabet in [a for a in self._found if a not in done]:
                done.add(alphabet)
                asked = [i for i, quad in enumerate(quads) if quad not in early and _is_flat(quad)]
                # "HET" may be either on a page with Cyrillic lines; who knows both alphabets is asked.
                worth = [min(v, _BELIEVED) if _may_be(alphabet, n) else v for v, n in zip(worth, lines, strict=True)]
                asked = [i for i in asked if alphabet is VIETNAMESE or worth[i] < _BEST]
                found = self._readings(alphabet, pixels, quads, asked, each)
                for i, tokens in zip(asked, found, strict=True):
                    if _is_better(tokens, alphabet, worth[i]):
                        line = line_from(tokens, alphabet, crop(pixels, quads[i]), quads[i])
                        if line is not None:
                            better[i], worth[i] = line, max(worth[i], tokens.confidence)
            long = [i for i, quad in enumerate(quads) if quad.length >= _LONG * quad.thickness and i not in tried]
            silent = [i for i in long if worth[i] == 0]
            unclear = silent or [i for i in long if worth[i] < _DOUBTFUL]
            if not unclear or self._in_vain >= _IN_VAIN:
                self.lines_read = len({i for i, quad in enumerate(quads) if quad in early} | set(better))
                return _of_one_script([better.get(i, line) for i, line in enumerate(lines)])
            longest = max(unclear, key=lambda i: quads[i].length)
            tried.add(longest)
            # Among lines that were read, one that was not is mostly no text at all.
            rare = () if 2 * sum(value > _BELIEVED for value in worth) <= len(worth) else _RARE
            but = {*self._found, *rare}
            if not self._take(self._candidate(crop(pixels, quads[longest]), but, every=bool(silent))):
                self._in_vain += 1

    def _readings(
        self, alphabet: Alphabet, pixels: RgbPixels, quads: Sequence[Quad], asked: Sequence[int], each: Each
    ) -> list[TokenLine]:
        def read(i: int) -> TokenLine:
            return self._readers.read(crop(pixels, quads[i]), self._found[alphabet])

        found = self._with_own(alphabet, each(read, asked), pixels, [quads[i] for i in asked])
        said = " ".join(tokens.text for tokens in found if _is_better(tokens, alphabet, 0.0))
        language = most_likely(said, tuple(alphabet.languages), _SURE_OF_LANGUAGE)
        pack = pack_for(alphabet, self._readers.packs, language) if language else None
        if pack is None or pack == self._found[alphabet]:
            return found
        first, self._found[alphabet] = found, pack
        second = each(read, asked)
        return [b if b.confidence > a.confidence else a for a, b in zip(first, second, strict=True)]

    def _with_own(
        self, alphabet: Alphabet, found: list[TokenLine], pixels: RgbPixels, quads: Sequence[Quad]
    ) -> list[TokenLine]:
        """What tesseract has found, and where it is unsure what our own recogniser reads, if that is surer."""
        if not alphabet.own or self._found[alphabet] == OWN:
            return found
        others = [
            self._readers.read(crop(pixels, quad), OWN) if one.confidence < _FOUND else one
            for one, quad in zip(found, quads, strict=True)
        ]
        return [b if b.confidence > a.confidence else a for a, b in zip(found, others, strict=True)]

    def _add(self, alphabet: Alphabet) -> None:
        pack = pack_for(alphabet, self._readers.packs)
        if pack:
            self._found[alphabet] = pack

    def _candidate(self, image: RgbPixels, but: Collection[Alphabet], *, every: bool) -> _Candidate:
        """The script, of those that can be read here, that reads this line best; `but` are not asked.

        Tesseract, which takes its time for each script, is asked only where `every` script is to be.
        """
        piece = image[:, :_PIECE]
        asked = [alphabet for alphabet in ALPHABETS if alphabet not in but]
        tried = [self._by_own(piece, asked)]
        if tried[0].confidence >= _AT_ONCE or not every:
            return tried[0]
        # Tesseract takes any line for one or other script; of those that our own knows it has said enough.
        for alphabet in [one for one in asked if not one.own or one is tried[0].alphabet]:
            # Once a common script is likely, the rare ones are spared.
            if not alphabet.own and tried[0].confidence >= _BELIEVED:
                break
            pack = pack_for(alphabet, self._readers.packs - {OWN})
            if pack is not None:
                tried.append(self._judged(piece, alphabet, pack))
                if tried[-1].confidence >= _AT_ONCE:
                    return tried[-1]
        likely = sorted((one for one in tried if one.confidence >= _LIKELY), key=_confidence)[-_FINALISTS:]
        # A piece ends within a letter, and several scripts may be near each other on it.
        whole = [self._judged(image, one.alphabet, one.pack) for one in likely if one.alphabet]
        best = max(whole, key=_confidence, default=_NOBODY)
        # Perhaps it is another language in that script.
        if _LIKELY <= best.confidence < _FOUND and best.alphabet:
            packs = [pack for pack in best.alphabet.packs if pack in self._readers.packs and pack != best.pack]
            siblings = [self._judged(image, best.alphabet, pack) for pack in packs[:_SIBLINGS]]
            best = max(best, *siblings, key=_confidence) if siblings else best
        return best

    def _take(self, candidate: _Candidate) -> bool:
        """Whether the script is surely on the page; from now on it is looked for."""
        if candidate.alphabet is None or candidate.confidence < _FOUND:
            return False
        alphabet, pack = candidate.alphabet, candidate.pack
        self._found[alphabet] = (pack_for(alphabet, self._readers.packs) or pack) if pack == OWN else pack
        return True

    def _by_own(self, piece: RgbPixels, asked: Sequence[Alphabet]) -> _Candidate:
        """What our own recogniser, which needs not be told the script, makes of it."""
        tokens = self._readers.read(piece, OWN)
        return max((_judged(tokens, one, OWN) for one in asked if one.own), key=_confidence, default=_NOBODY)

    def _judged(self, image: RgbPixels, alphabet: Alphabet, pack: str) -> _Candidate:
        return _judged(self._readers.read(image, pack), alphabet, pack)


def _judged(tokens: TokenLine, alphabet: Alphabet, pack: str) -> _Candidate:
    text = tokens.text
    # Blots read as a letter or two now and then.
    if alphabet.share(text) < _OWN_SHARE or sum(map(str.isalpha, text)) < _LETTERS:
        return _NOBODY
    return _Candidate(tokens.confidence, alphabet, pack)


def refuse_unreadable(packs: frozenset[str], language: str | None) -> None:
    """Raises Refusal LANGUAGE_NOT_SUPPORTED for a language (BCP-47) in whose script none of `packs` can read."""
    alphabet = alphabet_of(language) if language else None
    if alphabet is not None and not pack_for(alphabet, packs):
        raise Refusal(Reason.LANGUAGE_NOT_SUPPORTED, "The input language is not supported.")


def pack_for(alphabet: Alphabet, packs: frozenset[str], language: str | None = None) -> str | None:
    """Who of `packs` reads an alphabet, those first that know `language` (BCP-47); None where nobody does."""
    code = language.lower().split("-")[0] if language else None
    own = (OWN,) if alphabet.own else ()
    data = (alphabet.languages[code],) if code in alphabet.languages else ()
    if alphabet.own_first:
        wanted = (*data, *own) if code and code not in alphabet.own else (*own, *data)
    else:
        wanted = (*data, *alphabet.packs, *own)
    return next((pack for pack in (*wanted, *alphabet.packs) if pack in packs), None)


def line_from(tokens: TokenLine, alphabet: Alphabet, image: RgbPixels, quad: Quad) -> Line | None:
    """The line that was read as `tokens` on the flat `image` (RGB uint8) of `quad`; None where it says nothing."""
    if alphabet is GREEK:
        # Its data write the sign of millionths for the letter mu.
        tokens = replace(tokens, tokens=tuple(replace(t, text=t.text.replace("\u00b5", "μ")) for t in tokens.tokens))
    glyphs: list[Glyph] = []
    # Words get their boxes from left to right, whichever way they are read.
    for token in sorted(tokens.tokens, key=lambda token: token.left):
        if glyphs:
            glyphs.append(Glyph(" ", token.left, token.confidence))
        step = (token.right - token.left) / len(token.text)
        glyphs += [Glyph(char, token.left + (at + 0.5) * step, token.confidence) for at, char in enumerate(token.text)]
    line = line_of(Reading(tuple(glyphs), tokens.confidence), image, quad, tokens.word_confidence)
    if line is None or not alphabet.right_to_left or alphabet.share(line.text) < _OWN_SHARE:
        return line
    return replace(line, text=tokens.text, words=line.words[::-1])


def _is_better(tokens: TokenLine, alphabet: Alphabet, worth: float) -> bool:
    if alphabet is VIETNAMESE:
        return tokens.confidence >= _FOUND and has_vietnamese_letters(tokens.text)
    return alphabet.share(tokens.text) >= _OWN_SHARE and tokens.confidence > max(_BELIEVED, worth)


def _may_be(alphabet: Alphabet, line: Line | None) -> bool:
    return alphabet in (CYRILLIC, GREEK) and line is not None and only_lookalikes(line.text, alphabet.name.lower())


def _of_one_script(lines: list[Line | None]) -> list[Line | None]:
    """`lines`, those in Latin letters that could all be of the page's script written in it."""
    for alphabet in (CYRILLIC, GREEK):
        texts = [line.text for line in lines if line is not None]
        of_it = sum(alphabet.share(text) >= _OWN_SHARE for text in texts)
        if 2 * of_it > len(texts):
            return [
                written_in(line, alphabet.name.lower()) if line is not None and _may_be(alphabet, line) else line
                for line in lines
            ]
    return lines


def _worth(line: Line | None, quad: Quad) -> float:
    """How much of the line the recogniser has read, 0 to 1: its probabilities, less where glyphs are missing."""
    if line is None or half_known(line.text) or is_silent(line.text, quad):
        return 0.0
    length = sum(len(word.text) for word in line.words)
    mean = sum(len(word.text) * mean_probability(word.confidence, len(word.text)) for word in line.words) / length
    return mean * min(1.0, _density(line.text, quad) / (_FULL_IDEOGRAPHS if _is_spaceless(line.text) else _FULL))


def is_silent(text: str, quad: Quad) -> bool:
    """Whether far less was read in `quad` than fits in."""
    return _density(text, quad) < (_SILENT_IDEOGRAPHS if _is_spaceless(text) else _SILENT)


def _density(text: str, quad: Quad) -> float:
    return len("".join(text.split())) * quad.thickness / max(quad.length, 1.0)


def _is_spaceless(text: str) -> bool:
    return not text.isascii() and any(stands_alone(char) and script_of(char) is not Script.OTHER for char in text)


def _is_silent(quad: Quad, reading: Reading) -> bool:
    return half_known(reading.text) or is_silent(reading.text, quad)


def _is_read(quad: Quad, reading: Reading) -> bool:
    return reading.score >= _POOR and not _is_silent(quad, reading)


def _is_flat(quad: Quad) -> bool:
    return quad.length >= quad.thickness / 2


def _flipped(quad: Quad) -> Quad:
    a, b, c, d = quad.corners
    return Quad(c, d, a, b)
