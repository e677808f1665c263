"""The colours of a picture by name, its accent colour, and whether it has any colour at all.

Azure's answers are named as its recorded ones are. The documentation (contract 10.2) lists "Gray"; every
recorded answer spells it "Grey", and so do we: callers compare with what the service sent them.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import RgbPixels
from readstone.domain.scene import Colours

NAMES = ("Black", "White", "Grey", "Brown", "Red", "Orange", "Yellow", "Green", "Teal", "Blue", "Purple", "Pink")
"""Contract 10.2; indices of `names_of`."""

_BLACK, _WHITE, _GREY, _BROWN, _RED, _ORANGE, _YELLOW, _GREEN, _TEAL, _BLUE, _PURPLE, _PINK = range(12)

_SIDE = 128  # pixels of the longer side that colours are counted on
_DOMINANT = 0.2  # share of the picture from which a colour is dominant; recorded answers name one to three
_MOST_DOMINANT = 3
_HUES = 36  # bins of ten degrees

# Recorded accents have a lightness (HSL) of .30 to .40, most at the upper end; black and white gave 666666.
_LIGHTNESS = (0.3, 0.4)
_NO_ACCENT = "666666"

_COLOURED = 12  # highest minus lowest channel from which a pixel of a reduced picture has a colour
_COLOURED_SHARE = 0.008  # a small mark or camera noise does not make a picture coloured


def reduced(pixels: RgbPixels, side: int) -> RgbPixels:
    """The picture with its longer side at most `side` pixels, each the mean of those it stands for."""
    height, width = pixels.shape[:2]
    factor = side / max(height, width)
    if factor >= 1:
        return pixels
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    # Halving exactly is many times as fast as resampling by another factor, so that is left for the end; an odd
    # row or column is dropped, unless there are few. Of a very large picture four rows and columns for each of
    # the result are plenty.
    pixels = pixels[:: max(1, height // size[1] // 4), :: max(1, width // size[0] // 4)]
    while min(pixels.shape[:2]) >= 32 and min(pixels.shape[0] // size[1], pixels.shape[1] // size[0]) >= 2:
        height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
        pixels = np.asarray(
            cv2.resize(pixels[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA), np.uint8
        )
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def extremes(pixels: RgbPixels) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Lowest and highest channel of every pixel (NumPy's reduction over three values takes ten times as long)."""
    red, green, blue = cv2.split(pixels)
    lowest = cv2.min(cv2.min(red, green), blue)
    return np.asarray(lowest, np.uint8), np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)


def is_black_and_white(pixels: RgbPixels) -> bool:
    """Whether no more than specks of the picture have a colour; a picture toned brown or blue has one."""
    lowest, highest = extremes(reduced(pixels, _SIDE))
    return bool((cv2.subtract(highest, lowest) > _COLOURED).mean() < _COLOURED_SHARE)


