"""A viewer of which plugged-in engines answer their part: nothing is asked twice, and 4.0's promises hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from readstone.domain.geometry import Box
from readstone.domain.picture import Picture
from readstone.domain.scene import (
    Caption,
    DenseCaption,
    DetectedObject,
    Feature,
    Person,
    Scene,
    SceneOptions,
    Tag,
)
from readstone.engines.large.held import Held
from readstone.engines.large.plugged import Choices, Plugged
from readstone.engines.large.roles import Role
from readstone.engines.large.runtime import Device
from readstone.engines.large.viewer import PluggedViewer, with_plugged
from readstone.engines.protocols import never
from viewers import FixedViewer, busy_street, empty_room

EVERY = frozenset(Feature)


@dataclass
class OwnCaptions:
    said: tuple[Caption, ...] = (Caption("a man with his dog", 0.7), Caption("a dog", 0.6))
    boxes: list[Box] = field(default_factory=list)

    def caption(self, picture: Picture, most: int, cancelled: Callable[[], bool] = never) -> tuple[Caption, ...]:
        return self.said[:most]

    def caption_parts(
        self, picture: Picture, boxes: Sequence[Box], cancelled: Callable[[], bool] = never
    ) -> tuple[DenseCaption, ...]:
        self.boxes += boxes
        whole = Box(0, 0, picture.width, picture.height)
        return (DenseCaption("a woman", 0.4, boxes[0]), DenseCaption("all of it", 0.3, whole)) if boxes else ()


class OwnTags:
    def tag(self, picture: Picture, cancelled: Callable[[], bool] = never) -> tuple[Tag, ...]:
        return (Tag("harbour", 0.8), Tag("boat", 0.6))


class OwnThings:
    def find(self, picture: Picture, cancelled: Callable[[], bool] = never) -> tuple[DetectedObject, ...]:
        boxes = [Box(1, 1, 20, 20), Box(2, 2, 20, 20), Box(3, 3, 20, 20), Box(4, 4, 20, 20)]
        names = [("person", 0.9), ("boat", 0.6), ("boat", 0.4), ("person", 0.002)]
        return tuple(DetectedObject(name, sure, box) for (name, sure), box in zip(names, boxes, strict=True))


def plugged(tmp_path: Path, **engines: Any) -> Plugged:
    chosen = Plugged(Choices({}, tmp_path, device=Device.CPU))
    for name, engine in engines.items():
        setattr(chosen, name, Held(name, lambda engine=engine: engine))
    return chosen


def test_without_engines_it_is_the_viewer_itself(tmp_path: Path) -> None:
    viewer = FixedViewer()
    assert with_plugged(viewer, plugged(tmp_path)) is viewer


def test_tags(tmp_path: Path, picture: Picture) -> None:
    inner = FixedViewer()
    viewer = with_plugged(inner, plugged(tmp_path, tagger=OwnTags()))
    scene = viewer.see(picture, SceneOptions(frozenset({Feature.TAGS, Feature.DESCRIPTION, Feature.COLOURS})))
    assert scene.tags == OwnTags().tag(picture)
    assert scene.description
    assert scene.description.tags == ("harbour", "boat")
    assert scene.description.captions == busy_street(picture, SceneOptions(EVERY)).description.captions[:1]  # type: ignore[union-attr]
    assert Feature.TAGS not in inner.asked[-1].features, "nobody else is asked for them"
    assert viewer.see(picture, SceneOptions(frozenset({Feature.COLOURS}))).tags is None


def test_things(tmp_path: Path, picture: Picture) -> None:
    inner = FixedViewer()
    viewer = PluggedViewer(inner, plugged(tmp_path, detector=OwnThings()))
    scene = viewer.see(picture, SceneOptions(frozenset({Feature.OBJECTS, Feature.PEOPLE})))
    assert [(thing.name, thing.confidence) for thing in scene.objects or ()] == [("person", 0.9), ("boat", 0.6)]
    assert scene.people == (Person(0.9, Box(1, 1, 20, 20)), Person(0.002, Box(4, 4, 20, 20)))
    assert inner.asked[-1].features == frozenset()
    only = viewer.see(picture, SceneOptions(frozenset({Feature.PEOPLE})))
    assert only.objects is None


@pytest.mark.parametrize("neutral", [False, True])
def test_captions(tmp_path: Path, picture: Picture, neutral: bool) -> None:
    captioner = OwnCaptions()
    viewer = PluggedViewer(FixedViewer(), plugged(tmp_path, captioner=captioner))
    asked = SceneOptions(frozenset({Feature.DESCRIPTION, Feature.DENSE_CAPTIONS}), most_captions=2, neutral=neutral)
    scene = viewer.see(picture, asked)
    assert scene.description
    first = "a person with their dog" if neutral else "a man with his dog"
    assert [caption.text for caption in scene.description.captions] == [first, "a dog"]
    assert scene.description.tags == ("outdoor", "street", "dog"), "the viewer's own"
    dense = scene.dense_captions
    assert dense
    assert (dense[0].text, dense[0].box) == (first, Box(0, 0, 120, 90))
    assert [each.text for each in dense[1:]] == ["a person" if neutral else "a woman"], "no second one of the whole"
    assert captioner.boxes == [Box(-3.4, 10.4, 40.2, 20.2), Box(-3.3, 10.4, 40, 20.2)]


def test_text_that_was_read_aloud_stays(tmp_path: Path, picture: Picture) -> None:
    def with_text(picture: Picture, options: SceneOptions) -> Scene:
        whole = DenseCaption("a wall", 0.9, Box(0, 0, 120, 90))
        things = tuple(DenseCaption("a thing", 0.5, Box(x, 1, 9, 9)) for x in range(1, 12))
        return Scene(
            120, 90, dense_captions=(whole, *things, DenseCaption("text that reads hello", 0.8, Box(5, 5, 50, 9)))
        )

    class Many(OwnCaptions):
        def caption_parts(
            self, picture: Picture, boxes: Sequence[Box], cancelled: Callable[[], bool] = never
        ) -> tuple[DenseCaption, ...]:
            return tuple(DenseCaption("x", 0.5, box) for box in boxes)

    viewer = PluggedViewer(FixedViewer(with_text), plugged(tmp_path, captioner=Many()))
    dense = viewer.see(picture, SceneOptions(frozenset({Feature.DENSE_CAPTIONS}))).dense_captions
    assert dense
    assert len(dense) == 10
    assert dense[-1].text == "text that reads hello"


def test_a_captioner_at_a_loss_leaves_the_built_in_sentence(tmp_path: Path, picture: Picture) -> None:
    viewer = PluggedViewer(FixedViewer(), plugged(tmp_path, captioner=OwnCaptions(said=())))
    scene = viewer.see(picture, SceneOptions(frozenset({Feature.DESCRIPTION, Feature.DENSE_CAPTIONS})))
    assert scene.description
    assert scene.description.captions[0].text == "a dog on a street"
    assert scene.dense_captions
    assert scene.dense_captions[0].text == "a dog on a street"


def test_an_empty_room(tmp_path: Path, picture: Picture) -> None:
    engines = plugged(tmp_path, captioner=OwnCaptions(), tagger=OwnTags(), detector=OwnThings())
    scene = PluggedViewer(FixedViewer(empty_room), engines).see(picture, SceneOptions(EVERY))
    assert scene.dense_captions
    assert scene.dense_captions[0].box == Box(0, 0, 120, 90)


def test_real_engines_over_the_real_viewer(
    built: Callable[[str], Path], picture: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("readstone.engines.large.blip._LONGEST", 6)
    from readstone.engines.registry import create_viewer

    names = {Role.CAPTION: "blip", Role.TAGS: "siglip", Role.OBJECTS: "rt_detr"}
    folders = {role: str(built(name)) for role, name in names.items()}
    chosen = Plugged(Choices(folders, tmp_path, frozenset(folders.values()), device=Device.CPU))
    scene = with_plugged(create_viewer(threads=1), chosen).see(picture, SceneOptions(EVERY, ratios=(1.0,)))
    assert scene.description
    assert scene.description.captions
    assert scene.description.tags == tuple(tag.name for tag in scene.tags or ())
    assert scene.dense_captions
    assert scene.dense_captions[0].text == scene.description.captions[0].text
    assert len(scene.people or ()) >= 1
    assert scene.crops
    chosen.close()
