"""Draws lines of print in other scripts as the reader cuts them from pages, screens and photographs.

    python tools/train/script_lines.py --fonts FOLDER --texts FOLDER --count 300 --held-out --out FILE.npz

A line is an RGB uint8 picture of 48 rows; its text is in the order of its columns (writing_order.as_seen). While
training, lines are drawn as they are needed; a file of them serves to watch the training by.
"""

from __future__ import annotations

import argparse
import functools
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import script_others
from fonts import letters_of
from lines import HEIGHT, Line, Rgb, filed, load_saved, save
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from script_fonts import faces
from script_texts import load
from scripts import CHARACTERS, SCRIPTS, Script

from readstone.engines.read.writing_order import as_seen, is_from_right

Random = np.random.Generator
Mask = NDArray[np.float32]

_EM = 40  # pixels an em that ink is drawn with, before it is seen larger or smaller
_WIDEST = 900
_KNOWN = frozenset(CHARACTERS) | {" "}
_UNREADABLE = 0.1  # part of all lines
_TELLING = 10  # letters of a line that surely look like nothing upside down
_UNKNOWN = Script("", {}, 0, (0.9, 2.0))
_MIXED, _NUMBERED = 0.04, 0.09  # part of the lines that hold English too, and numbers
_AROUND = ["«{}»", "({})", '"{}"', "“{}”", "{}:", "{}!", "{}?", "- {}", "• {}", "{};"]


@dataclass(frozen=True)
class Unreadable:
    """Lines of which nothing is to be said: `fonts` of script_others.py, and handwriting drawn by render.py."""

    fonts: list[tuple[str, Path]]
    handwriting: list[Line]

    @classmethod
    def of(cls, fonts: Path, handwriting: Path) -> Unreadable:
        """Reads both."""
        return cls(script_others.faces(fonts), load_saved(handwriting))


class ScriptLines:
    """Endless lines of all scripts, in fonts to train with or in those held back."""

    def __init__(
        self, fonts: Path, texts: Path, rng: Random, unreadable: Unreadable | None = None, *, held_out: bool = False
    ) -> None:
        self._rng, self._texts, self._unreadable = rng, load(texts), unreadable
        self._faces = {name: faces(fonts, name, held_out) for name in SCRIPTS}
        self._names = [name for name in SCRIPTS if self._faces[name]]
        parts = np.array([SCRIPTS[name].part for name in self._names])
        self._parts = parts / parts.sum()

    def line(self, name: str | None = None) -> Line:
        """One line, of the script called `name` if one is named."""
        rng = self._rng
        if name is None and self._unreadable and rng.random() < _UNREADABLE:
            return Line("nothing", self._nothing(self._unreadable), "")
        chosen = name or str(rng.choice(self._names, p=self._parts))
        script = SCRIPTS[chosen]
        while True:
            text = self._said(script)
            those = self._faces[chosen]
            face = those[int(rng.integers(len(those)))]
            picture = drawn(rng, face, text, script) if text else None
            if picture is not None:
                return Line(chosen, picture, as_seen(text))

    def _nothing(self, lines: Unreadable) -> Rgb:
        rng, kind = self._rng, self._rng.random()
        if kind < 0.15:
            return lines.handwriting[int(rng.integers(len(lines.handwriting)))].picture
        while kind < 0.4:
            line = self.line(str(rng.choice(self._names)))
            if sum(map(str.isalpha, line.text)) >= _TELLING:
                return np.ascontiguousarray(line.picture[::-1, ::-1])
        while True:
            script, face = lines.fonts[int(rng.integers(len(lines.fonts)))]
            picture = drawn(rng, face, script_others.said(rng, script, letters_of(face)), _UNKNOWN)
            if picture is not None:
                return picture

    def _said(self, script: Script) -> str:
        rng = self._rng
        shares = np.array(list(script.languages.values()))
        language = str(rng.choice(list(script.languages), p=shares / shares.sum()))
        kind = rng.random()
        if kind < script.by_chance:
            some = _syllables(rng) if "\u0915" in script.letters else list(script.letters)
            text = unicodedata.normalize("NFC", "".join(rng.choice(some, size=int(rng.integers(2, 9)))))
            if unicodedata.combining(text[0]) or unicodedata.category(text[0])[0] == "M":
                return ""
        else:
            text = self._run(language, 44 if script.stretch[1] < 1.6 else 34)
            if kind < script.by_chance + _MIXED:
                words = [text, self._run("en", 14)]
                text = " ".join(words if rng.random() < 0.5 else words[::-1])
            elif kind < script.by_chance + _MIXED + _NUMBERED:
                text = with_number(rng, text)
        if rng.random() < 0.12:
            text = text.upper() if rng.random() < 0.6 else text.title()
        return "".join(char for char in text if char in _KNOWN).strip()

    def _run(self, language: str, most: int) -> str:
        rng = self._rng
        sentences = self._texts[language]
        words = sentences[int(rng.integers(len(sentences)))].split()
        start = int(rng.integers(max(1, len(words) - 2))) if rng.random() < 0.6 else 0
        text = " ".join(words[start : start + int(rng.integers(1, 11))])
        # Thai has few spaces: cut anywhere that no mark follows.
        if len(text) > most and " " not in text[:most]:
            begin = int(rng.integers(len(text) - most + 1)) if rng.random() < 0.5 else 0
            text = text[begin : begin + most]
            while text and unicodedata.category(text[0])[0] == "M":
                text = text[1:]
            return text
        return text if len(text) <= most else text[:most].rsplit(" ", 1)[0]


