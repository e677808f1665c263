"""Captions: sentences as people write them, that never name what nothing found."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readstone.domain.picture import Picture
from readstone.domain.scene import Gender
from readstone.engines.scene.captions import describe
from readstone.engines.scene.captions.grammar import article, counted, listed, plural
from readstone.engines.scene.evidence import AgeAndGender, Evidence
from readstone.engines.scene.tables import rows
from readstone.engines.scene.things import things
from sights import Seen, face, sight

PERSON: Seen = ("person", 0.7, (250.0, 120.0, 120.0, 300.0))
BOX = (100.0, 100.0, 300.0, 250.0)


def first(evidence: Evidence, neutral: bool = False) -> str:
    return describe(evidence, 1, neutral).captions[0].text


@pytest.mark.parametrize(
    ("kind", "classes", "seen", "expected"),
    [
        ("snow", {"ski": 0.4}, [PERSON, ("skis", 0.45, (230, 400, 170, 40))], "a person skiing in the snow"),
        (
            "sea",
            {"sandbar": 0.2},
            [("person", 0.7, (250, 180, 100, 160)), ("surfboard", 0.5, (220, 320, 180, 40))],
            "a person riding a surfboard in the ocean",
        ),
        (
            "field",
            {},
            [("person", 0.6, (260, 100, 80, 160)), ("horse", 0.7, (200, 170, 240, 220))],
            "a person riding a horse",
        ),
        (
            "street",
            {"scooter": 0.4},
            [("person", 0.6, (240, 140, 120, 220)), ("motorcycle", 0.7, (200, 220, 220, 180))],
            "a person riding a motorcycle",
        ),
        ("street", {"trolleybus": 0.5}, [("bus", 0.7, BOX)], "a bus driving down a city street"),
        ("street", {"locomotive": 0.5}, [("train", 0.8, (100, 150, 450, 220))], "a train on the tracks"),
        ("sea", {"airplane": 0.6}, [("airplane", 0.8, (200, 100, 250, 90))], "an airplane flying in the sky"),
        ("room", {"toilet": 0.5}, [("toilet", 0.7, (250, 220, 150, 220))], "a bathroom with a toilet"),
        (
            "room",
            {},
            [("cake", 0.7, (150, 160, 320, 220)), ("dining table", 0.5, (0, 100, 640, 380))],
            "a cake on a table",
        ),
        (
            "field",
            {},
            [("sheep", 0.6, (40 + 80.0 * i, 250, 70, 60)) for i in range(6)],
            "a herd of sheep standing outside",
        ),
        (
            "field",
            {},
            [("giraffe", 0.7, (100 + 200.0 * i, 100, 120, 300)) for i in range(2)],
            "two giraffes standing outside",
        ),
        ("field", {"tiger": 0.8}, [], "a close up of a tiger"),
        ("field", {"mountain": 0.8}, [], "a view of a mountain landscape"),
    ],
)
def test_what_is_said(kind: str, classes: dict[str, float], seen: list[Seen], expected: str) -> None:
    assert first(sight(kind, classes, seen)) == expected


@pytest.mark.parametrize(
    ("age", "gender", "probability", "word", "neutral"),
    [
        (35, Gender.MALE, 0.99, "man", "person"),
        (35, Gender.FEMALE, 0.99, "woman", "person"),
        (8, Gender.MALE, 0.95, "boy", "child"),
        (8, Gender.FEMALE, 0.95, "girl", "child"),
        (35, Gender.MALE, 0.6, "person", "person"),
    ],
)
def test_a_face_says_who_it_is(age: float, gender: Gender, probability: float, word: str, neutral: str) -> None:
    for wanted, is_neutral in ((word, False), (neutral, True)):
        seen = sight("room", {}, [("person", 0.9, (150, 20, 340, 460))], [face(250, 60, 160)])
        seen._models.age = AgeAndGender(age, gender, probability)  # type: ignore[attr-defined]
        text = first(seen, is_neutral)
        assert wanted in text.split()
        if is_neutral:
            assert not {"man", "woman", "boy", "girl"} & set(text.split())


def test_people_far_away_are_never_judged() -> None:
    seen = sight("street", {}, [("person", 0.7, (300, 200, 40, 120))], [face(310, 205, 14)])
    seen._models.age = AgeAndGender(40, Gender.MALE, 1.0)  # type: ignore[attr-defined]
    assert not {"man", "woman"} & set(first(seen).split())


def test_night_belongs_to_the_street() -> None:
    lit = [("car", 0.6, (200.0, 250.0, 200.0, 120.0)), ("traffic light", 0.6, (400.0, 60.0, 40.0, 90.0))]
    assert first(sight("night", {"taxi": 0.4}, lit)).endswith("street at night")


def test_a_seed_like_street_gets_people_place_and_time() -> None:
    crowd: list[Seen] = [("person", 0.6, (20 + 60.0 * i, 250.0, 40.0, 150.0)) for i in range(9)]
    seen = sight("night", {"taxi": 0.3}, [*crowd, ("traffic light", 0.6, (300.0, 40.0, 30.0, 70.0))])
    assert first(seen) == "a group of people on a city street at night"


def test_several_captions_differ() -> None:
    kitchen = sight(
        "room",
        {"microwave": 0.4},
        [("oven", 0.6, (50, 200, 120, 200)), ("refrigerator", 0.6, (400, 50, 150, 380)), PERSON],
    )
    captions = describe(kitchen, 3, neutral=True).captions
    assert len(captions) == 3
    assert len({caption.text for caption in captions}) == 3
    confidences = [caption.confidence for caption in captions]
    assert confidences == sorted(confidences, reverse=True)
    assert describe(kitchen, 1, neutral=True).captions == captions[:1]


def test_a_photo_of_nothing_known_claims_next_to_nothing() -> None:
    captions = describe(sight("room"), 3, neutral=False).captions
    assert [caption.text for caption in captions] in (["an indoor view"], ["an outdoor view"])
    assert captions[0].confidence < 0.3


def test_drawings() -> None:
    pixels = np.full((384, 384, 3), 255, np.uint8)
    cv2.circle(pixels, (192, 192), 120, (220, 30, 40), -1)
    models = sight("room", {"toaster": 0.3}, [("frisbee", 0.8, BOX)])._models
    assert first(Evidence(Picture(pixels, "Png"), models)) == "a red clipart image"
    models = sight("room", {"toaster": 0.7})._models
    assert first(Evidence(Picture(pixels, "Png"), models)) == "a clipart image of a toaster"


def test_black_and_white_is_said() -> None:
    seen = sight("street", {"trolleybus": 0.5}, [("bus", 0.7, BOX)])
    grey = np.repeat(cv2.cvtColor(seen.pixels, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    text = first(Evidence(Picture(np.ascontiguousarray(grey), "Jpeg"), seen._models))
    assert text.startswith("a black and white photo of a bus")


def test_a_caption_names_what_its_tag_names() -> None:
    evidence = sight("room", {}, [("hair drier", 0.28, (0, 0, 20, 20))])
    assert "hair dryer" in describe(evidence, 1, False).tags
    assert describe(evidence, 1, False).captions[0].text == "a hair dryer indoors"


def nouns_allowed(evidence: Evidence) -> set[str]:
    """Words of tags, and words that name nothing."""
    known = {part for tag in evidence.tags for part in tag.name.split()}
    for name in [tag.name for tag in evidence.tags] + [each.name for each in evidence.detections if each.score > 0.29]:
        known |= {part for thing in [things().get(name)] if thing for part in f"{thing.name} {thing.plural}".split()}
    known |= {plural(part) for part in known} | {"mountains", "tracks", "luggage", "people", "teddy"}
    return known | set(
        """a an the of on in at with to by and it its up down top next under around front close view herd flock group
        large body photo two three four five six several black white city outside indoors outdoor indoor camera picture
        background soccer frisbee night blue cloudy grassy area against over covered slope air seen from sitting
        standing looking""".split()
    )


some_things = st.lists(
    st.tuples(
        st.sampled_from(sorted(things())),
        st.floats(0.1, 0.95),
        st.tuples(st.integers(0, 400), st.integers(0, 300), st.integers(20, 240), st.integers(20, 180)),
    ),
    max_size=6,
)
some_classes = st.dictionaries(
    st.sampled_from(
        ["beach", "mountain", "restaurant", "church", "desk", "dog", "street sign", "stage", "food", "ski"]
    ),
    st.floats(0.1, 0.45),
    max_size=2,
)


@settings(max_examples=150, deadline=None)
@given(some_things, some_classes, st.sampled_from(["field", "room", "sea", "night", "street", "snow"]), st.booleans())
def test_any_picture(seen: list[Seen], classes: dict[str, float], kind: str, neutral: bool) -> None:
    evidence = sight(kind, classes, seen)
    description = describe(evidence, 4, neutral)
    assert description.tags == tuple(tag.name for tag in evidence.tags)
    assert 1 <= len(description.captions) <= 4
    allowed = nouns_allowed(evidence)
    for caption in description.captions:
        assert 0 < caption.confidence < 1
        assert re.fullmatch(r"[a-z]+([ ,-]+[a-z]+)*", caption.text), caption.text
        assert not re.search(r"\ba [aeio]", caption.text), caption.text
        assert "  " not in caption.text
        loose = {word for word in re.findall(r"[a-z]+", caption.text) if not word.endswith("ing")} - allowed
        assert not loose, (caption.text, loose)
        assert not {"man", "woman", "boy", "girl"} & set(caption.text.split())


def test_every_action_and_scene_speaks_of_something_known() -> None:
    assert {row[0] for row in rows("actions.tsv")} <= set(things())
    for row in rows("scenes.tsv"):
        told = [] if row[4] == "-" else row[4].split(",")
        assert set(told) <= set(things()), row[0]


def test_grammar() -> None:
    assert [article(word) for word in ("apple", "dog", "hour glass", "unicycle", "umbrella")] == [
        "an",
        "a",
        "an",
        "a",
        "an",
    ]
    assert [plural(word) for word in ("bench", "cherry", "person", "bus", "toy")] == [
        "benches",
        "cherries",
        "people",
        "buses",
        "toys",
    ]
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed([]) == ""
    assert counted("dog", 1) == "a dog"
    assert counted("dog", 2) == "two dogs"
    assert counted("sheep", 12) == "several sheep"
