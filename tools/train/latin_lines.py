"""Draws lines of print in Latin letters as the reader cuts them: typescripts and their carbon copies, books, signs.

What the lines say are the texts of 23 languages that the models of letters are counted from
(tools/models/letters_texts.py).
"""

from __future__ import annotations

import functools
import random
import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import latin_fonts
import numpy as np
from fonts import letters_of
from letters_texts import LANGUAGES, SAID, texts_of
from lines import HEIGHT, Line, Rgb, filed
from PIL import Image, ImageDraw, ImageFont
from script_fonts import family_of
from script_lines import Mask, Random, captured, printed, tilted, with_neighbours, with_number

_EM = 40  # pixels an em that ink is drawn with, before it is seen larger or smaller
_BASE = 2.4 * _EM  # the row that letters stand on
_NARROWEST, _WIDEST = 16, 1000
_SENTENCES = 40_000  # of a language
# Languages whose letters are met often on typescripts, and have many accents, are drawn more.
_PARTS = {"cs": 2.0, "sk": 2.0, "da": 2.5, "de": 2.5, "en": 3.0, "pl": 1.5, "hu": 1.5, "fr": 2.0, "nb": 1.5, "sv": 1.5}
_OTHERS = 0.9
_NOT_RARE = 20  # words with such a letter
_TYPED, _PRINTED = 0.5, 0.28  # part of the lines; the others are in fonts of signs, in capitals a third of the time


@functools.cache
def texts(packages: Path) -> dict[str, list[str]]:
    """Sentences by language; packages are kept below the folder."""
    found = {}
    for language in (*LANGUAGES, *SAID):
        prose = " ".join(texts_of(language, packages).prose)
        sentences = [some for some in re.split(r"(?<=[.!?]) ", prose) if 8 < len(some) < 400]
        random.Random(1).shuffle(sentences)
        found[language] = sentences[:_SENTENCES]
    return found


@dataclass(frozen=True)
class _Faces:
    worn: list[Path]
    typed: list[Path]
    printed: list[Path]
    shown: list[Path]


@dataclass(frozen=True)
class Mixture:
    """Which part of the lines is chosen for one accented letter, each of a language as often, and which is of bills.

    Rows of bills are worn and blurred, and have no accents.
    """

    accented: float = 0.1
    bills: float = 0.05


class LatinLines:
    """Endless lines, in fonts to train with or in those held back; `texts` as above."""

    def __init__(
        self,
        fonts: Path,
        sentences: dict[str, list[str]],
        rng: Random,
        mixture: Mixture = Mixture(),
        *,
        held_out: bool = False,
    ) -> None:
        self._rng, self._texts, self._mixture = rng, sentences, mixture
        self._languages = list(sentences)
        parts = np.array([_PARTS.get(language, _OTHERS) for language in self._languages])
        self._parts = parts / parts.sum()
        self._places = {language: _accents(sentences[language]) for language in self._languages}
        kept = latin_fonts.faces(fonts, latin_fonts.HELD_OUT)
        typed = [path for path in kept if "mono" in family_of(path)]
        of = functools.partial(latin_fonts.faces, fonts)
        self._faces = (
            _Faces(typed, typed, kept, kept)
            if held_out
            else _Faces(
                of(latin_fonts.WORN), of(latin_fonts.TYPED), of(latin_fonts.PRINTED),
                of([*latin_fonts.SHOWN, *latin_fonts.PRINTED]),
            )
        )  # fmt: skip

    def line(self) -> Line:
        """One line: what its name says is the kind, typed, printed or shown."""
        rng = self._rng
        while True:
            text = self._said(60 if rng.random() < 0.75 else 14)
            which, picture = rng.random(), None
            if which < _TYPED:
                kind, face = "typed", self._one(self._faces.worn if rng.random() < 0.7 else self._faces.typed)
            elif which < _TYPED + _PRINTED:
                kind, face = "printed", self._one(self._faces.printed)
            else:
                kind, face = "shown", self._one(self._faces.shown)
                text = text.upper() if rng.random() < 0.35 else text
            if text and set(text) <= letters_of(face) | {" "}:
                picture = self._drawn(kind, face, text)
            if picture is not None and 1.3 * len(text) + 2 <= picture.shape[1] / 8:
                return Line(kind, picture, text)

    def _one(self, faces: list[Path]) -> Path:
        return faces[int(self._rng.integers(len(faces)))]

    def _said(self, most: int) -> str:
        rng = self._rng
        language = str(rng.choice(self._languages, p=self._parts))
        places = self._places[language]
        if places and rng.random() < self._mixture.accented:
            with_it = places[str(rng.choice(list(places)))]
            which, word = with_it[int(rng.integers(len(with_it)))]
            words = self._texts[language][which].split()
            start = max(0, word - int(rng.integers(4)))
        else:
            words = self._texts[language][int(rng.integers(len(self._texts[language])))].split()
            start = int(rng.integers(max(1, len(words) - 2))) if rng.random() < 0.7 else 0
        text = " ".join(words[start : start + int(rng.integers(1, 13))])
        kind = rng.random()
        if kind > 1 - self._mixture.bills:
            text = _sum(rng, words[start : start + 3])
        elif kind < 0.10:
            text = with_number(rng, text)
        elif kind < 0.13:  # many a typist sets no space there
            text = text.replace(", ", ",").replace(". ", ".")
        elif kind < 0.16:
            text += str(rng.choice(['"', ";", ":", ".-", " -", ",-", "/", ".", "?", "!"]))
        elif kind < 0.18:
            text = f"/{text}/"
        case = rng.random()
        text = text.upper() if case < 0.09 else text.title() if case < 0.12 else text
        return (text if len(text) <= most else text[:most].rsplit(" ", 1)[0]).strip()

    def _drawn(self, kind: str, face: Path, text: str) -> Rgb | None:
        """The line's picture; None when there is nothing to see or it is too narrow or too wide."""
        rng = self._rng
        ink = typed(rng, face, text) if kind == "typed" else printed(rng, face, text)
        if ink is None:
            return None
        stretch = rng.uniform(0.7, 1.4) if kind == "shown" else rng.uniform(0.85, 1.15)
        width = round(ink.shape[1] * HEIGHT / ink.shape[0] * stretch)
        if not _NARROWEST <= width <= _WIDEST:
            return None
        return copied(rng, ink, width) if kind == "typed" else captured(rng, ink, width)


