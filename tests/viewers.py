"""Viewers for tests of the wire: they answer what the test says, so that only the wire is under test."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from readstone.domain.geometry import Box
from readstone.domain.picture import Picture
from readstone.domain.refusals import Cancelled
from readstone.domain.scene import (
    Adult,
    Caption,
    Category,
    Colours,
    Concept,
    Crop,
    DenseCaption,
    Description,
    DetectedObject,
    Face,
    Feature,
    Gender,
    ImageType,
    Person,
    Scene,
    SceneOptions,
    Tag,
)
from readstone.engines.protocols import never

MEMBERS = {
    Feature.CATEGORIES: "categories",
    Feature.TAGS: "tags",
    Feature.DESCRIPTION: "description",
    Feature.DENSE_CAPTIONS: "dense_captions",
    Feature.OBJECTS: "objects",
    Feature.PEOPLE: "people",
    Feature.FACES: "faces",
    Feature.BRANDS: "brands",
    Feature.ADULT: "adult",
    Feature.COLOURS: "colours",
    Feature.IMAGE_TYPE: "image_type",
    Feature.AREA_OF_INTEREST: "area_of_interest",
    Feature.CELEBRITIES: "celebrities",
    Feature.LANDMARKS: "landmarks",
    Feature.CROPS: "crops",
}
"""The member of a scene for each feature."""


def busy_street(picture: Picture, options: SceneOptions) -> Scene:
    """A scene with something of everything, whatever the picture shows; boxes pass its edges."""
    width, height = picture.width, picture.height
    captions = (Caption("a dog on a street", 0.912345678), Caption("a street with a dog", 0.5))
    return Scene(
        width,
        height,
        categories=(
            Category("outdoor_street", 0.33984375),
            Category("outdoor_", 0.00390625),
            Category("people_", 0.25),
        ),
        tags=(Tag("street", 0.91), Tag("outdoor", 0.987654321), Tag("dog", 0.9, "animal")),
        description=Description(("outdoor", "street", "dog"), captions[: options.most_captions]),
        objects=(
            DetectedObject(
                "dog", 0.87654, Box(-3.4, 10.4, 40.2, 20.2), (Concept("mammal", 0.88), Concept("animal", 0.9))
            ),
            DetectedObject("traffic light", 0.61, Box(width - 5.3, height - 5.3, 80, 80)),
        ),
        people=(
            Person(0.00012, Box(5, 6, 7, 8)),
            Person(1.0, Box(50.4, 6, 7, 8)),
            Person(0.00002, Box(50, 6, 7.4, 8)),
        ),
        dense_captions=(
            DenseCaption("a dog on a street", 0.912345678, Box(0, 0, width, height)),
            DenseCaption("a dog", 0.87654, Box(-3.4, 10.4, 40.2, 20.2)),
            DenseCaption("the same again", 0.5, Box(-3.3, 10.4, 40, 20.2)),
        ),
        faces=(
            Face(
                Box(20.5, 12.2, 10, 9.8),
                0.99,
                age=31 if options.age_and_gender else None,
                gender=Gender.FEMALE if options.age_and_gender else None,
            ),
        ),
        brands=(),
        adult=Adult(0.00123456, 0.0345678, 0.001, is_adult=False, is_racy=False, is_gory=False),
        colours=Colours("Brown", "Black", ("Brown", "Black"), "B54316", black_and_white=False),
        image_type=ImageType(0, 0),
        area_of_interest=Box(width / 4, 0, width / 2, height),
        celebrities=(),
        landmarks=(),
        crops=tuple(
            Crop(ratio, Box(0, 0, min(width, height * ratio), min(height, width / ratio))) for ratio in options.ratios
        ),
    )


def empty_room(picture: Picture, _options: SceneOptions) -> Scene:
    """A scene in which nothing was found of all that comes in lists."""
    nothing: tuple[Any, ...] = ()
    return Scene(
        picture.width,
        picture.height,
        categories=nothing,
        tags=nothing,
        description=Description(),
        dense_captions=nothing,
        objects=nothing,
        people=nothing,
        faces=nothing,
        brands=nothing,
        celebrities=nothing,
        landmarks=nothing,
        crops=nothing,
        adult=Adult(0.0, 0.0, 0.0, is_adult=False, is_racy=False, is_gory=False),
        colours=Colours("White", "White", (), "666666", black_and_white=True),
        image_type=ImageType(0, 0),
        area_of_interest=Box(0, 0, picture.width, picture.height),
    )


def only(scene: Scene, features: frozenset[Feature]) -> Scene:
    """What was asked for of `scene`, the rest None, as every viewer has to answer."""
    return replace(scene, **{member: None for feature, member in MEMBERS.items() if feature not in features})


@dataclass
class FixedViewer:
    """Answers what was asked for of `scene(picture, options)`; keeps the options it was called with."""

    scene: Callable[[Picture, SceneOptions], Scene] = busy_street
    asked: list[SceneOptions] = field(default_factory=list)

    def see(self, picture: Picture, options: SceneOptions, cancelled: Callable[[], bool] = never) -> Scene:
        self.asked.append(options)
        return only(self.scene(picture, options), options.features)


class HeldViewer:
    """Works until it is told to go on, or its caller leaves."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.started = threading.Semaphore(0)
        self.dropped = threading.Semaphore(0)

    def see(self, picture: Picture, options: SceneOptions, cancelled: Callable[[], bool] = never) -> Scene:
        self.started.release()
        while not self.go_on.wait(0.01):
            if cancelled():
                self.dropped.release()
                raise Cancelled
        return only(busy_street(picture, options), options.features)


class BrokenViewer:
    """Fails as a bug would."""

    def see(self, picture: Picture, options: SceneOptions, cancelled: Callable[[], bool] = never) -> Scene:
        raise ZeroDivisionError("a bug, not to be told to the caller")
