"""Indoors or outdoors."""

from __future__ import annotations

import pytest

from readstone.engines.scene.setting import indoor_probability
from sights import sight

BOX = (100.0, 100.0, 300.0, 250.0)


@pytest.mark.parametrize("thing", ["bed", "couch", "oven", "toilet", "tv", "sink", "refrigerator"])
def test_furniture_is_indoors(thing: str) -> None:
    assert indoor_probability(sight("room", {}, [(thing, 0.6, BOX)])) > 0.75


@pytest.mark.parametrize("thing", ["car", "bus", "giraffe", "traffic light", "skis", "kite", "boat"])
def test_traffic_and_wild_animals_are_outdoors(thing: str) -> None:
    assert indoor_probability(sight("room", {}, [(thing, 0.6, BOX)])) < 0.2


@pytest.mark.parametrize(
    ("word", "least", "most"), [("restaurant", 0.8, 1.0), ("beach", 0.0, 0.1), ("palace", 0.0, 0.1)]
)
def test_the_classifier_counts(word: str, least: float, most: float) -> None:
    assert least <= indoor_probability(sight("room", {word: 0.7})) <= most


def test_a_blue_sky_counts() -> None:
    assert indoor_probability(sight("field")) < indoor_probability(sight("room"))


def test_unsure_things_hardly_count() -> None:
    sure = indoor_probability(sight("room", {}, [("bed", 0.6, BOX)]))
    unsure = indoor_probability(sight("room", {}, [("bed", 0.12, BOX)]))
    nothing = indoor_probability(sight("room"))
    assert abs(unsure - nothing) < 0.1 < abs(sure - nothing)