def _accents(sentences: list[str]) -> dict[str, list[tuple[int, int]]]:
    """Of each accented letter that is not all too rare in a language, sentences and their words that have it."""
    found: dict[str, list[tuple[int, int]]] = {}
    for which, sentence in enumerate(sentences):
        if not sentence.isascii():
            for at, word in enumerate(sentence.split()):
                for letter in set(word.lower()):
                    if letter.isalpha() and not letter.isascii():
                        found.setdefault(letter, []).append((which, at))
    return {letter: places for letter, places in found.items() if len(places) >= _NOT_RARE}


def _sum(rng: Random, words: list[str]) -> str:
    """A row of a bill, or the rule below it."""
    kind = rng.random()
    if kind < 0.25:
        return str(rng.choice(list("-=*._#~"))) * int(rng.integers(3, 40))
    count, price = int(rng.integers(1, 13)), int(10 ** rng.uniform(1, 5))
    amount = f"{price // 100}.{price % 100:02}" if rng.random() < 0.7 else f"{price // 100},{price % 100:02}"
    if kind < 0.4:
        return f"{count} x {amount}"
    if kind < 0.6:
        return amount
    row = f"{' '.join(words)} {rng.choice(['', ':', '$', 'RM', 'EUR', 'Kč', 'kr', str(count)])} {amount}"
    return row.upper() if rng.random() < 0.6 else row


@functools.lru_cache(maxsize=300)
def _font(path: Path) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), _EM, layout_engine=ImageFont.Layout.BASIC)


def typed(rng: Random, face: Path, text: str) -> Mask | None:
    """The ink of a typewritten line, 0 to 1, cut about as the detector cuts it; None when there is none."""
    ink = _struck(rng, _font(face), text)
    clean = ink
    ink = _grained(rng, _inked(rng, ink))
    columns, rows = np.flatnonzero(clean.max(axis=0) > 0.2), np.flatnonzero(clean.max(axis=1) > 0.2)
    if len(rows) < 4:
        return None
    if rng.random() < 0.3:
        pitch = int(_EM * rng.uniform(0.95, 1.6))
        ink = with_neighbours(rng, ink, pitch)
    if rng.random() < 0.05:
        row = int(_BASE + _EM * rng.uniform(0.12, 0.25))
        ink[row : row + 2] = np.maximum(ink[row : row + 2], 0.8)
    _, ascent, _, descent = _font(face).getbbox("Hg", anchor="ls")
    top = min(rows[0] - _EM * rng.uniform(-0.02, 0.25), _BASE + ascent * 0.8)
    bottom = max(_BASE + descent * rng.uniform(0.4, 1), rows[-1] + 1 + _EM * rng.uniform(-0.02, 0.2))
    left, right = columns[0] - _EM * rng.uniform(0, 0.5), columns[-1] + 1 + _EM * rng.uniform(0, 0.5)
    return ink[max(0, int(top)) : int(bottom), max(0, int(left)) : int(right)]


