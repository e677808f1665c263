"""Dense captions: the whole picture first, then parts in boxes of their own, told of nothing that was not found."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readers import box
from readstone.domain.geometry import Box
from readstone.domain.picture import Picture
from readstone.domain.scene import DenseCaption, Feature, Gender, SceneOptions
from readstone.domain.text import Line, Page, Region, Word
from readstone.engines.scene.captions import describe
from readstone.engines.scene.captions.dense import dense_captions
from readstone.engines.scene.evidence import AgeAndGender, Evidence
from readstone.engines.scene.things import things
from readstone.engines.scene.viewer import PictureViewer
from sights import HEIGHT, WIDTH, Seen, ToldModels, face, ground, sight

WHOLE = Box(0, 0, WIDTH, HEIGHT)
PERSON: Seen = ("person", 0.7, (250.0, 120.0, 120.0, 300.0))
BUS: Seen = ("bus", 0.7, (60.0, 100.0, 300.0, 200.0))


def phrases(told: tuple[DenseCaption, ...]) -> list[str]:
    return [caption.text for caption in told[1:]]


def text(*lines: str, confidence: float = 0.9) -> Region:
    """A block of lines of words, 20 pixels apart."""
    made = []
    for row, said in enumerate(lines):
        quad = box(30, 400 + 20 * row, 10 * len(said), 18)
        made.append(Line(said, quad, tuple(Word(word, quad, confidence) for word in said.split())))
    return Region(tuple(made))


def test_the_whole_picture_is_the_first() -> None:
    evidence = sight("street", {"trolleybus": 0.5}, [BUS])
    first, second = dense_captions(evidence, None, neutral=False)
    assert (first.text, first.box) == ("a bus driving down a city street", WHOLE)
    assert first.text == describe(evidence, 1, neutral=False).captions[0].text
    assert (second.text, second.box) == ("a bus", Box(60, 100, 300, 200))


def test_what_a_person_does() -> None:
    seen: list[Seen] = [("person", 0.6, (240, 140, 120, 220)), ("motorcycle", 0.7, (200, 220, 220, 180))]
    told = phrases(dense_captions(sight("street", {}, seen), None, neutral=False))
    assert set(told) == {"a person riding a motorcycle", "a motorcycle"}


def test_neutral_words() -> None:
    models = ToldModels({}, [PERSON], [face(280, 130, 60)])
    models.age = AgeAndGender(35.0, Gender.MALE, 0.99)
    evidence = Evidence(Picture(ground("field"), "Jpeg"), models)
    assert phrases(dense_captions(evidence, None, neutral=False)) == ["a man"]
    assert phrases(dense_captions(evidence, None, neutral=True)) == ["a person"]


def test_a_group_holds_its_people() -> None:
    people: list[Seen] = [("person", 0.7, (60.0 + 150 * i, 120.0, 110.0, 300.0)) for i in range(3)]
    told = dense_captions(sight("field", {}, people), None, neutral=False)
    group = next(caption for caption in told[1:] if caption.text == "a group of people")
    assert group.box == Box(60, 120, 410, 300)


@pytest.mark.parametrize(
    ("name", "colour", "expected"),
    [
        ("bus", (200, 30, 30), "a red bus"),
        ("bus", (20, 20, 20), "a bus"),  # as every bus at night
        ("dog", (20, 20, 20), "a black dog"),
        ("dog", (30, 60, 200), "a dog"),
        ("dining table", (200, 30, 30), "a dining table"),
    ],
)
def test_colours_that_are_clear(name: str, colour: tuple[int, int, int], expected: str) -> None:
    pixels = ground("street")
    cv2.rectangle(pixels, (60, 100), (360, 300), colour, -1)
    evidence = Evidence(Picture(pixels, "Jpeg"), ToldModels({}, [(name, *BUS[1:])], ()))
    assert phrases(dense_captions(evidence, None, neutral=False)) == [expected]


def test_a_neighbour() -> None:
    seen: list[Seen] = [("cat", 0.7, (100.0, 200.0, 150.0, 200.0)), ("dog", 0.7, (270.0, 200.0, 200.0, 210.0))]
    told = phrases(dense_captions(sight("field", {}, seen), None, neutral=False))
    assert set(told) == {"a cat next to a dog", "a dog next to a cat"}


def test_text_is_read_aloud_in_short() -> None:
    page = Page(WIDTH, HEIGHT, regions=(text("Nothing exists", "except Atoms and empty space."), text("STOP.")))
    told = dense_captions(sight("room"), page, neutral=False)
    assert phrases(told) == ["text that reads nothing exists except atoms and empty", "text that reads stop"]
    assert told[1].box == Box(30, 400, 290, 38)
    assert 0 < told[1].confidence < 1


def test_text_that_is_hardly_legible_is_not_told() -> None:
    page = Page(WIDTH, HEIGHT, regions=(text("qx lm", confidence=0.4),))
    assert phrases(dense_captions(sight("room"), page, neutral=False)) == []


def test_drawings_have_no_things() -> None:
    pixels = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    for radius in range(40, 200, 40):
        cv2.circle(pixels, (320, 240), radius, (0, 0, 0), 2)
    evidence = Evidence(Picture(pixels, "Png"), ToldModels({}, [BUS], ()))
    assert evidence.image_type.line_drawing == 1
    assert phrases(dense_captions(evidence, None, neutral=False)) == []


_seen = st.lists(
    st.tuples(
        st.sampled_from(sorted(things())),
        st.floats(0.02, 0.95),
        st.tuples(st.floats(0, 500), st.floats(0, 380), st.floats(4, 140), st.floats(4, 100)),
    ),
    max_size=16,
)


@settings(max_examples=40, deadline=None)
@given(_seen, st.booleans(), st.integers(0, 5))
def test_never_more_than_ten_never_two_in_one_box(seen: list[Seen], neutral: bool, blocks: int) -> None:
    page = Page(WIDTH, HEIGHT, regions=tuple(text("as is") for _ in range(blocks)))
    told = dense_captions(sight("room", {}, seen), page, neutral)
    assert 1 <= len(told) <= 10
    assert told[0].box == WHOLE
    corners = [tuple(map(round, (c.box.left, c.box.top, c.box.right, c.box.bottom))) for c in told]
    assert len(set(corners)) == len(told)
    for caption in told:
        assert caption.text == caption.text.lower().rstrip(".")
        assert 0 < caption.confidence < 1
        assert 0 <= caption.box.left <= caption.box.right <= WIDTH
        assert 0 <= caption.box.top <= caption.box.bottom <= HEIGHT
        assert not (neutral and {"man", "woman", "boy", "girl"} & set(caption.text.split()))


def test_crops_and_text_wait_for_the_reader_last() -> None:
    page = Page(WIDTH, HEIGHT, regions=(text("a sign"),))
    asked: list[str] = []

    class Watched(ToldModels):
        def adult_probability(self, pixels: np.ndarray) -> float:
            return 0.0

        def detect(self, pixels: np.ndarray) -> tuple:
            asked.append("detect")
            return super().detect(pixels)

    def read() -> Page:
        asked.append("text")
        return page

    viewer = PictureViewer(models=Watched({}, [BUS], ()))
    asked.clear()
    features = frozenset({Feature.CROPS, Feature.DENSE_CAPTIONS, Feature.PEOPLE, Feature.OBJECTS})
    scene = viewer.see(Picture(ground("street"), "Jpeg"), SceneOptions(features, text=read))
    assert asked[0] == "detect"
    assert set(asked[1:]) == {"text"}
    assert scene.dense_captions
    assert "text that reads a sign" in phrases(scene.dense_captions)
    assert scene.crops
    (crop,) = scene.crops
    assert 0.5 <= crop.ratio <= 2
    assert abs(crop.box.width - crop.box.height * crop.ratio) <= 2
