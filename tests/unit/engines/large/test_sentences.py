"""What generated sentences are made into."""

from __future__ import annotations

import math

import pytest

from readstone.domain.geometry import Box
from readstone.domain.scene import Caption
from readstone.engines.large.florence import parts_in
from readstone.engines.large.sentences import as_caption, distinct, neutral


def test_a_caption_is_lower_case_without_a_full_stop() -> None:
    assert as_caption(" A  Dog\non a sofa. ", math.log(0.5)) == Caption("a dog on a sofa", 0.5)
    assert as_caption(" . ", -0.1) is None
    assert as_caption("", -0.1) is None


@pytest.mark.parametrize("score", [0.0, 3.0, -math.inf, math.nan, -1000.0])
def test_confidence_stays_between_0_and_1(score: float) -> None:
    said = as_caption("a dog", score)
    assert said
    assert 0 < said.confidence < 1


def test_different_ones_likeliest_first() -> None:
    said = [Caption("a", 0.2), None, Caption("b", 0.5), Caption("a", 0.6), Caption("c", 0.1)]
    assert distinct(said, 2) == (Caption("a", 0.6), Caption("b", 0.5))


def test_neutral_words() -> None:
    said = "a man and two women with his dog near a boy, girls and a postman"
    assert neutral(said) == "a person and two people with their dog near a child, children and a postman"


def test_parts_of_florence() -> None:
    text = "</s><s>A red car<loc_0><loc_0><loc_499><loc_999>two dogs<loc_100><loc_100><loc_199><loc_199>"
    text += "<loc_300><loc_300><loc_399><loc_399>bad<loc_5><loc_5><loc_4><loc_4>cut<loc_1><loc_2></s><pad>"
    parts = parts_in(text, math.log(0.25), 2000, 1000)
    assert [part.text for part in parts] == ["a red car", "two dogs", "two dogs"]
    assert {part.confidence for part in parts} == {0.25}
    assert parts[0].box == Box(1.0, 0.5, 998.0, 999.0)
    for part in parts:
        assert part.box.left >= 0
        assert part.box.right <= 2000
        assert part.box.bottom <= 1000
    assert parts_in("nothing here", -0.1, 10, 10) == ()
