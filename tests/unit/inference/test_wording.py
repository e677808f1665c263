"""Words of a scene in another language."""

from __future__ import annotations

from readstone.domain.scene import Caption, Category, Description, Scene, Tag
from readstone.inference.wording import worded

WORDS = {("dog", "es"): "perro", ("grass", "es"): "hierba", ("lawn", "es"): "hierba", ("dog", "zh"): "狗"}
SCENE = Scene(
    10,
    10,
    categories=(Category("animal_dog", 0.5),),
    tags=(Tag("dog", 0.9), Tag("lawn", 0.5), Tag("grass", 0.8, "dog"), Tag("gadget", 0.4)),
    description=Description(("dog", "grass", "lawn", "gadget"), (Caption("a dog on the grass", 0.8),)),
)


def look_up(word: str, language: str) -> str | None:
    return WORDS.get((word, language))


def test_english_is_left_alone() -> None:
    assert worded(SCENE, "en", look_up) is SCENE


def test_known_words_are_translated_and_the_others_stay() -> None:
    scene = worded(SCENE, "es", look_up)
    assert scene.tags == (Tag("perro", 0.9), Tag("hierba", 0.8, "perro"), Tag("gadget", 0.4))
    assert scene.description == Description(("perro", "hierba", "gadget"), (Caption("a dog on the grass", 0.8),))
    assert scene.categories == SCENE.categories


def test_codes_that_only_tags_have() -> None:
    for code in ("zh", "zh-Hans"):
        tags = worded(SCENE, code, look_up).tags
        assert tags
        assert tags[0].name == "狗"
    assert worded(SCENE, "zh-Hant", look_up).tags == SCENE.tags


def test_what_was_not_looked_for_stays_none() -> None:
    assert worded(Scene(1, 1), "es", look_up) == Scene(1, 1)
    assert worded(Scene(1, 1, tags=()), "es", look_up).tags == ()
