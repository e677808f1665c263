from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest

from readstone.engines.manifest import LATIN_LETTERS, ModelUnusableError
from readstone.engines.read.letters import ALPHABET, DIGIT, LEAST, OTHER, TYPICAL, Letters, symbol_of


@pytest.fixture(scope="module")
def letters() -> Letters:
    return Letters()


def states(letters: Letters, text: str) -> Iterator[int]:
    """The state of every language once it has read `text`."""
    for state in letters.start:
        for sign in text:
            state = letters.after(state, symbol_of(sign))
        yield state


def test_case_and_which_digit_it_is_make_no_difference() -> None:
    assert symbol_of("E") == symbol_of("e") == ALPHABET.index("e")
    assert symbol_of("É") == symbol_of("é") != symbol_of("e")
    assert {symbol_of(digit) for digit in "0123456789"} == {DIGIT}
    assert symbol_of("ł") == symbol_of("§") == symbol_of("İ") == OTHER


@pytest.mark.parametrize("before", ["", "th", " the wor", "zqxj", "l'é"])
def test_what_may_come_next_adds_up_to_all_there_is(letters: Letters, before: str) -> None:
    every = [symbol for symbol in range(OTHER) if symbol != DIGIT]
    for state in states(letters, before):
        total = sum(math.exp(letters.log_probability(state, symbol)) for symbol in every)
        assert 0.85 < total < 1.1  # digits and other signs have the rest; stored in steps of a sixteenth


@pytest.mark.parametrize("before", ["", "no 1", "the wor"])
def test_numbers_are_left_to_the_picture(letters: Letters, before: str) -> None:
    assert {letters.log_probability(state, DIGIT) for state in states(letters, before)} == {TYPICAL}


def test_each_language_knows_its_own_words(letters: Letters) -> None:
    likeliest = []
    all_words = "the weather|aujourd'hui|geschrieben|corazón de|della città|verschrikkelijk|não estão"
    for words in all_words.split("|"):
        totals = [letters._sum(state, [symbol_of(sign) for sign in words]) for state in letters.start]
        likeliest.append(LATIN_LETTERS.languages[totals.index(max(totals))])
    assert tuple(likeliest) == LATIN_LETTERS.languages


def test_words_are_likelier_than_strings_of_letters(letters: Letters) -> None:
    assert letters.likelihood("My dear Sir") > letters.likelihood("Mv dlar Sri") > letters.likelihood("Mzvxq gkwrr")
    assert letters.likelihood("") == letters.likelihood("§") == LEAST
    assert letters.likelihood("§ 5 My dear Sir €") == letters.likelihood(" 5 My dear Sir ")


def test_an_altered_model_is_refused_at_its_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("readstone.engines.read.letters.LATIN_LETTERS", replace(LATIN_LETTERS, sha256="0" * 64))
    with pytest.raises(ModelUnusableError, match="latin-letters"):
        Letters().likelihood("a")