def _struck(rng: Random, font: ImageFont.FreeTypeFont, text: str) -> Mask:
    """Each type struck by itself: a little out of place, always the same way, and harder or weaker."""
    one_width = font.getlength("i") == font.getlength("m")
    pitch = font.getlength("n") * rng.uniform(0.95, 1.12) if one_width else None
    width = int((pitch or _EM) * len(text) * 1.1 + font.getlength(text) * 1.2) + 4 * _EM
    ink = np.zeros((4 * _EM, width), np.float32)
    high, wide, uneven = (rng.uniform(0, most) for most in (0.035 * _EM, 0.03 * _EM, 0.5))
    ways: dict[str, tuple[float, float, float]] = {}
    x = 2.0 * _EM
    for letter in text:
        if letter != " ":
            if letter not in ways:
                ways[letter] = rng.normal(0, wide), rng.normal(0, high), 1 - uneven * rng.random() ** 2
            right, down, strength = ways[letter]
            image = Image.new("L", (2 * _EM, 3 * _EM))
            part = (right + rng.normal(0, wide / 3)) % 1.0
            ImageDraw.Draw(image).text((_EM / 2 + part, 2 * _EM), letter, fill=255, font=font, anchor="ls")
            glyph = np.asarray(image, np.float32) / 255 * np.clip(strength + rng.normal(0, 0.06), 0.25, 1)
            if rng.random() < 0.15:  # one side of the type strikes harder
                fall = np.linspace(1, rng.uniform(0.3, 1), glyph.shape[1] if rng.random() < 0.5 else 1)
                rise = np.linspace(rng.uniform(0.3, 1), 1, glyph.shape[0] if len(fall) == 1 else 1)
                glyph = glyph * np.float32(rise[:, None] * fall[None])
            left, top = int(x - _EM / 2 + right), int(0.4 * _EM + down)
            place = (slice(top, top + 3 * _EM), slice(left, left + 2 * _EM))
            ink[place] = np.maximum(ink[place], glyph)
        x += pitch or font.getlength(letter) * (1.15 if letter == " " else 1.02)
    return ink[:, : int(x + 2 * _EM)]


def _inked(rng: Random, ink: Mask) -> Mask:
    """Letters filled by ink or blurred by the copying paper, or worn thin."""
    kind = rng.random()
    if kind < 0.35:
        blurred = cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.5, 1.6))
        return np.asarray(np.clip(blurred * rng.uniform(1.0, 2.2), 0, 1), np.float32)
    if kind < 0.5:
        size = (int(rng.integers(2, 4)), int(rng.integers(2, 4)))
        return np.asarray(cv2.dilate(ink, np.ones(size, np.uint8)), np.float32)
    if kind < 0.6:
        return np.asarray(cv2.erode(ink, np.ones((2, 2), np.uint8)), np.float32)
    return ink


def _grained(rng: Random, ink: Mask) -> Mask:
    """The ribbon's weave and the paper's specks."""
    if rng.random() < 0.6:
        ink = ink * np.clip(1 + _noise(rng, ink, 0.6, 2.5) * rng.uniform(0.1, 0.5) - rng.uniform(0, 0.2), 0, 1)
    if rng.random() < 0.25:
        specks = _noise(rng, ink, 0.7, 1.6) > rng.uniform(2.2, 3)
        ink = np.maximum(ink, specks * np.float32(rng.uniform(0.2, 0.7)))
    return np.asarray(ink, np.float32)


def _noise(rng: Random, like: Mask, finest: float, coarsest: float) -> Mask:
    """Of mean 0 and deviation 1."""
    noise = rng.standard_normal(like.shape).astype(np.float32)
    blurred = np.asarray(cv2.GaussianBlur(noise, (0, 0), rng.uniform(finest, coarsest)), np.float32)
    return blurred / blurred.std()


def copied(rng: Random, ink: Mask, width: int) -> Rgb:
    """The ink on old paper, turned a little, as large as it is seen, then blur, noise, the file format."""
    ink = tilted(rng, ink, 0.005)
    seen = int(np.clip(HEIGHT * np.exp(rng.normal(-0.35, 0.35)), 14, 60))
    size = (max(8, width * seen // HEIGHT), seen)
    ink = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)[..., None]
    paper = np.clip(rng.uniform(120, 255) + np.array([10, 0, -18]) * abs(rng.normal(0, 1.0)), 0, 255)
    pen = np.clip(paper.mean() * rng.uniform(0, 0.65) + rng.normal(0, 14, 3), 0, 255)
    if rng.random() < 0.15:  # a blue or violet ribbon
        pen = np.clip(paper.mean() * rng.uniform(0.1, 0.5) + np.array([0, 0, rng.uniform(20, 90)]), 0, 255)
    image = paper * (1 - ink) + pen * ink
    if rng.random() < 0.6:
        coarse = (int(rng.integers(2, 6)), max(3, size[0] // int(rng.integers(6, 30))))
        stains = rng.standard_normal(coarse).astype(np.float32)
        image = image + cv2.resize(stains, size, interpolation=cv2.INTER_CUBIC)[..., None] * rng.uniform(0, 14)
    if rng.random() < 0.45:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.3, 0.03 * seen)))
    if rng.random() < 0.5:
        image = image + rng.standard_normal((*image.shape[:2], 1)) * rng.uniform(1, 14)
    rgb = filed(rng, image, 0.5, 30)
    how = cv2.INTER_AREA if seen > HEIGHT else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, (width, HEIGHT), interpolation=how), np.uint8)
