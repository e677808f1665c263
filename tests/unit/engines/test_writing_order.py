from __future__ import annotations

import pytest

from readstone.engines.read.writing_order import as_seen, as_stored, is_from_right


@pytest.mark.parametrize(
    ("stored", "seen"),
    [
        ("שלום עולם", "םלוע םולש"),
        ("שלום abc 12 עולם", "םלוע abc 12 םולש"),
        ("יום 12/05/2020 (שבת)", "(תבש) 12/05/2020 םוי"),
        ("كتاب جميل جدا 5.5", "5.5 ادج ليمج باتك"),
        ("«سلام» دنيا، ١٢٣", "١٢٣ ،ايند «مالس»"),
        ("Hello (world) 12", "Hello (world) 12"),
        ("Все люди (1948)", "Все люди (1948)"),
        ("हिन्दी स्थिति क्षत्रिय", "िहन्दी िस्थित क्षित्रय"),
        ("เด็กไทย", "เด็กไทย"),
    ],
)
def test_both_ways(stored: str, seen: str) -> None:
    assert as_seen(stored) == seen
    assert as_stored(seen)[0] == stored


def test_marks_stay_with_their_letters() -> None:
    assert as_seen("مرحباً") == "اًبحرم"
    assert as_stored("اًبحرم")[0] == "مرحباً"


def test_where_each_character_was_seen() -> None:
    seen = "(ב) ab גא"
    text, order = as_stored(seen)
    assert text == "אג ab (ב)"
    mirrored = {"(": ")", ")": "("}
    assert [mirrored.get(seen[at], seen[at]) for at in order] == list(text)
    assert sorted(order) == list(range(len(seen)))
    assert as_stored("िक")[1] == [1, 0]


def test_the_main_direction() -> None:
    assert is_from_right("שלום ok")
    assert not is_from_right("ok ok שלום")
    assert not is_from_right("12:30")
    assert as_stored("")[0] == ""
