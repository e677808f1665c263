"""A part of a picture as the bytes of an image file: thumbnails."""

from __future__ import annotations

import math
from io import BytesIO

from PIL import Image, JpegImagePlugin, PngImagePlugin  # noqa: F401  (importing registers them)

from readstone.domain.geometry import Box
from readstone.domain.picture import Picture

# Small pictures are looked at closely: at 90 without chroma subsampling, edges of thin coloured lines stay.
_QUALITY = 90


def encode(picture: Picture, box: Box, width: int, height: int) -> bytes:
    """The part `box` of a picture (pixels, fractions allowed) made exactly `width` x `height`.

    A PNG source gives PNG, any other JPEG (contract 4.2), both RGB: what was transparent is white already
    (`Picture`). The same input gives the same bytes. Raises ValueError when nothing of `box` is inside the
    picture or a side is less than one pixel.
    """
    if width < 1 or height < 1:
        raise ValueError("a side is at least one pixel")
    inside = box.clipped(picture.width, picture.height)
    if inside.width <= 0 or inside.height <= 0:
        raise ValueError("the box is outside the picture")
    # The filter looks beyond the box, where there may be a frame that the box leaves out: cut first.
    left, top = math.floor(inside.left), math.floor(inside.top)
    image = Image.fromarray(picture.pixels[top : math.ceil(inside.bottom), left : math.ceil(inside.right)])
    # Lanczos keeps small things sharp; reducing by whole pixels first costs no visible detail at this gap.
    part = image.resize(
        (width, height),
        Image.Resampling.LANCZOS,
        box=(inside.left - left, inside.top - top, inside.right - left, inside.bottom - top),
        reducing_gap=3.0,
    )
    out = BytesIO()
    if picture.format == "Png":
        part.save(out, "PNG", compress_level=6)
    else:
        part.save(out, "JPEG", quality=_QUALITY, subsampling=0, optimize=True)
    return out.getvalue()
