"""Tags: general words never less sure than narrower ones, no two words for one thing, nothing made up."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readstone.domain.picture import Picture
from readstone.engines.scene.concepts import class_table, concept_sums, concept_table, weights_of
from readstone.engines.scene.evidence import Evidence
from readstone.engines.scene.places import places
from readstone.engines.scene.tables import rows, weighted
from readstone.engines.scene.tags import tags_of
from readstone.engines.scene.things import distinct, presence, probability, things
from sights import sight

BOX = (100.0, 100.0, 300.0, 250.0)


def names(evidence: Evidence) -> dict[str, float]:
    return {tag.name: tag.confidence for tag in tags_of(evidence)}


def test_a_dog_is_a_mammal_is_an_animal() -> None:
    found = names(sight("field", {"dog": 0.6}, [("dog", 0.5, BOX)]))
    assert found["animal"] >= found["mammal"] >= found["dog"] >= 0.9
    assert "outdoor" in found
    assert "indoor" not in found


def test_classes_without_a_box_are_summed_up() -> None:
    """118 breeds that share the probability still make a dog."""
    found = names(sight("room", {"dog": 0.85}))
    assert 0.8 < found["dog"] < 0.95
    assert not {"poodle", "beagle", "terrier"} & set(found)


@pytest.mark.parametrize(
    ("kind", "classes", "thing", "expected"),
    [
        ("room", {"microwave": 0.4, "dishwasher": 0.2}, ("oven", 0.5, BOX), {"kitchen", "room", "indoor", "oven"}),
        ("room", {"toilet": 0.3}, ("toilet", 0.6, BOX), {"bathroom", "room", "indoor", "toilet"}),
        ("street", {"trolleybus": 0.6}, ("bus", 0.7, BOX), {"bus", "vehicle", "road", "street", "outdoor"}),
        ("snow", {"ski": 0.4}, ("skis", 0.4, BOX), {"snow", "ski", "sport", "outdoor"}),
        ("sea", {"beach": 0.5}, ("surfboard", 0.5, BOX), {"beach", "water", "ocean", "sky", "outdoor"}),
        ("field", {"ox": 0.3}, ("cow", 0.6, BOX), {"cow", "cattle", "grass", "animal", "outdoor"}),
        ("room", {"pizza": 0.1, "plate": 0.3}, ("pizza", 0.6, BOX), {"pizza", "food", "table"}),
        ("room", {}, ("tennis racket", 0.5, BOX), {"tennis", "tennis racket", "sport"}),
    ],
)
def test_surroundings_follow_from_what_stands_there(
    kind: str,
    classes: dict[str, float],
    thing: tuple[str, float, tuple[float, float, float, float]],
    expected: set[str],
) -> None:
    assert expected <= set(names(sight(kind, classes, [thing])))


def test_two_words_for_one_thing_are_one_tag() -> None:
    found = names(sight("room", {"television": 0.8}, [("tv", 0.7, BOX), ("cell phone", 0.7, (0, 0, 60, 90))]))
    assert "television" in found
    assert "mobile phone" in found
    assert not {"tv", "cell phone"} & set(found)


def test_people_are_counted() -> None:
    crowd = [("person", 0.6, (50.0 * i, 200.0, 45.0, 150.0)) for i in range(12)]
    assert "people" not in names(sight("street", {}, crowd[:1]))
    assert "people" in names(sight("street", {}, crowd[:2]))
    assert {"people", "crowd"} <= set(names(sight("street", {}, crowd)))


def test_an_unsure_thing_is_not_said() -> None:
    assert "zebra" not in names(sight("field", {}, [("zebra", 0.2, BOX)]))


def test_a_second_animal_in_the_same_box_is_the_first_one_mistaken() -> None:
    found = names(sight("field", {}, [("horse", 0.7, BOX), ("cow", 0.4, BOX)]))
    assert "horse" in found
    assert "cow" not in found


def test_night_is_said_only_outdoors() -> None:
    assert "night" in names(sight("night", {"street sign": 0.6}, [("traffic light", 0.6, (200, 60, 40, 90))]))
    assert "night" not in names(sight("night", {"television": 0.6}, [("couch", 0.6, BOX)]))


def test_a_drawing_is_called_one_and_not_searched_for_photos() -> None:
    pixels = np.full((384, 384, 3), 255, np.uint8)
    cv2.circle(pixels, (192, 192), 120, (60, 120, 220), -1)
    drawn = Evidence(Picture(pixels, "Png"), sight("room", {"envelope": 0.6}, [("frisbee", 0.5, BOX)])._models)
    found = names(drawn)
    assert "clipart" in found
    assert not {"frisbee", "envelope", "indoor", "outdoor"} & set(found)


def test_hints_tell_senses_apart() -> None:
    tags = {
        tag.name: tag.hint for tag in tags_of(sight("room", {}, [("mouse", 0.6, (0, 0, 60, 40)), ("laptop", 0.6, BOX)]))
    }
    assert tags["computer mouse"] == "device"
    assert tags["laptop"] is None


some_things = st.lists(st.tuples(st.sampled_from(sorted(things())), st.floats(0.0, 0.95)), max_size=6)
some_classes = st.dictionaries(st.sampled_from(concept_table().names), st.floats(0.01, 0.3), max_size=3)


@settings(max_examples=60, deadline=None)
@given(some_things, some_classes, st.sampled_from(["field", "room", "sea", "night"]))
def test_order_bounds_and_monotony(seen: list[tuple[str, float]], classes: dict[str, float], kind: str) -> None:
    tags = tags_of(sight(kind, classes, [(name, score, BOX) for name, score in seen]))
    confidences = [tag.confidence for tag in tags]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 < confidence < 1 for confidence in confidences)
    found = {tag.name: tag.confidence for tag in tags}
    assert len(found) == len(tags)
    assert not {"indoor", "outdoor"} <= set(found)
    for word, broader in concept_table().broader.items():
        for up in broader if word in found else ():
            assert found.get(up, 0.0) >= found[word]
    for thing in things().values():
        for up in thing.broader if thing.name in found else ():
            assert found.get(up, 0.0) >= found[thing.name]


def test_the_same_picture_gives_the_same_tags() -> None:
    assert tags_of(sight("sea", {"beach": 0.5})) == tags_of(sight("sea", {"beach": 0.5}))


def test_tables_hold_only_known_words() -> None:
    for name, _, _, _, classes, told, looks in rows("places.tsv"):
        for word in weighted(classes):
            assert weights_of(word).sum() > 0, (name, word)
        assert set(weighted(told)) <= set(things()), name
        assert set(weighted(looks)) <= set("outdoors people sky grass trees sand white water night".split()), name
    broader = {up for place in places().values() for up in place.broader}
    assert broader <= set(places()) | set(concept_table().names) | {"room", "table", "plant"}
    assert len(things()) == 80
    assert len(class_table().words) == 1000


def test_classes_stand_where_the_classifier_has_them() -> None:
    """A few of ImageNet's positions, as everybody counts them."""
    words = {number: class_table().words[number].word for number in (207, 281, 340, 562, 963, 980)}
    assert words == {
        207: "golden retriever",
        281: "tabby cat",
        340: "zebra",
        562: "fountain",
        963: "pizza",
        980: "volcano",
    }


