"""Any Pillow image as upright RGB of 8 bits a channel, a band of rows at a time.

Bands, so that beside Pillow's own copy of the pixels nothing of their size is held, and a process can pass
the first rows on while it makes the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile, TiffImagePlugin

from readstone.domain.picture import RgbPixels

_BAND_PIXELS = 1 << 18  # about a megabyte a band: stays in the processor's cache

_TURNS = {  # EXIF 2.32, 4.6.4 A: what undoes each orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)  # upright rows are stored columns
_FROM_FAR_END = (3, 4, 7, 8)  # the first upright row is the last stored row or column


@dataclass(frozen=True, slots=True)
class Upright:
    """Decoded pixels on their way: the upright size, and the rows from the top in bands.

    A band has shape (rows, width, 3), uint8, red green blue.
    """

    width: int
    height: int
    bands: Iterator[RgbPixels]


def upright(image: ImageFile.ImageFile) -> Upright:
    """Decode the pixels, turn them as EXIF says and lay alpha on white.

    Samples wider than 8 bits are scaled, not clipped. Raises whatever Pillow raises on broken data.
    """
    image.load()
    orientation = _orientation(image)
    width, height = reversed(image.size) if orientation in _SIDEWAYS else image.size
    return Upright(width, height, _bands(image, orientation, width, height))


def _bands(image: ImageFile.ImageFile, orientation: int, width: int, height: int) -> Iterator[RgbPixels]:
    to_rgb = _converter(image)
    rows = max(1, _BAND_PIXELS // width)
    for top in range(0, height, rows):
        start, stop = top, min(top + rows, height)
        if orientation in _FROM_FAR_END:
            start, stop = height - stop, height - start
        box = (start, 0, stop, width) if orientation in _SIDEWAYS else (0, start, width, stop)
        band = to_rgb(image.crop(box))
        if orientation in _TURNS:
            band = band.transpose(_TURNS[orientation])
        yield np.asarray(band)


def _orientation(image: ImageFile.ImageFile) -> int:
    """1 to 8; 1 when EXIF is missing or broken. Pillow has turned a TIFF already and says 1."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # a broken EXIF block is no fault of the picture's
        return 1
    return value if isinstance(value, int) and value in _TURNS else 1


def _converter(image: ImageFile.ImageFile) -> Callable[[Image.Image], Image.Image]:
    """What makes RGB of a band of this image."""
    if image.mode.startswith("I;16"):
        return _shifted(image)
    if image.mode in ("I", "F"):
        return _stretched(image)
    clear = image.info.get("transparency")
    if isinstance(clear, tuple) and max(clear) > 255:
        # PNG's see-through colour has 16 bits where the samples had; Pillow kept their upper 8.
        image.info["transparency"] = tuple(value >> 8 for value in clear)
    if image.has_transparency_data or image.mode == "La":
        return _on_white
    if image.mode == "RGB":
        return lambda band: band
    return lambda band: band.convert("RGB")


def _on_white(band: Image.Image) -> Image.Image:
    if band.mode == "La":
        band = band.convert("LA")
    seen = band.convert("RGBA")
    paper = Image.new("RGB", seen.size, (255, 255, 255))
    paper.paste(seen, mask=seen.getchannel("A"))
    return paper


def _grey(samples: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(samples).convert("RGB")


def _shifted(image: ImageFile.ImageFile) -> Callable[[Image.Image], Image.Image]:
    """16 bit grey keeps its upper 8, as Pillow does with the samples of 16 bit RGB."""
    clear = image.info.get("transparency")
    negative = _is_negative(image)

    def convert(band: Image.Image) -> Image.Image:
        samples = np.asarray(band)
        grey = (samples >> 8).astype(np.uint8)
        if negative:
            grey = ~grey
        if isinstance(clear, int):
            grey[samples == clear] = 255
        return _grey(grey)

    return convert


def _stretched(image: ImageFile.ImageFile) -> Callable[[Image.Image], Image.Image]:
    """32 bit integers and floats state no range: 0..1 (floats), 0..255 and 0..65535 are taken as such.

    Anything else runs from its own lowest to its own highest value; what is not a number is black.
    """
    low, high = _extremes(image)
    if low < 0 or high > 65535:
        pass
    elif image.mode == "F" and high <= 1:
        low, high = 0, 1
    else:
        low, high = 0, 255 if high <= 255 else 65535
    factor = 255 / (high - low) if high > low else 0.0
    negative = _is_negative(image)

    def convert(band: Image.Image) -> Image.Image:
        samples = np.nan_to_num(np.asarray(band).astype(np.float64), nan=low, posinf=high, neginf=low)
        grey = np.clip((samples - low) * factor, 0, 255).astype(np.uint8)
        return _grey(~grey if negative else grey)

    return convert


def _extremes(image: Image.Image) -> tuple[float, float]:
    """Lowest and highest finite value, (0, 0) when there is none."""
    low, high = float("inf"), float("-inf")
    wide, tall = image.size
    step = max(1, _BAND_PIXELS // wide)
    for top in range(0, tall, step):
        samples: NDArray[Any] = np.asarray(image.crop((0, top, wide, min(top + step, tall))))
        finite = samples[np.isfinite(samples)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    return (low, high) if low <= high else (0.0, 0.0)


def _is_negative(image: Image.Image) -> bool:
    """Whether 0 means white (TIFF 6.0, PhotometricInterpretation 0): Pillow heeds it up to 8 bits only."""
    return (
        isinstance(image, TiffImagePlugin.TiffImageFile)
        and image.tag_v2.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0
    )
