"""Evidence about made-up pictures: what the networks would have said is given, everything else is the real code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from readstone.domain.geometry import Box, Point
from readstone.domain.picture import Picture, RgbPixels
from readstone.domain.scene import Gender
from readstone.engines.scene.concepts import weights_of
from readstone.engines.scene.evidence import AgeAndGender, Detection, Evidence, FoundFace

WIDTH, HEIGHT = 640, 480
Seen = tuple[str, float, tuple[float, float, float, float]]
"""A thing's name, score, and box: left, top, width, height."""

_GROUNDS = {
    "field": ((120, 170, 230), (90, 140, 60)),
    "snow": ((120, 170, 230), (240, 240, 245)),
    "sea": ((150, 190, 235), (60, 110, 140)),
    "street": ((200, 205, 210), (110, 105, 100)),
    "room": ((150, 120, 95), (110, 80, 60)),
    "night": ((14, 14, 26), (20, 18, 16)),
}


class ToldModels:
    """Networks that say what they were told; asking for what was not told fails."""

    def __init__(self, classes: Mapping[str, float], things: Sequence[Seen], faces: Sequence[FoundFace]) -> None:
        self._classes, self._things, self._faces = classes, things, faces
        self.age = AgeAndGender(35.0, Gender.FEMALE, 0.97)

    def classify(self, pixels: RgbPixels) -> NDArray[np.float32]:
        rest = 1 - sum(self._classes.values())
        probabilities = np.full(1000, rest / 1000, np.float32)
        for word, p in self._classes.items():
            weights = weights_of(word)
            probabilities += p * weights / weights.sum()
        return probabilities

    def detect(self, pixels: RgbPixels) -> tuple[Detection, ...]:
        return tuple(Detection(name, score, Box(*box)) for name, score, box in self._things)

    def find_faces(self, pixels: RgbPixels) -> tuple[FoundFace, ...]:
        return tuple(self._faces)

    def age_and_gender(self, pixels: RgbPixels, face: FoundFace) -> AgeAndGender:
        return self.age

    def adult_probability(self, pixels: RgbPixels) -> float:
        raise AssertionError("nobody asks that here")


def ground(kind: str) -> RgbPixels:
    """Sky or wall above, ground or floor below, with a photo's grain."""
    above, below = _GROUNDS[kind]
    pixels = np.empty((HEIGHT, WIDTH, 3), np.int16)
    pixels[: HEIGHT * 2 // 5], pixels[HEIGHT * 2 // 5 :] = above, below
    grain = np.random.default_rng(0).integers(-14, 15, pixels.shape)
    return np.ascontiguousarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))


def face(left: float, top: float, side: float) -> FoundFace:
    """A face turned to the camera."""
    eyes = Point(left + 0.3 * side, top + 0.4 * side), Point(left + 0.7 * side, top + 0.4 * side)
    rest = Point(left + 0.5 * side, top + 0.6 * side), Point(left + 0.35 * side, top + 0.8 * side)
    return FoundFace(
        Box(left, top, side, side * 1.25), 0.9, (*eyes, *rest, Point(left + 0.65 * side, top + 0.8 * side))
    )


def sight(
    kind: str = "room",
    classes: Mapping[str, float] | None = None,
    things: Sequence[Seen] = (),
    faces: Sequence[FoundFace] = (),
) -> Evidence:
    """Evidence about a picture with that ground. `classes`: probabilities of words of the tables."""
    return Evidence(Picture(ground(kind), "Jpeg"), ToldModels(classes or {}, things, faces))