def test_concepts_sum_their_classes() -> None:
    probabilities = np.zeros(1000, np.float32)
    probabilities[[281, 282, 207]] = 0.3, 0.2, 0.5
    sums = concept_sums(probabilities)
    assert sums["cat"] == pytest.approx(0.5)
    assert sums["dog"] == pytest.approx(0.5)
    assert sums["animal"] == pytest.approx(1.0)


def test_presence_rises_with_the_score() -> None:
    shares = [probability(score) for score in np.linspace(0, 1, 50)]
    assert shares == sorted(shares)
    seen = sight("room", {}, [("cat", 0.5, BOX), ("cat", 0.3, (400, 100, 90, 90))]).detections
    assert presence(distinct(seen))["cat"] == probability(0.5)


def test_the_classifier_can_contradict_a_detector() -> None:
    cat = names(sight("room", {"cat": 0.85}, [("dog", 0.5, BOX)]))
    assert "cat" in cat
    assert "dog" not in cat
    both = names(sight("room", {"cat": 0.5, "dog": 0.3}, [("dog", 0.5, BOX), ("cat", 0.6, (400, 100, 200, 250))]))
    assert {"cat", "dog"} <= set(both)
    flower = names(sight("field", {"daisy": 0.8}, [("banana", 0.5, (50, 50, 500, 400))]))
    assert "flower" in flower
    assert "banana" not in flower


def test_a_page_of_text_is_text_wherever_it_lies() -> None:
    pixels = np.full((800, 600, 3), 255, np.uint8)
    for line in range(60, 760, 40):
        cv2.putText(pixels, "The quick brown fox jumps", (40, line), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (0, 0, 0), 2)
    found = names(Evidence(Picture(pixels, "Png"), sight()._models))
    assert found["text"] > 0.8
    assert not {"indoor", "outdoor", "sky", "night"} & set(found)
    stars = np.zeros((600, 600, 3), np.uint8)
    for x, y in np.random.default_rng(1).integers(20, 580, (150, 2)):
        cv2.circle(stars, (int(x), int(y)), 5, (255, 255, 255), -1)
    assert "text" not in names(Evidence(Picture(stars, "Png"), sight()._models))