def colours_of(pixels: RgbPixels) -> Colours:
    """Named colours and the accent of an upright picture.

    Foreground is the commonest colour of the middle (half of each side), background that of the rest.
    """
    black_and_white = is_black_and_white(pixels)
    small = reduced(pixels, _SIDE)
    hue, saturation, value = _hsv(small)
    if black_and_white:
        saturation = np.zeros_like(saturation)
    names = names_of(hue, saturation, value)
    middle = np.zeros(names.shape, bool)
    height, width = names.shape
    middle[height // 4 : height - height // 4, width // 4 : width - width // 4] = True
    return Colours(
        foreground=_commonest(names[middle]),
        background=_commonest(names[~middle] if (~middle).any() else names.ravel()),
        dominant=_dominant(names.ravel()),
        accent=_NO_ACCENT if black_and_white else _accent(small, hue, saturation, value),
        black_and_white=black_and_white,
    )


def main_colour(pixels: RgbPixels) -> tuple[str, float]:
    """The commonest colour's name (contract 10.2) and its share of the pixels, 0..1."""
    names = names_of(*_hsv(reduced(np.ascontiguousarray(pixels), _SIDE))).ravel()
    counts = np.bincount(names, minlength=len(NAMES))
    return NAMES[int(counts.argmax())], float(counts.max() / names.size)


def names_of(
    hue: NDArray[np.float32], saturation: NDArray[np.float32], value: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """Indices into `NAMES` for colours in HSV: hue in degrees 0..360, the others 0..1; same shape.

    The borders are those at which people change the name of a colour; dull and dark warm hues are brown.
    """
    borders = (14, 43, 67, 157, 190, 254, 290, 344)
    wheel = np.array([_RED, _ORANGE, _YELLOW, _GREEN, _TEAL, _BLUE, _PURPLE, _PINK, _RED], np.uint8)
    names = wheel[np.digitize(hue, borders)]
    dull = saturation < 0.35

    def turn(some: NDArray[np.bool_], name: int) -> None:
        names[some] = name

    red, orange, yellow = names == _RED, names == _ORANGE, names == _YELLOW
    warm_red = red & (hue >= 6) & (hue < 14)
    turn(red & (saturation < 0.64) & (value > 0.72), _PINK)
    turn(warm_red & ((saturation < 0.58) | (value < 0.6)), _BROWN)
    turn(red & dull & (value <= 0.72), _BROWN)
    turn(orange & ~((value > 0.72) & (saturation > 0.85)) & ~((value > 0.78) & (saturation > 0.6)), _BROWN)
    turn(yellow & ((hue < 54) & (value < 0.66) | dull), _BROWN)
    turn(yellow & (hue >= 54) & ((value < 0.62) | (dull & (hue >= 58))), _GREEN)
    turn((names == _TEAL) & dull & (value > 0.8) & (hue > 172), _BLUE)
    pink = (hue >= 290) & (hue < 344)
    turn(pink & (hue < 302) & ~dull, _PURPLE)
    turn(pink & (value < 0.55), _PURPLE)
    turn(pink & (value < 0.55) & (hue >= 330), _RED)
    # Nothing photographed is free of a tint, nor is white without shade: half of the recorded answers have White
    # among the dominant colours, a quarter Grey.
    turn((saturation < 0.17) | (saturation * value < 0.075), _GREY)
    turn((value > 0.7) & (saturation < 0.16), _WHITE)
    turn((value < 0.24) | ((value < 0.3) & dull), _BLACK)
    return names


def _hsv(pixels: RgbPixels) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Hue in degrees, saturation and value from 0 to 1."""
    hue, saturation, value = cv2.split(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2HSV))
    return np.asarray(hue), np.asarray(saturation), np.asarray(value)


def _commonest(names: NDArray[np.uint8]) -> str:
    return NAMES[int(np.bincount(names, minlength=len(NAMES)).argmax())]


def _dominant(names: NDArray[np.uint8]) -> tuple[str, ...]:
    """One to three names, the commonest first."""
    shares = np.bincount(names, minlength=len(NAMES)) / names.size
    order = np.argsort(-shares, kind="stable")[:_MOST_DOMINANT]
    return tuple(NAMES[at] for rank, at in enumerate(order) if rank == 0 or shares[at] >= _DOMINANT)


def _accent(
    pixels: RgbPixels, hue: NDArray[np.float32], saturation: NDArray[np.float32], value: NDArray[np.float32]
) -> str:
    """The mean of the pixels around the hue with most vividness in it, lightness clamped; six hex digits.

    Vividness counts by its third power: a small yellow heart of a flower outweighs a wide dull green.
    """
    weight = (saturation * value) ** 3
    amount = np.bincount((hue.ravel() * (_HUES / 360)).astype(int) % _HUES, weight.ravel(), _HUES)
    peak = int((amount + 0.5 * (np.roll(amount, 1) + np.roll(amount, -1))).argmax())
    distance = np.abs((hue - (peak + 0.5) * 360 / _HUES + 180) % 360 - 180)
    near = np.where(distance <= 1.5 * 360 / _HUES, weight, 0)
    if not near.any():
        return _NO_ACCENT
    mean = (pixels * near[..., None]).sum(axis=(0, 1)) / near.sum() / 255
    return _with_lightness(mean)


def _with_lightness(colour: NDArray[np.float64]) -> str:
    """Hex digits of a colour (red, green, blue, 0..1) of the same hue and saturation, lightness within the clamp."""
    high, low = float(colour.max()), float(colour.min())
    lightness = (high + low) / 2
    wanted = min(max(lightness, _LIGHTNESS[0]), _LIGHTNESS[1])
    # HSL: the distance of the channels from the lightness is proportional to 1 - |2 L - 1|.
    room = 1 - abs(2 * lightness - 1)
    stretch = (1 - abs(2 * wanted - 1)) / room if room > 0 else 0.0
    channels = np.clip(wanted + (colour - lightness) * stretch, 0, 1)
    # Recorded accents are 101.5 light where .40 of 255 is 102: the service cuts fractions off.
    return "".join(f"{int(channel * 255 + 1e-6):02X}" for channel in channels)
