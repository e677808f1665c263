"""What is known of one picture: each model runs at most once, and only when something asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.geometry import Box, Point
from readstone.domain.picture import Picture, RgbPixels
from readstone.domain.refusals import Cancelled
from readstone.domain.scene import Colours, Gender, ImageType, Tag
from readstone.engines.protocols import never

if TYPE_CHECKING:
    from readstone.engines.scene.gist import Gist
    from readstone.engines.scene.light import Light

_LONGEST = 640
"""Pixels: the size of COCO's own pictures; faces are found no better in larger ones."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A thing in its box (pixels of the picture); `name` is one of COCO's 80, people being "person"."""

    name: str
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face; `landmarks` are left eye, right eye, nose, left and right corner of the mouth.

    Left is the left of the picture when the face is upright: the person's own right.
    """

    box: Box
    score: float
    landmarks: tuple[Point, Point, Point, Point, Point]


@dataclass(frozen=True, slots=True)
class AgeAndGender:
    """Age in years; `probability` is that of `gender`, at least .5."""

    age: float
    gender: Gender
    probability: float


class SceneModels(Protocol):
    """The networks, shared by all pictures. Re-entrant.

    Every method takes the upright picture, most of them reduced; boxes are in pixels of what they were given.
    """

    def classify(self, pixels: RgbPixels) -> NDArray[np.float32]:
        """Probabilities of ImageNet's 1000 classes, in ImageNet's order (tables/imagenet.tsv); shape (1000,)."""
        ...

    def detect(self, pixels: RgbPixels) -> tuple[Detection, ...]:
        """Things, likeliest first, down to very low scores, each in one box."""
        ...

    def find_faces(self, pixels: RgbPixels) -> tuple[FoundFace, ...]:
        """Faces that are surely some, likeliest first."""
        ...

    def age_and_gender(self, pixels: RgbPixels, face: FoundFace) -> AgeAndGender:
        """Age and gender as the face shows them; given the picture at its full size."""
        ...

    def adult_probability(self, pixels: RgbPixels) -> float:
        """Probability that the picture is pornographic."""
        ...


class Evidence:
    """The findings about one picture, for the one thread that answers a request.

    `cancelled` is asked before each model; once it answers True, `readstone.domain.refusals.Cancelled` is
    raised.
    """

    def __init__(self, picture: Picture, models: SceneModels, cancelled: Callable[[], bool] = never) -> None:
        self.picture = picture
        self._models = models
        self._cancelled = cancelled
        self._ages: dict[FoundFace, AgeAndGender] = {}
        self._scale = min(1.0, _LONGEST / max(picture.width, picture.height))

    @property
    def pixels(self) -> RgbPixels:
        """The upright picture."""
        return self.picture.pixels

    @property
    def width(self) -> int:
        """Pixels per row."""
        return self.picture.width

    @property
    def height(self) -> int:
        """Rows."""
        return self.picture.height

    @cached_property
    def reduced(self) -> RgbPixels:
        """The picture, at most 640 pixels long: what the networks look at, reduced once for all of them."""
        if self._scale == 1:
            return self.pixels
        size = tuple(max(1, round(side * self._scale)) for side in (self.width, self.height))
        # Down to one half, four neighbours are all that a pixel is made of, and looking at them is quicker.
        method = cv2.INTER_LINEAR if self._scale > 0.5 else cv2.INTER_AREA
        return np.asarray(cv2.resize(self.pixels, size, interpolation=method), np.uint8)

    @cached_property
    def imagenet(self) -> NDArray[np.float32]:
        """Probabilities of ImageNet's 1000 classes; shape (1000,), in ImageNet's order (tables/imagenet.tsv)."""
        self._pause()
        return self._models.classify(self.reduced)

    @cached_property
    def detections(self) -> tuple[Detection, ...]:
        """Things and people, likeliest first, down to very low scores (see `objects` for the sure ones)."""
        self._pause()
        found = self._models.detect(self.reduced)
        return tuple(
            Detection(each.name, each.score, box) for each in found if (box := self._enlarged(each.box)) is not None
        )

    @cached_property
    def faces(self) -> tuple[FoundFace, ...]:
        """Faces, likeliest first."""
        self._pause()
        found = self._models.find_faces(self.reduced)
        return tuple(
            FoundFace(box, face.score, self._points(face)) for face in found if (box := self._enlarged(face.box))
        )

    @cached_property
    def adult_probability(self) -> float:
        """Probability that the picture is pornographic."""
        self._pause()
        return self._models.adult_probability(self.reduced)

    def age_and_gender(self, face: FoundFace) -> AgeAndGender:
        """Age and gender of one of `faces`."""
        if face not in self._ages:
            self._pause()
            self._ages[face] = self._models.age_and_gender(self.pixels, face)
        return self._ages[face]

    # The rooms below take an Evidence themselves, hence the late imports.

    @cached_property
    def colours(self) -> Colours:
        """Named colours and the accent."""
        from readstone.engines.scene.colours import colours_of

        return colours_of(self.reduced)

    @cached_property
    def image_type(self) -> ImageType:
        """Clip art, line drawing or neither."""
        from readstone.engines.scene.image_type import image_type_of

        return image_type_of(self.pixels)

    @cached_property
    def light(self) -> Light:
        """Brightness, day or night."""
        from readstone.engines.scene.light import light_of

        return light_of(self.reduced)

    @cached_property
    def saliency(self) -> NDArray[np.float32]:
        """What catches the eye, as `saliency.saliency_of` gives it."""
        from readstone.engines.scene.saliency import saliency_of

        return saliency_of(self.reduced)

    @cached_property
    def gist(self) -> Gist:
        """What the picture is about, as degrees of belief."""
        from readstone.engines.scene.gist import gist_of

        return gist_of(self)

    @cached_property
    def tags(self) -> tuple[Tag, ...]:
        """Words for what is on the picture, likeliest first."""
        from readstone.engines.scene.tags import tags_of

        return tags_of(self)

    def _enlarged(self, box: Box) -> Box | None:
        """A box of the reduced picture in pixels of the picture; None when nothing of it lies inside."""
        high, wide = self.reduced.shape[:2]
        x, y = self.width / wide, self.height / high
        inside = Box(box.left * x, box.top * y, box.width * x, box.height * y).clipped(self.width, self.height)
        return inside if inside.width > 0 and inside.height > 0 else None

    def _points(self, face: FoundFace) -> tuple[Point, Point, Point, Point, Point]:
        high, wide = self.reduced.shape[:2]
        x, y = self.width / wide, self.height / high
        eye, other_eye, nose, mouth, other_mouth = (mark.scaled(x, y) for mark in face.landmarks)
        return (eye, other_eye, nose, mouth, other_mouth)

    def _pause(self) -> None:
        if self._cancelled():
            raise Cancelled
