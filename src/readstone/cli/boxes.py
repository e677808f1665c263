"""Findings drawn into the picture, for people to look at."""

from __future__ import annotations

from collections.abc import Iterator

from PIL import Image, ImageDraw, ImageFont

from readstone.domain.geometry import Box
from readstone.domain.picture import Picture
from readstone.domain.scene import Scene

_OBJECT, _FACE, _BRAND = (255, 209, 0), (0, 224, 255), (255, 64, 160)


def draw_boxes(picture: Picture, scene: Scene) -> Image.Image:
    """An RGB image of the picture's size with every box of `scene`, its name on a bar of the box's colour."""
    image = Image.fromarray(picture.pixels)
    pen = ImageDraw.Draw(image)
    longest = max(image.size)
    stroke, font = max(2, longest // 400), ImageFont.load_default(max(12, longest // 55))
    for box, name, colour in _boxes(scene):
        pen.rectangle((box.left, box.top, max(box.right, box.left), max(box.bottom, box.top)), None, colour, stroke)
        if name:
            left, top, right, bottom = pen.textbbox((box.left + stroke, box.top + stroke), name, font=font)
            pen.rectangle((left - stroke, top - stroke, right + stroke, bottom + stroke), colour)
            pen.text((box.left + stroke, box.top + stroke), name, (0, 0, 0), font)
    return image


def _boxes(scene: Scene) -> Iterator[tuple[Box, str, tuple[int, int, int]]]:
    for thing in scene.objects or ():
        yield thing.box, f"{thing.name} {thing.confidence:.2f}", _OBJECT
    for face in scene.faces or ():
        yield face.box, "", _FACE
    for brand in scene.brands or ():
        yield brand.box, brand.name, _BRAND
