"""Draws lines of handwriting as a detector cuts them from photographed or scanned pages.

    python tools/train/render.py --fonts FOLDER --texts FOLDER --lines LABELLED --count 12000 --out FILE.npz

A line is an RGB uint8 picture of 48 rows. FILE.npz holds all of them one below the other in `pixels` (bytes),
their widths in `widths`, and `texts`. One seed gives one file.
"""

from __future__ import annotations

import argparse
import functools
from pathlib import Path

import cv2
import numpy as np
from fonts import HELD_OUT, JOINED, LOOSE, faces, letters_of
from lines import HEIGHT, Line, Rgb, filed, real_lines, save
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from texts import Texts, load

Mask = NDArray[np.float32]
Random = np.random.Generator

_EM = 64  # pixels an em that ink is drawn with
_WIDEST = 1100


@functools.lru_cache(maxsize=200)
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


def drawn(rng: Random, face: Path, text: str) -> Rgb | None:
    """`text` in the font `face` on paper; None when the font lacks a letter or the line is too wide."""
    if not set(text) <= letters_of(face) | {" "} or not text:
        return None
    ink, x_height = _written(rng, face, text)
    ink = _deformed(rng, ink)
    page = _cut(rng, ink, x_height)
    width = round(page.shape[1] * HEIGHT / page.shape[0] * rng.uniform(0.85, 1.2))
    if width > _WIDEST or width < 12:
        return None
    page = _ruled(rng, page)
    return _captured(rng, page, width)


def _written(rng: Random, face: Path, text: str) -> tuple[Mask, tuple[float, float]]:
    """The ink of the line, and the rows of the top of small letters and of the baseline."""
    font = _font(face, _EM)
    width = int(font.getlength(text) * 1.8 + 6 * _EM)
    image = Image.new("L", (width, 4 * _EM))
    pen = ImageDraw.Draw(image)
    base, x = 2.4 * _EM, 2.0 * _EM
    space = _EM * rng.uniform(0.18, 0.6)
    uneven = rng.uniform(0, 0.05)
    for word in text.split(" "):
        own = _font(face, max(20, int(_EM * rng.uniform(1 - 2 * uneven, 1 + 2 * uneven))))
        pen.text((x, base + _EM * rng.normal(0, uneven)), word, fill=255, font=own, anchor="ls")
        x += own.getlength(word) + space * rng.uniform(0.7, 1.4)
    top, bottom = font.getbbox("x", anchor="ls")[1] + base, base
    return np.asarray(image, np.float32)[:, : int(x + 2 * _EM)] / 255, (top, bottom)


