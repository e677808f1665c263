"""Images with known text, drawn for tests with the fonts that Pillow and matplotlib carry."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

DEMOCRITUS = ("NOTHING", "EXISTS", "EXCEPT", "ATOMS", "AND EMPTY", "SPACE.", "Everything else", "is opinion.")
"""The poster of seed 000: eight lines, 338 x 451 pixels."""


def drawn(
    lines: Sequence[str] = DEMOCRITUS,
    *,
    size: tuple[int, int] = (338, 451),
    font_size: int = 38,
    spacing: float = 1.4,
    margin: tuple[int, int] = (22, 16),
    ink: int = 15,
    paper: int = 250,
) -> Image.Image:
    """Black on white, one text line below the other."""
    image = Image.new("RGB", size, (paper,) * 3)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(font_size)
    for row, text in enumerate(lines):
        draw.text((margin[0], margin[1] + round(row * font_size * spacing)), text, fill=(ink,) * 3, font=font)
    return image


def encoded(image: Image.Image, image_format: str = "PNG", **options: object) -> bytes:
    """The image as a file."""
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()
