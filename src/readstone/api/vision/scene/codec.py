"""From a scene to the bodies of these operations (contract 2.5, 4.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from readstone.api.vision.scene import shapes
from readstone.domain import scene as domain
from readstone.domain.geometry import Box
from readstone.domain.scene import Scene
from readstone.inference.seeing import Seen

Found = TypeVar("Found")
Shape = TypeVar("Shape")

_DIGITS = 4
_OBJECT_DIGITS = 3
"""Decimals of confidences: objects had three in every recording, the others more than mean anything."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a body tells that is not on the image; `model_version` is empty where the version tells none."""

    request_id: str
    model_version: str = ""


@dataclass(frozen=True, slots=True)
class SceneCodec:
    """Writes the bodies of one version. `gory`: whether `adult` tells of gore."""

    gory: bool = False

    def seen(self, seen: Seen, told: Told) -> bytes:
        """Everything that was looked for, names of people and places in their categories."""
        scene = seen.scene
        return _json(
            shapes.SceneBody(
                categories=_categories(scene),
                adult=_one(self._adult, scene.adult),
                color=_one(_color, scene.colours),
                image_type=_one(_image_type, scene.image_type),
                tags=_one(_tags, scene.tags),
                description=_one(_description, scene.description),
                faces=_every(partial(_face, scene), scene.faces),
                objects=_every(partial(_object, scene), scene.objects),
                brands=_every(partial(_brand, scene), scene.brands),
                area_of_interest=_one(partial(_rectangle, scene), scene.area_of_interest),
                request_id=told.request_id,
                metadata=_metadata(seen),
                model_version=told.model_version or None,
            )
        )

    def named(self, seen: Seen, told: Told) -> bytes:
        """The result of a domain model."""
        return _json(
            shapes.SceneBody(
                result=shapes.Names(
                    celebrities=_celebrities(seen.scene),
                    landmarks=_landmarks(seen.scene),
                ),
                request_id=told.request_id,
                metadata=_metadata(seen),
                model_version=told.model_version or None,
            )
        )

    def _adult(self, adult: domain.Adult) -> shapes.Adult:
        return shapes.Adult(
            is_adult=adult.is_adult,
            is_racy=adult.is_racy,
            is_gory=adult.is_gory if self.gory else None,
            adult_score=round(adult.adult_score, _DIGITS),
            racy_score=round(adult.racy_score, _DIGITS),
            gore_score=round(adult.gore_score, _DIGITS) if self.gory else None,
        )


def _one(write: Callable[[Found], Shape], found: Found | None) -> Shape | None:
    """What was not looked for stays None."""
    return None if found is None else write(found)


def _every(write: Callable[[Found], Shape], found: Iterable[Found] | None) -> list[Shape] | None:
    return None if found is None else [write(item) for item in found]


def _json(body: shapes.SceneBody) -> bytes:
    return body.model_dump_json(by_alias=True, exclude_none=True).encode()


def _metadata(seen: Seen) -> shapes.Metadata:
    return shapes.Metadata(height=seen.scene.height, width=seen.scene.width, format=seen.format)


def _categories(scene: Scene) -> list[shapes.Category] | None:
    """In the order of the taxonomy, as the live service has them; details in the most general one that has any."""
    if scene.categories is None:
        return None
    ordered = sorted(scene.categories, key=lambda category: category.name)
    people = _most_general(ordered, ("people_",)) if scene.celebrities is not None else None
    places = _most_general(ordered, ("building_", "outdoor_")) if scene.landmarks is not None else None
    return [
        shapes.Category(
            name=category.name,
            score=category.score,
            detail=shapes.Names(
                celebrities=_celebrities(scene) if category is people else None,
                landmarks=_landmarks(scene) if category is places else None,
            )
            if category is people or category is places
            else None,
        )
        for category in ordered
    ]


def _most_general(categories: Iterable[domain.Category], starts: tuple[str, ...]) -> domain.Category | None:
    """The category for the answer of a domain model: a parent before a child, then the likeliest."""
    fitting = [category for category in categories if category.name.startswith(starts)]
    return max(fitting, key=lambda category: (category.name in starts, category.score), default=None)


def _celebrities(scene: Scene) -> list[shapes.Celebrity] | None:
    def write(known: domain.Celebrity) -> shapes.Celebrity:
        rectangle = _face_rectangle(scene, known.face)
        return shapes.Celebrity(name=known.name, confidence=round(known.confidence, _DIGITS), face_rectangle=rectangle)

    return _every(write, scene.celebrities)


def _landmarks(scene: Scene) -> list[shapes.Landmark] | None:
    return _every(
        lambda known: shapes.Landmark(name=known.name, confidence=round(known.confidence, _DIGITS)), scene.landmarks
    )


def _color(colours: domain.Colours) -> shapes.Color:
    return shapes.Color(
        foreground=colours.foreground,
        background=colours.background,
        dominant=list(colours.dominant),
        accent=colours.accent,
        is_bw_img=colours.black_and_white,
        is_bw_img_again=colours.black_and_white,
    )


def _image_type(image_type: domain.ImageType) -> shapes.ImageType:
    return shapes.ImageType(clip_art=image_type.clip_art, line_drawing=image_type.line_drawing)


def _tags(tags: Iterable[domain.Tag]) -> list[shapes.Tag]:
    likeliest_first = sorted(tags, key=lambda tag: -tag.confidence)
    return [
        shapes.Tag(name=tag.name, confidence=round(tag.confidence, _DIGITS), hint=tag.hint) for tag in likeliest_first
    ]


def _description(description: domain.Description) -> shapes.Description:
    return shapes.Description(
        tags=list(description.tags),
        captions=[
            shapes.Caption(text=caption.text, confidence=round(caption.confidence, _DIGITS))
            for caption in description.captions
        ],
    )


def _face(scene: Scene, face: domain.Face) -> shapes.Face:
    return shapes.Face(
        age=face.age,
        gender=face.gender and face.gender.value,
        rectangle=_face_rectangle(scene, face.box),
    )


def _object(scene: Scene, thing: domain.DetectedObject) -> shapes.Object:
    parent: shapes.Parent | None = None
    for concept in reversed(thing.parents):
        parent = shapes.Parent(object=concept.name, confidence=round(concept.confidence, _OBJECT_DIGITS), parent=parent)
    return shapes.Object(
        rectangle=_rectangle(scene, thing.box),
        object=thing.name,
        confidence=round(thing.confidence, _OBJECT_DIGITS),
        parent=parent,
    )


def _brand(scene: Scene, brand: domain.Brand) -> shapes.Brand:
    return shapes.Brand(
        name=brand.name,
        confidence=round(brand.confidence, _OBJECT_DIGITS),
        rectangle=_rectangle(scene, brand.box),
    )


def _rectangle(scene: Scene, box: Box) -> shapes.Rectangle:
    left, top, width, height = _pixels(scene, box)
    return shapes.Rectangle(x=left, y=top, w=width, h=height)


def _face_rectangle(scene: Scene, box: Box) -> shapes.FaceRectangle:
    left, top, width, height = _pixels(scene, box)
    return shapes.FaceRectangle(left=left, top=top, width=width, height=height)


def _pixels(scene: Scene, box: Box) -> tuple[int, int, int, int]:
    """Left, top, width, height to the nearest whole pixels, inside the image and at least one pixel each way."""
    left = min(max(round(box.left), 0), scene.width - 1)
    top = min(max(round(box.top), 0), scene.height - 1)
    right = min(max(round(box.right), left + 1), scene.width)
    bottom = min(max(round(box.bottom), top + 1), scene.height)
    return left, top, right - left, bottom - top
