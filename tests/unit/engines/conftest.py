from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from readstone.domain.picture import Picture
from readstone.engines.read.reader import PageReader

Write = Callable[..., Picture]


@pytest.fixture(scope="session")
def reader() -> PageReader:
    return PageReader(threads=2)


@pytest.fixture
def write() -> Write:
    """Draws (x, y, text) on white and gives the picture."""

    def draw(size: tuple[int, int], texts: list[tuple[int, int, str]], height: int = 28, turn: float = 0) -> Picture:
        image = Image.new("RGB", size, "white")
        pen = ImageDraw.Draw(image)
        font = ImageFont.load_default(height)
        for x, y, text in texts:
            pen.text((x, y), text, fill="black", font=font)
        if turn:
            # Pillow turns against the clock.
            image = image.rotate(-turn, resample=Image.Resampling.BICUBIC, expand=True, fillcolor="white")
        return Picture(np.ascontiguousarray(np.asarray(image)), "Png")

    return draw
