from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from readstone.engines.read.letters import Letters
from readstone.engines.read.recognise import Glyph, Reading
from readstone.engines.read.spelling import Spelling, is_in_doubt

CLASSES = ("", *"abcdefghijklmnopqrstuvwxyzíěščřABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:/_", " ")


@pytest.fixture(scope="module")
def spelling() -> Spelling:
    return Spelling(CLASSES, Letters())


def steps(*likely: dict[str, float]) -> NDArray[np.float32]:
    """Time steps x classes, a blank after each step; what a step leaves over is the blank's."""
    found = np.zeros((2 * len(likely), len(CLASSES)), np.float32)
    for row, step in zip(found[::2], likely, strict=True):
        for sign, share in step.items():
            row[CLASSES.index(sign)] = share
    found[:, 0] += 1 - found.sum(axis=1)
    return found


def spelt(spelling: Spelling, before: str, unsure: dict[str, float], after: str, sample: str = "") -> str:
    """What becomes of a line whose one unsure character is read as the likeliest of `unsure`."""
    likely = [{sign: 1.0} for sign in before] + [unsure] + [{sign: 1.0} for sign in after]
    first = [max(step, key=lambda sign: step[sign]) for step in likely]
    glyphs = tuple(
        Glyph(sign, 16.0 * at, step[sign]) for at, (sign, step) in enumerate(zip(first, likely, strict=True))
    )
    reading = Reading(glyphs, 0.95)
    assert is_in_doubt(reading)
    return spelling.of(reading, steps(*likely), sample).text


@pytest.mark.parametrize(
    ("before", "unsure", "after", "expected"),
    [
        ("do V", {"i": 0.6, "í": 0.35}, "dně ještě dnes", "do Vídně ještě dnes"),
        ("Verbandst", {"e": 0.6, "o": 0.35}, "ffe", "Verbandstoffe"),
        ("Conrad was two years you", {"u": 0.5, "n": 0.4}, "ger", "Conrad was two years younger"),
        ("Total Am", {"a": 0.55, "o": 0.4}, "unt: 8.20", "Total Amount: 8.20"),
        ("at school unti", {"1": 0.5, "l": 0.45}, " he was", "at school until he was"),
    ],
)
def test_what_the_picture_leaves_open_is_spelt(
    spelling: Spelling, before: str, unsure: dict[str, float], after: str, expected: str
) -> None:
    assert spelt(spelling, before, unsure, after) == expected


@pytest.mark.parametrize(
    ("before", "unsure", "after"),
    [
        ("Invoice 10", {"7": 0.5, "1": 0.45}, "25"),  # digits
        ("Sider", {";": 0.8, ",": 0.15}, " hvormange"),  # marks
        ("no 47 , Jalan SS", {"1": 0.8, "l": 0.1}, "5"),  # a digit behind a letter, clearly there
        ("Mr Kl", {"x": 0.85, "e": 0.1}, "qva of the house"),  # names, where they are fairly clear
    ],
)
def test_signs_and_what_is_fairly_clear_are_left_to_the_picture(
    spelling: Spelling, before: str, unsure: dict[str, float], after: str
) -> None:
    assert spelt(spelling, before, unsure, after) == before + max(unsure, key=lambda sign: unsure[sign]) + after


@pytest.mark.parametrize(
    ("sample", "expected"),
    [("kunne ikke oprette forbindelse til enheden", "med"), ("the weather is very good today", "mad")],
)
def test_other_lines_of_the_page_tell_the_language(spelling: Spelling, sample: str, expected: str) -> None:
    assert spelt(spelling, "m", {"a": 0.5, "e": 0.45}, "d", sample) == expected


def test_only_latin_lines_with_an_unsure_character_are_in_doubt() -> None:
    def read(text: str, *sure: float) -> Reading:
        return Reading(tuple(Glyph(sign, 8.0, share) for sign, share in zip(text, sure, strict=True)), 0.9)

    assert is_in_doubt(read("ab1", 0.99, 0.99, 0.5))
    assert not is_in_doubt(read("ab1", 0.99, 0.95, 0.95))
    assert not is_in_doubt(read("a b", 0.99, 0.1, 0.95)), "spaces are decided by their width"
    assert not is_in_doubt(read("a12", 0.99, 0.5, 0.95)), "one letter is no word"
    assert not is_in_doubt(read("ab請", 0.99, 0.5, 0.95))
    assert not is_in_doubt(Reading((), 0.0))


def test_a_letter_is_less_sure_than_picture_and_letters_together_and_surer_than_the_picture(spelling: Spelling) -> None:
    lattice = steps(*({sign: 1.0} for sign in "do V"), {"i": 0.6, "í": 0.35}, *({sign: 1.0} for sign in "dně dnes"))
    reading = Reading(tuple(Glyph(sign, 0.0, 0.9) for sign in "do Vidně dnes"), 0.9)
    found = spelling.of(reading, lattice)
    assert found.text == "do Vídně dnes"
    assert 0.4 < found.glyphs[4].confidence < 0.8
    assert [glyph.confidence for glyph in found.glyphs[5:]] == pytest.approx([1.0] * 8)
