"""The 86 categories."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readstone.domain.picture import Picture
from readstone.engines.scene import categories as module
from readstone.engines.scene.categories import categories_of
from readstone.engines.scene.evidence import Evidence
from readstone.engines.scene.things import things
from sights import Seen, face, sight

BOX = (100.0, 100.0, 300.0, 250.0)
TAXONOMY = """abstract_ abstract_net abstract_nonphoto abstract_rect abstract_shape abstract_texture animal_ animal_bird
animal_cat animal_dog animal_horse animal_panda building_ building_arch building_brickwall building_church
building_corner building_doorwindows building_pillar building_stair building_street dark_ dark_fire dark_fireworks
dark_light drink_ drink_can food_ food_bread food_fastfood food_grilled food_pizza indoor_ indoor_churchwindow
indoor_court indoor_doorwindows indoor_marketstore indoor_room indoor_venue object_screen object_sculpture others_
outdoor_ outdoor_city outdoor_field outdoor_grass outdoor_house outdoor_mountain outdoor_oceanbeach
outdoor_playground outdoor_pool outdoor_railway outdoor_road outdoor_sportsfield outdoor_stonerock outdoor_street
outdoor_water outdoor_waterside people_ people_baby people_crowd people_group people_hand people_many people_portrait
people_show people_swimming people_tattoo people_young plant_ plant_branch plant_flower plant_leaves plant_tree
sky_cloud sky_object sky_sun text_ text_mag text_map text_menu text_sign trans_bicycle trans_bus trans_car
trans_trainstation""".split()  # contract 10.1


def best(evidence: Evidence) -> str:
    return max(categories_of(evidence), key=lambda category: category.score).name


@pytest.mark.parametrize(
    ("kind", "classes", "seen", "expected"),
    [
        ("room", {"dog": 0.8}, [("dog", 0.7, BOX)], "animal_dog"),
        ("room", {"tabby cat": 0.8}, [("cat", 0.7, BOX)], "animal_cat"),
        ("field", {"giant panda": 0.9}, [], "animal_panda"),
        ("field", {}, [("giraffe", 0.7, BOX)], "animal_"),
        ("street", {"trolleybus": 0.6}, [("bus", 0.7, BOX)], "trans_bus"),
        ("room", {"pizza": 0.7}, [("pizza", 0.7, BOX)], "food_pizza"),
        ("room", {"four-poster bed": 0.3}, [("bed", 0.7, BOX)], "indoor_room"),
        ("sea", {"beach": 0.6}, [], "outdoor_oceanbeach"),
        ("field", {"mountain": 0.8}, [], "outdoor_mountain"),
        ("field", {"palace": 0.8}, [], "building_"),
        ("street", {}, [("stop sign", 0.7, BOX)], "text_sign"),
        ("field", {"daisy": 0.9}, [], "plant_flower"),
        ("room", {"grocery store": 0.7}, [], "indoor_marketstore"),
    ],
)
def test_best_category(kind: str, classes: dict[str, float], seen: list[Seen], expected: str) -> None:
    assert best(sight(kind, classes, seen)) == expected


def test_people_by_number_and_nearness() -> None:
    one: Seen = ("person", 0.8, (150.0, 20.0, 340.0, 460.0))
    assert best(sight("room", {}, [one], [face(250, 60, 150)])) == "people_portrait"
    four: list[Seen] = [("person", 0.7, (20 + 150.0 * i, 120.0, 130.0, 330.0)) for i in range(4)]
    assert best(sight("room", {}, four)) == "people_group"
    small: list[Seen] = [("person", 0.6, (20 + 50.0 * i, 300.0, 20.0, 40.0)) for i in range(4)]
    assert best(sight("field", {"palace": 0.8}, small)) == "building_"


def test_a_far_animal_leaves_the_landscape() -> None:
    assert best(sight("field", {"mountain": 0.7}, [("horse", 0.7, (300, 300, 40, 30))])) == "outdoor_mountain"


def test_a_drawing_is_abstract() -> None:
    pixels = np.full((384, 384, 3), 255, np.uint8)
    cv2.rectangle(pixels, (90, 90), (290, 290), (200, 40, 40), -1)
    assert best(Evidence(Picture(pixels, "Png"), sight()._models)) == "abstract_nonphoto"


some_things = st.lists(st.tuples(st.sampled_from(sorted(things())), st.floats(0.0, 0.95)), max_size=5)


@settings(max_examples=60, deadline=None)
@given(some_things, st.sampled_from(["field", "room", "sea", "night", "street"]))
def test_shape_of_the_answer(seen: list[tuple[str, float]], kind: str) -> None:
    found = categories_of(sight(kind, {}, [(name, score, BOX) for name, score in seen]))
    names = [category.name for category in found]
    assert names == [name for name in TAXONOMY if name in names]
    assert found
    assert sum(category.score for category in found) <= 1
    for category in found:
        assert category.score >= 1 / 256
        assert category.score * 256 == int(category.score * 256)


def test_only_names_of_the_taxonomy_can_be_given() -> None:
    source = Path(module.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r'yield "(\w+)"', source)) | {f"animal_{name}" for name in ("bird", "cat", "dog", "horse")}
    assert named <= set(TAXONOMY)
    assert len(TAXONOMY) == 86