def _smooth(rng: Random, shape: tuple[int, int], step: float) -> Mask:
    """Noise, mean 0 and deviation about 1, that changes over about `step` pixels."""
    coarse = rng.standard_normal((max(2, int(shape[0] / step) + 2), max(2, int(shape[1] / step) + 2)))
    fine = cv2.resize(coarse.astype(np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(fine, np.float32)


def _deformed(rng: Random, ink: Mask) -> Mask:
    """Slant, a wavering baseline, letters that are never twice the same, a thinner or thicker pen."""
    rows, columns = ink.shape
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    step = _EM * rng.uniform(0.3, 1.2)
    force = min(0.05 * _EM, 0.10 * step) * rng.uniform(0.2, 1.2)
    x += _smooth(rng, ink.shape, step) * force
    y += _smooth(rng, ink.shape, step) * force
    y += _smooth(rng, (1, columns), _EM * 4) * _EM * 0.05 * rng.random()
    x += (y - rows / 2) * (rng.normal(0.1, 0.22) + _smooth(rng, (1, columns), _EM * 2) * 0.06 * rng.random())
    x = (x - columns / 2) * (1 + 0.12 * _smooth(rng, (1, columns), _EM * 5) * rng.random()) + columns / 2
    y += (x - columns / 2) * rng.normal(0, 0.006)
    ink = cv2.remap(ink, x, y, cv2.INTER_LINEAR)
    kind, size = rng.random(), int(rng.integers(2, 5))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    if kind < 0.35:
        ink = cv2.dilate(ink, kernel)
    elif kind < 0.45:
        ink = cv2.erode(ink, np.ones((2, 2), np.uint8))
    if rng.random() < 0.6:  # pressure of the pen
        ink = ink * np.clip(0.8 + 0.3 * _smooth(rng, ink.shape, _EM * rng.uniform(0.1, 2)) * rng.random(), 0.2, 1)
    return np.asarray(ink, np.float32)


def _cut(rng: Random, ink: Mask, x_height: tuple[float, float]) -> Mask:
    """What a detector cuts out: often less than the long strokes, with bits of the lines above and below."""
    columns = np.flatnonzero(ink.max(axis=0) > 0.3)
    rows = np.flatnonzero(ink.max(axis=1) > 0.3)
    if not len(rows):
        return ink
    if rng.random() < 0.4:
        other = np.roll(ink, int(rng.integers(ink.shape[1])), axis=1)
        pitch = int(_EM * rng.uniform(0.9, 1.4))
        for shift in (-pitch, pitch):
            if rng.random() < 0.7:
                moved = np.zeros_like(ink)
                if shift < 0:
                    moved[:shift] = other[-shift:]
                else:
                    moved[shift:] = other[:-shift]
                ink = np.maximum(ink, moved)
    body = x_height[1] - x_height[0]
    top = rows[0] - body * rng.uniform(-0.25, 0.5)
    bottom = rows[-1] + body * rng.uniform(-0.25, 0.5)
    # Small letters are the bulk of what the detector sees.
    top = min(top, x_height[0] - 0.3 * body)
    bottom = max(bottom, x_height[1] + 0.3 * body)
    left = columns[0] - body * rng.uniform(-0.05, 0.9)
    right = columns[-1] + body * rng.uniform(-0.05, 0.9)
    y0, y1 = max(0, int(top)), min(ink.shape[0], int(bottom))
    x0, x1 = max(0, int(left)), min(ink.shape[1], int(right))
    return ink[y0:y1, x0:x1]


def _ruled(rng: Random, page: Mask) -> Mask:
    """Ruled or squared paper and underlines: negative where it is the paper's own print."""
    rows, columns = page.shape
    kind, faint = rng.random(), float(rng.uniform(0.1, 0.5))
    lines = np.zeros_like(page)
    thick = max(1, int(rows * rng.uniform(0.01, 0.04)))
    if kind < 0.15:
        y = int(rows * rng.uniform(0.55, 0.98))
        cv2.line(lines, (0, y), (columns, y + int(rng.normal(0, 2))), faint * rng.choice([1, 2]), thick)
    elif kind < 0.35:
        pitch = max(6, int(rows * rng.uniform(0.2, 0.7)))
        for x in range(int(rng.integers(pitch)), columns, pitch):
            cv2.line(lines, (x, 0), (x, rows), faint, thick)
        for y in range(int(rng.integers(pitch)), rows, pitch):
            cv2.line(lines, (0, y), (columns, y), faint, thick)
    return np.where(page > lines, page, -lines).astype(np.float32) if kind < 0.35 else page


def _captured(rng: Random, page: Mask, width: int) -> Rgb:
    """Paper and ink in colour, then the scanner or camera and the file format."""
    seen = int(np.clip(HEIGHT * np.exp(rng.normal(0.1, 0.35)), 20, 80))
    size = (max(8, width * seen // HEIGHT), seen)
    how = cv2.INTER_AREA if page.shape[0] > seen else cv2.INTER_LINEAR
    ink = cv2.resize(np.maximum(page, 0), size, interpolation=how)[..., None]
    rule = cv2.resize(np.maximum(-page, 0), size, interpolation=how)[..., None]
    light = rng.uniform(165, 255)
    paper = np.clip(light + np.array([8, 0, -14]) * rng.normal(0.4, 1.0), 90, 255).astype(np.float32)
    dark = light * rng.uniform(0.05, 0.65)
    tint = np.array([[0, 0, 0], [-18, -6, 45], [25, 5, -15], [-10, 8, 10], [-30, 0, 60], [60, -10, -10]], np.float32)
    pen = np.clip(dark + tint[int(rng.integers(len(tint)))] * rng.uniform(0.2, 1.2), 0, 250)
    print_ink = np.clip(paper + np.array([rng.uniform(-90, 30), rng.uniform(-90, 0), rng.uniform(-60, 30)]), 0, 255)
    shape = (seen, size[0])
    grain = _smooth(rng, shape, rng.uniform(1, 25))[..., None] * rng.uniform(0, 9)
    image = (paper + grain) * (1 - rule) + print_ink * rule
    image = image * (1 - ink) + pen * ink
    if rng.random() < 0.12:  # the back of the leaf shines through
        ghost = np.roll(cv2.GaussianBlur(ink[:, ::-1, 0], (0, 0), 1.5), int(rng.integers(size[0])), axis=1)
        image -= ghost[..., None] * rng.uniform(5, 50)
    if rng.random() < 0.5:
        image += rng.standard_normal((*shape, 1)) * rng.uniform(1, 8)
    rgb = filed(rng, image, 0.5, 40)
    how = cv2.INTER_AREA if seen > HEIGHT else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, (width, HEIGHT), interpolation=how), np.uint8)


def lines_of(rng: Random, folder: Path, texts: Texts, count: int, held_out: bool = False) -> list[Line]:
    """`count` drawn lines; `held_out` draws with the fonts that training never sees."""
    joined = [f for f in JOINED if f not in HELD_OUT]
    groups = [HELD_OUT, HELD_OUT] if held_out else [joined, [f for f in LOOSE if f not in HELD_OUT]]
    found = [faces(folder, list(group)) for group in groups]
    lines: list[Line] = []
    while len(lines) < count:
        group = found[0] if rng.random() < 0.7 else found[1]
        text = texts.line(rng)
        picture = drawn(rng, group[int(rng.integers(len(group)))], text)
        if picture is not None:
            lines.append(Line(f"drawn_{len(lines)}", picture, text))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fonts", type=Path, required=True)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--lines", type=Path, required=True, help="folder of labelled real lines, for running French")
    parser.add_argument("--count", type=int, default=12000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    french = [line.text for line in real_lines(chosen.lines) if line.name.startswith("peraire")]
    texts = load(chosen.texts, french)
    save(chosen.out, lines_of(np.random.default_rng(chosen.seed), chosen.fonts, texts, chosen.count, chosen.held_out))


if __name__ == "__main__":
    main()
