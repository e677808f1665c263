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
    assert symbol_of("Ř") == symbol_of("ř") != symbol_of("r")
    assert symbol_of("ħ") == symbol_of("§") == symbol_of("İ") == OTHER


@pytest.mark.parametrize("before", ["", "th", " the wor", "zqxj", "l'é"])
def test_what_may_come_next_adds_up_to_all_there_is(letters: Letters, before: str) -> None:
    every = [symbol for symbol in range(OTHER) if symbol != DIGIT]
    for state in states(letters, before):
        total = sum(math.exp(letters.log_probability(state, symbol)) for symbol in every)
        assert 0.85 < total < 1.1  # digits and other signs have the rest; stored in steps of a sixteenth


@pytest.mark.parametrize("before", ["", "no 1", "the wor"])
def test_numbers_are_left_to_the_picture(letters: Letters, before: str) -> None:
    assert {letters.log_probability(state, DIGIT) for state in states(letters, before)} == {TYPICAL}


WORDS = {
    "en": "the weather outside",
    "fr": "aujourd'hui nous avons",
    "de": "wurde geschrieben und",
    "es": "el corazón de todos",
    "it": "della città che",
    "nl": "verschrikkelijk mooi weer",
    "pt": "não estão mais com",
    "cs": "příliš žluťoučký ještě",
    "sk": "ešte nebolo možné načítať",
    "pl": "nie można było wyświetlić",
    "hu": "nem sikerült megnyitni a következő",
    "hr": "nije moguće učitati uređaje",
    "sl": "naprave ni mogoče najti, ker že",
    "ro": "nu s-a putut găsi această",
    "da": "kunne ikke oprette forbindelse til enheden",
    "nb": "kunne ikke koble til enheten, vennligst",
    "sv": "det gick inte att ansluta för",
    "fi": "yhteyden muodostaminen ei onnistunut",
    "et": "seadmega ei õnnestunud ühendust",
    "lv": "neizdevās izveidot savienojumu",
    "lt": "nepavyko prisijungti prie įrenginio",
    "tr": "cihaza bağlanılamadı lütfen",
    "ca": "no s'ha pogut connectar amb els",
}


def test_each_language_knows_its_own_words(letters: Letters) -> None:
    assert tuple(WORDS) == LATIN_LETTERS.languages
    likeliest = {language: letters.likeliest(words, 1) for language, words in WORDS.items()}
    assert likeliest == {language: list(letters.starts([language])) for language in WORDS}


def test_of_the_likeliest_languages_the_best_comes_first(letters: Letters) -> None:
    every = letters.likeliest("Vídně", 30)
    assert sorted(every) == sorted(letters.start)
    assert letters.likeliest("Vídně", 3) == every[:3]
    assert set(letters.likeliest("", 3)) < set(letters.start)


def test_words_are_likelier_than_strings_of_letters(letters: Letters) -> None:
    said = {
        text: letters.likelihood(text, letters.start)
        for text in ("My dear Sir", "Mv dlar Sri", "Mzvxq gkwrr", "", "§", "§ 5 My dear Sir €", " 5 My dear Sir ")
    }
    assert said["My dear Sir"] > said["Mv dlar Sri"] > said["Mzvxq gkwrr"]
    assert said[""] == said["§"] == LEAST
    assert said["§ 5 My dear Sir €"] == said[" 5 My dear Sir "]
    assert letters.likelihood("My dear Sir", letters.starts(["fi"])) < said["My dear Sir"]


def test_an_altered_model_is_refused_at_its_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("readstone.engines.read.letters.LATIN_LETTERS", replace(LATIN_LETTERS, sha256="0" * 64))
    with pytest.raises(ModelUnusableError, match="latin-letters"):
        Letters().likelihood("a", (0,))
