"""Objects, people, faces and the adult scores of a picture whose findings are given."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from readstone.domain.geometry import Box, Point
from readstone.domain.picture import Picture, RgbPixels
from readstone.domain.scene import Gender
from readstone.engines.scene.adult import adult_of
from readstone.engines.scene.evidence import AgeAndGender, Detection, Evidence, FoundFace
from readstone.engines.scene.face_list import faces_of
from readstone.engines.scene.objects import objects_of
from readstone.engines.scene.people import people_of


class Told:
    """Models that find what they are told."""

    def __init__(self, *detections: Detection, faces: tuple[FoundFace, ...] = (), adult: float = 0.0) -> None:
        self.detections, self.faces, self.adult = detections, faces, adult

    def classify(self, pixels: RgbPixels) -> NDArray[np.float32]:
        return np.full(1000, 0.001, np.float32)

    def detect(self, pixels: RgbPixels) -> tuple[Detection, ...]:
        return self.detections

    def find_faces(self, pixels: RgbPixels) -> tuple[FoundFace, ...]:
        return self.faces

    def age_and_gender(self, pixels: RgbPixels, face: FoundFace) -> AgeAndGender:
        return AgeAndGender(33.6, Gender.FEMALE, 0.9)

    def adult_probability(self, pixels: RgbPixels) -> float:
        return self.adult


def seen(models: Told, width: int = 640, height: int = 480) -> Evidence:
    return Evidence(Picture(np.zeros((height, width, 3), np.uint8), "Png"), models)


def face(left: float, side: float) -> FoundFace:
    return FoundFace(Box(left, 10, side, side), 0.8, (Point(1, 2),) * 5)


DOG, MAYBE = Detection("dog", 0.8, Box(10, 20, 200, 100)), Detection("cat", 0.1, Box(0, 0, 50, 50))
CHILD, SHADOW = Detection("person", 0.7, Box(300, 20, 100, 300)), Detection("person", 0.03, Box(0, 0, 9, 30))


def test_objects_are_the_sure_things_with_their_broader_names() -> None:
    (dog,) = objects_of(seen(Told(DOG, MAYBE)))
    assert dog.name == "dog"
    assert dog.box == DOG.box
    assert 0.9 < dog.confidence < 1
    assert [parent.name for parent in dog.parents][-1] == "animal"


def test_people_come_with_every_score() -> None:
    people = people_of(seen(Told(DOG, CHILD, SHADOW)))
    assert [(each.confidence, each.box) for each in people] == [(0.7, CHILD.box), (0.03, SHADOW.box)]


def test_faces_come_largest_first_without_age() -> None:
    listed = faces_of(seen(Told(faces=(face(0, 40), face(100, 60)))), age_and_gender=False)
    assert [each.box.left for each in listed] == [100, 0]
    assert listed[0].age is None
    assert listed[0].gender is None


def test_ages_are_whole_years() -> None:
    (listed,) = faces_of(seen(Told(faces=(face(0, 40),))), age_and_gender=True)
    assert (listed.age, listed.gender) == (34, Gender.FEMALE)


def test_boxes_of_the_reduced_picture_are_enlarged_and_cut_at_the_edge() -> None:
    over = Detection("dog", 0.8, Box(600, 440, 100, 100))
    outside = Detection("dog", 0.7, Box(700, 0, 10, 10))
    evidence = seen(Told(over, outside, faces=(face(100, 50),)), 1280, 960)
    (dog,) = evidence.detections
    assert dog.box == Box(1200, 880, 80, 80)
    assert evidence.faces[0].box == Box(200, 20, 100, 100)
    assert evidence.faces[0].landmarks[0] == Point(2, 4)


@pytest.mark.parametrize(
    ("probability", "adult", "racy"), [(0.0, False, False), (0.4, False, False), (0.6, False, True), (0.9, True, True)]
)
def test_adult_and_racy_follow_one_probability(probability: float, adult: bool, racy: bool) -> None:
    found = adult_of(seen(Told(adult=probability)))
    assert (found.is_adult, found.is_racy, found.is_gory) == (adult, racy, False)
    assert 0 <= found.adult_score <= found.racy_score <= 1
    assert found.gore_score == 0