def _syllables(rng: Random) -> list[str]:
    """Syllables of Devanagari: up to three consonants joined, which take shapes that none of them has alone."""
    consonants, vowels, signs = map(list, ("कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसह", "अआइईउऊएऐओऔऋ", "ािीुूृेैोौ"))
    found = []
    for _ in range(40):
        joined = "\u094d".join(rng.choice(consonants, size=int(rng.choice([1, 2, 3], p=[0.5, 0.42, 0.08]))))
        syllable = joined + (str(rng.choice(signs)) if rng.random() < 0.6 else "")
        syllable = str(rng.choice(vowels)) if rng.random() < 0.12 else syllable
        found.append(syllable + (str(rng.choice(list("ंँः"), p=[0.7, 0.2, 0.1])) if rng.random() < 0.12 else ""))
    return found


def with_number(rng: Random, text: str) -> str:
    n = rng.integers(1, 10 ** rng.integers(1, 6), size=2)
    number = str(
        rng.choice(
            [
                f"{n[0]}", f"{n[0]},{n[1] % 100:02}", f"{n[0]}.{n[1] % 100:02}", f"({n[0]})", f"№{n[0]}", f"{n[0]}%",
                f"{n[0] % 31 + 1}.{n[1] % 12 + 1:02}.{1950 + n[0] % 80}", f"{n[0] % 24}:{n[1] % 60:02}",
                f"{n[0]}-{n[1]}", f"{rng.choice(list('$€£₴₽₪₫฿₹'))}{n[0]}", f"{1900 + n[0] % 130}",
            ]
        )
    )  # fmt: skip
    around = rng.random()
    if around < 0.3:
        return str(rng.choice(["«{}»", "({})", '"{}"', "“{}”", "{}:", "{}!", "{}?", "- {}", "• {}", "{};"])).format(
            text
        )
    return f"{text} {number}" if around < 0.65 else f"{number} {text}"


@functools.lru_cache(maxsize=400)
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.RAQM)


def drawn(rng: Random, face: Path, text: str, script: Script) -> Rgb | None:
    """`text` (as stored) in the font `face`; None when the font lacks a letter or the line is too wide."""
    if not set(text) <= letters_of(face) | {" "}:
        return None
    ink = printed(rng, face, text)
    if ink is None:
        return None
    width = round(ink.shape[1] * HEIGHT / ink.shape[0] * rng.uniform(*script.stretch))
    return captured(rng, ink, width) if 10 <= width <= _WIDEST else None


def printed(rng: Random, face: Path, text: str) -> Mask | None:
    """The ink of the line, 0 to 1, cut about as the detector cuts it, with bits of its neighbours now and then."""
    font = _font(face, _EM)
    direction = "rtl" if is_from_right(text) else "ltr"
    width = int(font.getlength(text, direction=direction)) + 4 * _EM
    image = Image.new("L", (width, 4 * _EM))
    pen = ImageDraw.Draw(image)
    pen.text((2 * _EM, 2.4 * _EM), text, fill=255, font=font, anchor="ls", direction=direction)
    ink = np.asarray(image, np.float32) / 255
    columns, rows = np.flatnonzero(ink.max(axis=0) > 0.3), np.flatnonzero(ink.max(axis=1) > 0.3)
    if not len(rows):
        return None
    if rng.random() < 0.25:
        pitch = int(max(rows[-1] - rows[0] + 3, _EM * rng.uniform(1.05, 1.5)))
        ink = with_neighbours(rng, ink, pitch)
    em = float(_EM)
    # The detector's strips are grown from the bulk of the letters: tall ones may be cut, and low lines leave paper.
    top = min(rows[0] - em * rng.uniform(-0.04, 0.3), 2.4 * em - em * rng.uniform(0.62, 0.9))
    bottom = max(rows[-1] + 1 + em * rng.uniform(-0.04, 0.3), 2.4 * em + em * rng.uniform(0.05, 0.25))
    left, right = columns[0] - em * rng.uniform(0, 0.5), columns[-1] + 1 + em * rng.uniform(0, 0.5)
    return ink[max(0, int(top)) : int(bottom), max(0, int(left)) : int(right)]


