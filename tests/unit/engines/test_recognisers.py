"""Names from a user's own list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint

import numpy as np
import pytest

from readstone.domain.geometry import Box
from readstone.domain.picture import Picture
from readstone.domain.scene import Brand, Celebrity, Face, Feature, Landmark, SceneOptions
from readstone.engines import recognisers
from readstone.engines.protocols import never
from readstone.engines.recognisers import RecognisingViewer, with_recognisers
from viewers import FixedViewer

PICTURE = Picture(np.zeros((60, 80, 3), np.uint8), "Png")


@dataclass
class OwnList:
    feature: Feature
    names: tuple[Celebrity, ...] | tuple[Landmark, ...] | tuple[Brand, ...]
    faces: list[tuple[Face, ...]] = field(default_factory=list)

    def recognise(
        self, picture: Picture, faces: tuple[Face, ...], cancelled: Callable[[], bool] = never
    ) -> tuple[Celebrity, ...] | tuple[Landmark, ...] | tuple[Brand, ...]:
        self.faces.append(faces)
        return self.names


def aunt() -> OwnList:
    return OwnList(Feature.CELEBRITIES, (Celebrity("Aunt Mary", 0.9, Box(1, 2, 3, 4)),))


def test_asked_only_for_what_is_asked() -> None:
    people, places = aunt(), OwnList(Feature.LANDMARKS, (Landmark("Our house", 0.8),))
    inner = FixedViewer()
    viewer = RecognisingViewer(inner, (people, places))
    scene = viewer.see(PICTURE, SceneOptions(frozenset({Feature.LANDMARKS})))
    assert scene.landmarks == (Landmark("Our house", 0.8),)
    assert (scene.celebrities, scene.faces) == (None, None)
    assert inner.asked[-1].features == {Feature.LANDMARKS}
    assert people.faces == []
    assert places.faces == [()]


def test_faces_are_found_for_those_who_know_people() -> None:
    people = aunt()
    viewer = RecognisingViewer(FixedViewer(), (people,))
    scene = viewer.see(PICTURE, SceneOptions(frozenset({Feature.CELEBRITIES})))
    assert scene.celebrities == people.names
    assert scene.faces is None, "nobody asked for faces"
    assert [len(faces) for faces in people.faces] == [1]
    both = viewer.see(PICTURE, SceneOptions(frozenset({Feature.CELEBRITIES, Feature.FACES})))
    assert both.faces == people.faces[-1]


def test_several_lists_are_joined() -> None:
    lists = [OwnList(Feature.BRANDS, (Brand(name, 0.7, Box(0, 0, 9, 9)),)) for name in ("Acme", "Globex")]
    scene = RecognisingViewer(FixedViewer(), lists).see(PICTURE, SceneOptions(frozenset({Feature.BRANDS})))
    assert scene.brands
    assert [brand.name for brand in scene.brands] == ["Acme", "Globex"]


def test_installed_lists_join_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = FixedViewer()
    assert with_recognisers(viewer) is viewer, "none is installed"
    entry = EntryPoint("family", f"{__name__}:aunt", recognisers.GROUP)
    monkeypatch.setattr(recognisers, "entry_points", lambda group: [entry] if group == recognisers.GROUP else [])
    monkeypatch.setattr(EntryPoint, "load", lambda _self: aunt)
    joined = with_recognisers(viewer)
    scene = joined.see(PICTURE, SceneOptions(frozenset({Feature.CELEBRITIES})))
    assert scene.celebrities == aunt().names
