"""What an image shows, as a table for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from readstone.domain.geometry import Box
from readstone.domain.scene import Scene


def scene_table(scene: Scene) -> Table:
    """One row a finding; captions and tags are told above it."""
    table = Table("what", "found", "confidence", "where", box=None, pad_edge=False)
    for row in _rows(scene):
        table.add_row(*row)
    return table


def _rows(scene: Scene) -> Iterator[tuple[str, str, str, str]]:
    for category in sorted(scene.categories or (), key=lambda found: -found.score):
        yield "category", category.name, f"{category.score:.2f}", ""
    for thing in scene.objects or ():
        names = ", ".join((thing.name, *(parent.name for parent in thing.parents)))
        yield "object", names, f"{thing.confidence:.2f}", _place(thing.box)
    for face in scene.faces or ():
        told = [face.gender.value] if face.gender else []
        told += [f"about {face.age}"] if face.age is not None else []
        yield "face", ", ".join(told), f"{face.confidence:.2f}", _place(face.box)
    for brand in scene.brands or ():
        yield "brand", brand.name, f"{brand.confidence:.2f}", _place(brand.box)
    if scene.colours:
        colours = scene.colours
        dominant = ", ".join(colours.dominant) or "none"
        yield "colours", f"{dominant}; accent #{colours.accent}", "", ""
        if colours.black_and_white:
            yield "colours", "black and white", "", ""
    if scene.image_type and scene.image_type.clip_art:
        yield "image type", f"clip art {scene.image_type.clip_art} of 3", "", ""
    if scene.image_type and scene.image_type.line_drawing:
        yield "image type", "line drawing", "", ""
    if scene.adult:
        yield "adult", "yes" if scene.adult.is_adult else "no", f"{scene.adult.adult_score:.2f}", ""
        yield "racy", "yes" if scene.adult.is_racy else "no", f"{scene.adult.racy_score:.2f}", ""


def _place(box: Box) -> str:
    return f"{box.left:.0f},{box.top:.0f} {box.width:.0f}x{box.height:.0f}"
