"""Draws lines of text as scanners, cameras and tills deliver them, for train_style.py.

Everything is grey: ink is a float32 mask, 0 nothing to 1 ink, and a finished line a uint8 image of HEIGHT
rows, as the reader's crop of a line is once its colours are dropped. One seed gives one line.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import cv2
import numpy as np
from fontTools.ttLib import TTFont
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from style_fonts import TILLS, TYPEWRITERS, Face
from style_texts import text_for

HEIGHT = 48
WIDEST = 960

Grey = NDArray[np.uint8]
Mask = NDArray[np.float32]
Random = np.random.Generator


def line(rng: Random, face: Face, hand: bool, papers: Sequence[Grey]) -> Grey:
    """One line written in `face`, its neighbours and its paper around it."""
    ink = _written(rng, face, hand)
    ink = _deformed(rng, ink, hand)
    ink = _inked(rng, ink, face, hand)
    page = _on_page(rng, ink)
    return _captured(rng, _with_rules(rng, page), papers)


@functools.lru_cache(maxsize=400)
def _font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


@functools.lru_cache(maxsize=4000)
def _known(path: str) -> frozenset[int]:
    return frozenset(TTFont(path).getBestCmap())


def _written(rng: Random, face: Face, hand: bool) -> Mask:
    """The bare glyphs, cut to their ink with nothing around; 24 to 72 pixels an em."""
    font = _font(str(face.path), int(rng.choice([24, 32, 40, 48, 60, 72])))
    known = _known(str(face.path))
    text = "".join(letter for letter in text_for(rng, face.letters) if ord(letter) in known).strip() or "1905"
    shaky = not face.letters and rng.random() < (0.7 if face.family in TYPEWRITERS else 0.5 if hand else 0.04)
    em = float(font.size)
    width, high = int(font.getlength(text) * 1.35 + 6 * em), int(4 * em)
    image = Image.new("L", (width, high))
    pen = ImageDraw.Draw(image)
    if not shaky:
        _set(rng, pen, text, font, hand)
    elif hand:
        _set_by_words(rng, pen, text, font)
    else:
        _set_by_keys(rng, pen, text, font)
    ink = np.asarray(image)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if len(rows) < 4 or len(columns) < 4:
        return _written(rng, face, hand)
    cut: Mask = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32) / 255
    return cut


def _set(rng: Random, pen: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont, hand: bool) -> None:
    """Plain setting, now and then with wide or narrow tracking or as outlines."""
    em = font.size
    if not hand and text.isascii() and rng.random() < 0.2:
        x, gap = em * 2.0, em * rng.uniform(-0.03, 0.3)
        for letter in text:
            pen.text((x, em), letter, fill=255, font=font)
            x += font.getlength(letter) + gap
            if x > pen.im.size[0] - 2 * em:
                break
    elif not hand and rng.random() < 0.02:
        pen.text((em * 2, em), text, fill=0, font=font, stroke_width=max(1, int(em) // 24), stroke_fill=255)
    else:
        pen.text((em * 2, em), text, fill=255, font=font)


def _set_by_words(rng: Random, pen: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont) -> None:
    """No two words of a hand stand quite alike: each a little higher, lower, larger or smaller."""
    x, em = font.size * 2.0, font.size
    for word in text.split(" "):
        size = max(12, int(em * rng.uniform(0.88, 1.12)))
        own = _font(str(font.path), size)
        pen.text((x, em * 2 + em * rng.normal(0, 0.04)), word, fill=255, font=own, anchor="ls")
        x += own.getlength(word) + em * rng.uniform(0.15, 0.6)
        if x > pen.im.size[0] - 2 * em:
            break


def _set_by_keys(rng: Random, pen: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont) -> None:
    """A worn typewriter: types sit high or low and strike lightly or hard, the same type always alike."""
    x, em = font.size * 2.0, font.size
    wear, force = rng.uniform(0, 0.045), rng.uniform(0.3, 1)
    seats: dict[str, float] = {}
    for letter in text:
        seat = seats.setdefault(letter, float(rng.normal(0, wear))) + float(rng.normal(0, 0.012))
        strike = int(255 * rng.uniform(force, 1))
        pen.text((x, em * (2 + seat)), letter, fill=strike, font=font, anchor="ls")
        if rng.random() < 0.01:  # overtyped
            pen.text((x, em * 2), "xmn/-"[rng.integers(5)], fill=strike, font=font, anchor="ls")
        x += font.getlength(letter) + em * rng.normal(0, 0.01)
        if x > pen.im.size[0] - 2 * em:
            break


def _smooth(rng: Random, shape: tuple[int, int], step: float) -> Mask:
    """Noise, mean 0 and deviation about 1, that changes over about `step` pixels."""
    coarse = rng.standard_normal((max(2, int(shape[0] / step) + 2), max(2, int(shape[1] / step) + 2)))
    fine = cv2.resize(coarse.astype(np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(fine, np.float32)


def _deformed(rng: Random, ink: Mask, hand: bool) -> Mask:
    """Leaning, waving and curling: a hand within letters, a page only over many of them."""
    rows, columns = ink.shape
    pad = int(rows * 0.3) + 2
    ink = np.pad(ink, ((pad, pad), (pad, pad)))
    shape = (rows + 2 * pad, columns + 2 * pad)
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    if hand:
        if rng.random() < 0.7:
            step = rows * rng.uniform(0.35, 1.5)
            force = min(0.05 * rows, 0.09 * step) * rng.uniform(0.1, 1)
            x += _smooth(rng, shape, step) * force
            y += _smooth(rng, shape, step) * force
        y += _smooth(rng, (1, shape[1]), rows * 4) * rows * 0.06 * rng.random()
        x += (y - shape[0] / 2) * rng.normal(0, 0.2)
        x += (y - shape[0] / 2) * _smooth(rng, (1, shape[1]), rows * 2) * 0.1 * rng.random()
    elif rng.random() < 0.5:
        y += _smooth(rng, (1, shape[1]), rows * 8) * rows * 0.07 * rng.random()
        x += (y - shape[0] / 2) * rng.normal(0, 0.06)
        if rng.random() < 0.3:  # crumpled paper, a cloth, a jittering scanner
            y += _smooth(rng, shape, rows * 1.5) * 0.02 * rows * rng.random()
            x += _smooth(rng, shape, rows * 1.5) * 0.02 * rows * rng.random()
    lean = rng.normal(0, 0.012) if columns > 3 * rows else rng.normal(0, 0.03)
    y += (x - shape[1] / 2) * lean
    bent = cv2.remap(ink, x, y, cv2.INTER_LINEAR)
    kept_rows, kept_columns = np.flatnonzero(bent.max(axis=1) > 0.2), np.flatnonzero(bent.max(axis=0) > 0.2)
    if len(kept_rows) < 4 or len(kept_columns) < 4:
        return ink
    return bent[kept_rows[0] : kept_rows[-1] + 1, kept_columns[0] : kept_columns[-1] + 1]


def _inked(rng: Random, ink: Mask, face: Face, hand: bool) -> Mask:
    """Ink that bleeds, fades, skips and spatters; dots where a till prints."""
    rows = ink.shape[0]
    bleed = rows * rng.uniform(0, 0.03)
    kind = rng.random()
    if kind < 0.25:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 + int(bleed),) * 2)
        ink = cv2.dilate(ink, kernel) if rng.random() < 0.7 else cv2.erode(ink, kernel)
    elif kind < 0.5 and bleed > 0.3:  # soaks into the paper, its edge ragged
        soft = cv2.GaussianBlur(ink, (0, 0), bleed)
        edge = 0.4 + 0.12 * _smooth(rng, (ink.shape[0], ink.shape[1]), 2.5) * rng.random()
        ink = np.clip((soft - edge) * rng.uniform(4, 12) + 0.5, 0, 1).astype(np.float32)
    shape = (ink.shape[0], ink.shape[1])
    if rng.random() < 0.5:  # pressure of the pen, a worn ribbon
        ink = ink * np.clip(0.8 + 0.25 * _smooth(rng, shape, rows * rng.uniform(0.2, 3)) * rng.random(), 0.15, 1)
    if rng.random() < 0.25:  # pencil, carbon paper, rough paper
        grain = _smooth(rng, shape, rng.uniform(1, 4))
        ink = ink * np.clip(0.9 + 0.5 * grain * rng.random(), 0, 1)
    if rng.random() < (0.35 if face.family in TILLS else 0.03 if not hand else 0):
        pitch = max(2.0, rows / rng.uniform(9, 24))
        y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
        dots = np.cos(2 * np.pi * x / pitch) + np.cos(2 * np.pi * y / pitch)
        ink = ink * np.clip(dots + rng.uniform(0.2, 1.4), 0, 1)
    return ink.astype(np.float32)


def _on_page(rng: Random, ink: Mask) -> Mask:
    """The ink with the margin that a detector leaves, and what reaches in from the lines beside it."""
    rows, columns = ink.shape
    above, below = (int(rows * rng.uniform(-0.06, 0.35)) for _ in range(2))
    left, right = (int(rows * rng.uniform(-0.1, 0.8)) for _ in range(2))
    if rng.random() < 0.12:
        right = int(rows * rng.uniform(0, 4))
    page = np.zeros((rows + above + below, columns + left + right), np.float32)
    _add(page, ink, above, left)
    if rng.random() < 0.35:
        gap = int(rows * rng.uniform(0.75, 1.3))
        neighbour = np.roll(ink, int(rng.integers(columns)), axis=1)
        for offset in (gap, -gap):
            if rng.random() < 0.75:
                _add(page, neighbour, above + offset, left)
    return page


def _add(page: Mask, ink: Mask, top: int, left: int) -> None:
    """`ink` laid onto `page`, what reaches over its edges cut off."""
    y0, x0 = max(top, 0), max(left, 0)
    y1, x1 = min(top + ink.shape[0], page.shape[0]), min(left + ink.shape[1], page.shape[1])
    if y1 > y0 and x1 > x0:
        part = page[y0:y1, x0:x1]
        np.maximum(part, ink[y0 - top : y1 - top, x0 - left : x1 - left], out=part)


def _with_rules(rng: Random, page: Mask) -> Mask:
    """Ruled or squared paper, underlines, the frame of a form: on both classes alike."""
    rows, columns = page.shape
    thick = max(1, int(rows * rng.uniform(0.015, 0.05)))
    strength = float(rng.uniform(0.15, 1))
    kind = rng.random()
    if kind < 0.12:  # ruled, or underlined
        y = int(rows * rng.uniform(0.6, 0.98))
        cv2.line(page, (0, y), (columns, y + int(rng.normal(0, 2))), strength, thick)
    elif kind < 0.18:  # squared
        pitch = max(4, int(rows * rng.uniform(0.15, 0.6)))
        for x in range(int(rng.integers(pitch)), columns, pitch):
            cv2.line(page, (x, 0), (x, rows), strength / 2, thick)
        for y in range(int(rng.integers(pitch)), rows, pitch):
            cv2.line(page, (0, y), (columns, y), strength / 2, thick)
    elif kind < 0.24:  # a cell of a form
        x = int(rng.integers(columns))
        cv2.line(page, (x, 0), (x, rows), strength, thick)
        if rng.random() < 0.5:
            y = int(rng.choice([0, rows - thick]))
            cv2.line(page, (0, y), (columns, y), strength, thick)
    elif kind < 0.27:  # struck out
        y = int(rows * rng.uniform(0.4, 0.6))
        cv2.line(page, (0, y), (columns, y + int(rng.normal(0, 3))), strength, thick)
    return page


def _captured(rng: Random, page: Mask, papers: Sequence[Grey]) -> Grey:
    """Paper and light put under the ink, then the scanner or camera, the file format and the crop."""
    width = int(np.clip(page.shape[1] * HEIGHT / page.shape[0], 24, WIDEST))
    # What the lens saw; a small line has fewer pixels than the crop made of it.
    seen = int(np.clip(HEIGHT * np.exp(rng.normal(0.15, 0.45)), 14, 96))
    size = (max(8, width * seen // HEIGHT), seen)
    ink = cv2.resize(page, size, interpolation=cv2.INTER_AREA if page.shape[0] > seen else cv2.INTER_LINEAR)
    if rng.random() < 0.4:
        ink = cv2.GaussianBlur(ink, (0, 0), float(rng.uniform(0.3, 1.1)) * seen / 40)
    shape = (ink.shape[0], ink.shape[1])
    light, dark = float(rng.uniform(140, 255)), 0.0
    dark = float(rng.uniform(0, max(1.0, light - rng.uniform(45, 230))))
    paper = np.full(shape, light, np.float32)
    kind = rng.random()
    if kind < 0.45:
        paper += _paper(rng, shape, papers)
    elif kind < 0.6:
        paper += _smooth(rng, shape, rng.uniform(1, 30)) * rng.uniform(1, 14)
    elif kind < 0.66:  # a wall, a cloth, a leaf behind a sign
        paper += _smooth(rng, shape, rng.uniform(4, 60)) * rng.uniform(10, 40)
    if rng.random() < 0.4:
        paper += np.linspace(-1, 1, shape[1], dtype=np.float32)[None] * rng.uniform(-30, 30)
    image = paper * (1 - ink) + dark * ink
    if rng.random() < 0.1:  # the back of the leaf shines through
        ghost = np.roll(cv2.GaussianBlur(ink[:, ::-1], (0, 0), 1.5), int(rng.integers(shape[1])), axis=1)
        image -= ghost * rng.uniform(5, 40)
    if rng.random() < 0.5:
        image += rng.standard_normal(shape) * rng.uniform(1, 14)
    if rng.random() < 0.04:  # a copier: black or white
        image = np.where(image > (light + dark) / 2 + rng.normal(0, 15), 255, 0)
    if rng.random() < 0.1:
        image = 255 - image
    grey = np.clip(image, 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        _, packed = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 96))])
        grey = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
    how = cv2.INTER_AREA if seen > HEIGHT else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, (width, HEIGHT), interpolation=how), np.uint8)


def _paper(rng: Random, shape: tuple[int, int], papers: Sequence[Grey]) -> Mask:
    """Real paper, lightness about 0: so that paper and scanner tell the classes apart less than the ink."""
    sheet = papers[int(rng.integers(len(papers)))].astype(np.float32)
    sheet = sheet[:: int(rng.choice([-1, 1])), :: int(rng.choice([-1, 1]))]
    times = -(-shape[1] // sheet.shape[1])
    wide = np.concatenate([sheet, sheet[:, ::-1]] * times, axis=1)
    scaled = cv2.resize(wide, (wide.shape[1] * shape[0] // sheet.shape[0] + 1, shape[0]))
    while scaled.shape[1] < shape[1]:
        scaled = np.concatenate([scaled, scaled[:, ::-1]], axis=1)
    part = scaled[:, : shape[1]]
    return np.asarray((part - part.mean()) * rng.uniform(0.5, 1.3), np.float32)


def paper_of(crop: Grey) -> Grey:
    """The paper of a real line: its ink painted over with what is around it, the grain put back."""
    background = cv2.medianBlur(cv2.morphologyEx(crop, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)), 5)
    ink = cv2.dilate((background.astype(np.int16) - crop > 18).astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.where(ink > 0, background, crop).astype(np.uint8)
