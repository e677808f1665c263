"""Crops: exact in shape, inside the picture, and on what matters most."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readstone.domain.geometry import Box, Point
from readstone.domain.picture import Picture
from readstone.engines.scene.crops import area_of_interest, crop_at, fitting_ratio
from readstone.engines.scene.evidence import Detection, FoundFace
from readstone.engines.scene.saliency import saliency_of


def evidence(
    width: int = 600,
    height: int = 400,
    faces: tuple[Box, ...] = (),
    things: tuple[tuple[str, float, Box], ...] = (),
    patch: Box | None = None,
) -> Any:
    """What the crops ask for, on an even picture with or without a patch of colour."""
    pixels = np.full((height, width, 3), 120, np.uint8)
    if patch:
        pixels[int(patch.top) : int(patch.bottom), int(patch.left) : int(patch.right)] = (220, 40, 30)
    eye = Point(0, 0)
    return SimpleNamespace(
        picture=Picture(pixels, "Jpeg"),
        saliency=saliency_of(pixels),
        faces=tuple(FoundFace(box, 0.9, (eye, eye, eye, eye, eye)) for box in faces),
        detections=tuple(Detection(*thing) for thing in things),
    )


def holds(outer: Box, inner: Box) -> bool:
    return (
        outer.left <= inner.left
        and outer.top <= inner.top
        and outer.right >= inner.right
        and outer.bottom >= inner.bottom
    )


@given(
    width=st.integers(1, 700),
    height=st.integers(1, 700),
    ratio=st.floats(0.02, 40),
    x=st.floats(-0.5, 1.2),
    y=st.floats(-0.5, 1.2),
)
def test_any_crop_is_whole_pixels_inside_at_its_ratio(
    width: int, height: int, ratio: float, x: float, y: float
) -> None:
    box = Box(x * width, y * height, 0.3 * width, 0.3 * height)
    seen = evidence(width, height, faces=(box,), things=(("dog", 0.9, box),))
    crop = crop_at(seen, ratio, text=(box,))
    found = crop.box
    assert crop.ratio == ratio
    for value in (found.left, found.top, found.width, found.height):
        assert value == int(value)
    assert found.left >= 0
    assert found.top >= 0
    assert found.right <= width
    assert found.bottom <= height
    assert found.width >= 1
    assert found.height >= 1
    # As large as can be: one side is the picture's, the other what the ratio makes of it.
    if width / height > ratio:
        assert found.height == height
        assert abs(found.width - height * ratio) <= 0.5 or found.width in (1, width)
    else:
        assert found.width == width
        assert abs(found.height - width / ratio) <= 0.5 or found.height in (1, height)


def test_the_area_of_interest_is_a_square_as_high_as_the_picture() -> None:
    found = area_of_interest(evidence(600, 462))
    assert (found.top, found.width, found.height) == (0, 462, 462)
    assert area_of_interest(evidence(462, 600)).width == 462
    assert area_of_interest(evidence(300, 300)) == Box(0, 0, 300, 300)


def test_with_nothing_to_see_the_middle_is_kept() -> None:
    assert crop_at(evidence(600, 400), 1.0).box.left == pytest.approx(100, abs=3)


@pytest.mark.parametrize("left", [0, 60, 270, 480, 560])
def test_what_catches_the_eye_is_kept(left: int) -> None:
    patch = Box(left, 150, 40, 60)
    assert holds(crop_at(evidence(patch=patch), 0.75).box, patch)


def test_a_thing_beats_what_merely_catches_the_eye() -> None:
    dog = Box(480, 150, 110, 200)
    found = crop_at(evidence(patch=Box(20, 100, 60, 60), things=(("dog", 0.8, dog),)), 0.75).box
    assert holds(found, dog)


def test_an_unsure_thing_draws_nothing() -> None:
    sure = crop_at(evidence(things=(("dog", 0.1, Box(480, 150, 110, 200)),)), 0.75).box
    assert sure == crop_at(evidence(), 0.75).box


def test_text_is_kept_where_it_is_known() -> None:
    line = Box(10, 300, 150, 30)
    assert holds(crop_at(evidence(), 1.0, text=(line,)).box, line)


def test_a_face_beats_everything() -> None:
    face = Box(20, 40, 50, 60)
    things = (("car", 0.95, Box(350, 150, 240, 200)), ("person", 0.9, Box(300, 50, 100, 300)))
    assert holds(crop_at(evidence(faces=(face,), things=things), 0.6).box, face)


def test_all_faces_are_kept_when_they_fit() -> None:
    faces = (Box(200, 40, 50, 60), Box(560, 80, 40, 50))
    found = crop_at(evidence(faces=faces), 1.0).box
    assert all(holds(found, face) for face in faces)


def test_of_faces_too_far_apart_the_likeliest_is_whole() -> None:
    faces = (Box(540, 40, 50, 60), Box(5, 80, 50, 60))
    assert holds(crop_at(evidence(faces=faces), 0.5).box, faces[0])


@pytest.mark.parametrize("ratio", [0.0, -1.0, float("nan")])
def test_a_ratio_is_above_zero(ratio: float) -> None:
    with pytest.raises(ValueError, match="ratio"):
        crop_at(evidence(), ratio)


def test_the_ratio_that_fits_what_matters() -> None:
    person = ("person", 0.9, Box(100, 50, 150, 100))
    assert fitting_ratio(evidence()) == 1.5  # nothing there: the picture's own
    assert fitting_ratio(evidence(things=(person,))) == 1.5
    assert fitting_ratio(evidence(things=(person,), faces=(Box(100, 150, 30, 60),))) == 0.94
    assert fitting_ratio(evidence(things=(("kite", 0.1, Box(0, 0, 9, 9)),))) == 1.5
    assert fitting_ratio(evidence(), [Box(0, 0, 500, 20)]) == 2
    assert fitting_ratio(evidence(), [Box(0, 0, 10, 300)]) == 0.5
