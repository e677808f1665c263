"""Foreground and background as the bytes of a PNG file: cut-outs and mattes."""

from __future__ import annotations

import math
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin  # noqa: F401  (importing registers it)

from readstone.domain.picture import Picture

MOST_CUT_OUT = 16_000_000
"""Pixels of the largest cut-out (contract 7.5: "at most 16 megapixels")."""

_QUICK = 3  # zlib's level: six takes twice as long for a fifteenth less


def cut_out(picture: Picture, alpha: NDArray[np.float32]) -> bytes:
    """The picture with `alpha` as its alpha channel, RGBA; what is wholly transparent is black too.

    As large as the picture, or reduced in its own ratio to `MOST_CUT_OUT` pixels. `alpha` may have any size.
    """
    scale = min(1.0, math.sqrt(MOST_CUT_OUT / (picture.width * picture.height)))
    # Rounded down: up could be a pixel too many.
    width, height = (max(1, int(side * scale)) for side in (picture.width, picture.height))
    image = Image.fromarray(picture.pixels)
    if (width, height) != image.size:
        image = image.resize((width, height), Image.Resampling.BOX, reducing_gap=2.0)
    pixels = np.empty((height, width, 4), np.uint8)
    pixels[:, :, :3] = np.asarray(image)
    pixels[:, :, 3] = _bytes(alpha, width, height)
    # Nobody sees the colours of the background, but they would be there for who looks, and take most of the bytes.
    pixels[pixels[:, :, 3] == 0] = 0
    return _png(Image.fromarray(pixels))


def matte(picture: Picture, alpha: NDArray[np.float32]) -> bytes:
    """`alpha` as grey, 8 bits a pixel, as large as the picture: white is foreground. `alpha` may have any size."""
    return _png(Image.fromarray(_bytes(alpha, picture.width, picture.height)))


def _bytes(alpha: NDArray[np.float32], width: int, height: int) -> NDArray[np.uint8]:
    whole = np.rint(np.clip(np.nan_to_num(alpha), 0, 1) * 255).astype(np.uint8)
    if whole.shape == (height, width):
        return whole
    return np.asarray(Image.fromarray(whole).resize((width, height), Image.Resampling.BILINEAR))


def _png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG", compress_level=_QUICK)
    return out.getvalue()
