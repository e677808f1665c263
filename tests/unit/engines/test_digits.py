from __future__ import annotations

import pytest

from readstone.engines.read.digits import with_digits
from readstone.engines.read.recognise import Glyph, Reading


def reading(text: str) -> Reading:
    return Reading(tuple(Glyph(char, 8.0 * at, 0.9) for at, char in enumerate(text)), 0.9)


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("Ve l3.30 hod.", "Ve 13.30 hod."),
        ("March 2lst, l905", "March 21st, 1905"),
        ("i Maaned l94l", "i Maaned 1941"),
        ("ll,500 of £l00,000", "11,500 of £100,000"),
        ("med 6oo Mand", "med 600 Mand"),
        ("56O UNION STREET", "560 UNION STREET"),
        ("2o4 and 2l4", "204 and 214"),
    ],
)
def test_letters_in_numbers_are_digits(read: str, meant: str) -> None:
    assert with_digits(reading(read)).text == meant


@pytest.mark.parametrize(
    "text",
    [
        "l2 norm",
        "20l and 5l of milk",
        "1o piano",
        "all 30 of CO2",
        "a1l",
        "l'2. x",
        "mol 12",
        "20 l",
        "l. 3",
        "x2O",
        "",
    ],
)
def test_letters_that_may_be_meant_stay(text: str) -> None:
    assert with_digits(reading(text)).text == text


def test_only_the_letters_change() -> None:
    before, after = reading("l905"), with_digits(reading("l905"))
    assert [(g.centre, g.confidence) for g in after.glyphs] == [(g.centre, g.confidence) for g in before.glyphs]
    assert after.score == before.score
