from __future__ import annotations

import pytest

from readstone.engines.read.confidence import mean_probability, token_confidence, word_confidence


def test_a_word_is_as_doubtful_as_all_its_letters_together() -> None:
    clear, doubtful = word_confidence([0.999] * 5), word_confidence([0.999] * 4 + [0.4])
    assert 0 < doubtful < clear < 1
    assert word_confidence([0.9] * 8) < word_confidence([0.9] * 2)
    assert word_confidence([0.5, 0.8]) == pytest.approx(word_confidence([0.8, 0.5]))


def test_any_surer_letter_makes_a_surer_word() -> None:
    steps = [word_confidence([0.9, sure / 100, 0.8]) for sure in range(1, 100)]
    assert steps == sorted(steps)
    assert len(set(steps)) == len(steps)


@pytest.mark.parametrize("measure", [word_confidence, token_confidence])
def test_impossible_and_certain_letters_stay_inside(measure: object) -> None:
    assert 0 < measure([0.0]) < 0.1  # type: ignore[operator]
    assert 0.9 < measure([1.0] * 40) < 1  # type: ignore[operator]
    assert 0 < measure([1e-9] * 60) < 0.1  # type: ignore[operator]


def test_a_token_does_not_grow_doubtful_with_its_length() -> None:
    assert token_confidence([0.8] * 12) == pytest.approx(token_confidence([0.8]))
    assert token_confidence([0.9]) > token_confidence([0.8])


@pytest.mark.parametrize("glyphs", [[0.9], [0.7, 0.95, 0.8], [0.99] * 9])
def test_the_mean_probability_comes_back(glyphs: list[float]) -> None:
    product = 1.0
    for glyph in glyphs:
        product *= glyph
    found = mean_probability(word_confidence(glyphs), len(glyphs))
    assert found == pytest.approx(product ** (1 / len(glyphs)))