def with_neighbours(rng: Random, ink: Mask, pitch: int) -> Mask:
    """The ink and, `pitch` rows above and below it, the line once more, shifted along itself."""
    other = np.roll(ink, int(rng.integers(ink.shape[1])), axis=1)
    for shift in (-pitch, pitch):
        moved = np.pad(other, ((max(shift, 0), max(-shift, 0)), (0, 0)))[max(-shift, 0) :][: len(ink)]
        ink = np.maximum(ink, moved)
    return ink


def tilted(rng: Random, ink: Mask, spread: float) -> Mask:
    """The ink on a line that rises or falls a little, by `spread` (rise over run) as a rule."""
    tilt = rng.normal(0, spread)
    if abs(tilt) <= 0.002:
        return ink
    matrix = np.array([[1, 0, 0], [tilt, 1, -tilt * ink.shape[1] / 2]], np.float32)
    return np.asarray(cv2.warpAffine(ink, matrix, (ink.shape[1], ink.shape[0])), np.float32)


def captured(rng: Random, ink: Mask, width: int) -> Rgb:
    """Paper or screen and ink in colour, turned a little, as large as it is seen, then blur, noise, the file format."""
    ink = tilted(rng, ink, 0.006)
    kind = rng.random()
    if kind < 0.08:
        ink = np.asarray(cv2.dilate(ink, np.ones((2, 2), np.uint8)), np.float32)
    elif kind < 0.12:
        ink = np.asarray(cv2.erode(ink, np.ones((2, 2), np.uint8)), np.float32)
    seen = int(np.clip(HEIGHT * np.exp(rng.normal(-0.25, 0.4)), 11, 72))
    size = (max(8, width * seen // HEIGHT), seen)
    ink = cv2.resize(ink, size, interpolation=cv2.INTER_AREA if ink.shape[0] > seen else cv2.INTER_LINEAR)[..., None]
    paper = np.clip(rng.uniform(150, 255) + np.array([6, 0, -10]) * rng.normal(0, 1.0), 0, 255)
    pen = np.clip(paper.mean() * rng.uniform(0, 0.6) + rng.normal(0, 18, 3), 0, 255)
    kind = rng.random()
    if kind < 0.12:
        paper, pen = pen, paper
    elif kind < 0.2:
        paper, pen = rng.uniform(0, 255, 3), rng.uniform(0, 255, 3)
        if abs(paper.mean() - pen.mean()) < 70:
            paper, pen = np.full(3, 250.0), np.full(3, 20.0)
    image = paper * (1 - ink) + pen * ink
    if rng.random() < 0.35:
        coarse = rng.standard_normal((3, max(3, size[0] // 20))).astype(np.float32)
        image = image + cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)[..., None] * rng.uniform(0, 12)
    if rng.random() < 0.06:
        y = int(seen * rng.uniform(0.82, 0.98))
        image[y : y + max(1, seen // 24)] = pen
    if rng.random() < 0.35:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.3, 0.028 * seen)))
    if rng.random() < 0.35:
        image = image + rng.standard_normal((*image.shape[:2], 1)) * rng.uniform(1, 10)
    rgb = filed(rng, image, 0.35, 40)
    how = cv2.INTER_AREA if seen > HEIGHT else (cv2.INTER_CUBIC if rng.random() < 0.7 else cv2.INTER_LINEAR)
    return np.asarray(cv2.resize(rgb, (width, HEIGHT), interpolation=how), np.uint8)


def each_script(lines: ScriptLines, count: int) -> Iterator[Line]:
    """As many lines of every script."""
    for name in SCRIPTS:
        for _ in range(count):
            yield lines.line(name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fonts", type=Path, required=True)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--count", type=int, default=60, help="lines of every script")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    lines = ScriptLines(chosen.fonts, chosen.texts, np.random.default_rng(chosen.seed), held_out=chosen.held_out)
    save(chosen.out, list(each_script(lines, chosen.count)))


if __name__ == "__main__":
    main()
