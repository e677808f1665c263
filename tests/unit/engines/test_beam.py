from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from readstone.engines.read.beam import BONUS, WEIGHT, Beam, Found, spans
from readstone.engines.read.letters import Letters, symbol_of

CLASSES = ("", *"abcdefghijklmnopqrstuvwxyz0123456789", " ")

SYMBOLS = [symbol_of(sign) for sign in CLASSES]


@pytest.fixture(scope="module")
def letters() -> Letters:
    return Letters()


def steps(*likely: dict[str, float]) -> NDArray[np.float32]:
    """Time steps x classes; what a step leaves over is the blank's."""
    found = np.zeros((len(likely), len(CLASSES)), np.float32)
    for row, step in zip(found, likely, strict=True):
        for sign, share in step.items():
            row[CLASSES.index(sign)] = share
        row[0] += 1 - row.sum()
    return found


def written(text: str, share: float = 1.0) -> list[dict[str, float]]:
    """Steps that say `text`, a blank after each character."""
    return [step for sign in text for step in ({sign: share}, {})]


def text_of(found: Found) -> str:
    return "".join(CLASSES[which] for which in found.classes)


@pytest.mark.parametrize("text", ["", "a", "zqxw vkkj", "aa bbb", "1905", "the the"])
def test_what_is_certain_is_left_alone(letters: Letters, text: str) -> None:
    assert text_of(Beam(SYMBOLS, letters).search(steps({}, *written(text, 0.99)))) == text


@pytest.mark.parametrize(
    ("before", "unsure", "after", "expected"),
    [
        ("my dear frie", {"r": 0.5, "n": 0.4}, "d", "my dear friend"),
        ("nous avons beau", {"e": 0.5, "c": 0.4}, "oup", "nous avons beaucoup"),
        ("no 19", {"7": 0.5, "1": 0.4}, "5", "no 1975"),  # numbers are left to the picture
        ("mrs kl", {"y": 0.9, "e": 0.05}, "xqa", "mrs klyxqa"),  # and so are names where they are clear
    ],
)
def test_where_it_is_unsure_the_letters_before_decide(
    letters: Letters, before: str, unsure: dict[str, float], after: str, expected: str
) -> None:
    found = Beam(SYMBOLS, letters).search(steps(*written(before), unsure, {}, *written(after)))
    assert text_of(found) == expected


def test_it_finds_what_looking_at_every_path_finds(letters: Letters) -> None:
    classes = ("", "t", "h", "e")
    some = np.random.default_rng(3)
    for _ in range(5):
        probabilities = some.dirichlet([0.4] * 4, size=6).astype(np.float32)
        texts: dict[tuple[int, ...], float] = {}
        for path in itertools.product(range(4), repeat=6):
            text = tuple(which for which, _ in itertools.groupby(path) if which)
            texts[text] = texts.get(text, 0) + math.prod(probabilities[range(6), path].tolist())
        best = max(texts, key=lambda text: texts[text] * weight(letters, [classes[which] for which in text]))
        assert tuple(Beam([symbol_of(sign) for sign in classes], letters).search(probabilities).classes) == best


def weight(letters: Letters, text: list[str]) -> float:
    symbols = [symbol_of(sign) for sign in text]
    return max(math.exp(WEIGHT * letters._sum(start, symbols) + BONUS * len(text)) for start in letters.start)


def test_it_is_as_sure_of_a_character_as_picture_and_letters_together(letters: Letters) -> None:
    beam, before = Beam(SYMBOLS, letters), "my dear frie"
    for other, expected in (("r", (0.6, 0.95)), ("7", (0.4, 0.7))):
        lattice = steps(*written(before), {"n": 0.4, other: 0.5}, {}, *written("d"))
        found = beam.search(lattice)
        assert text_of(found) == "my dear friend"
        least, most = expected
        assert least < beam.share(lattice[2 * len(before)], found, len(before)) < most
        assert beam.share(lattice[0], found, 0) == 1


def test_every_character_is_placed_where_it_stands() -> None:
    found = steps({}, {"a": 0.9}, {"a": 0.8}, {}, {"a": 0.6}, {"b": 0.7}, {})
    a, b = CLASSES.index("a"), CLASSES.index("b")
    assert spans(found, [a, a, b]) == [(1, 2), (4, 4), (5, 5)]
    assert spans(found, []) == []
    assert spans(found[1:2], [a]) == [(0, 0)]


def test_only_the_languages_named_have_an_opinion(letters: Letters) -> None:
    lattice = steps(*written("nous avons beau"), {"e": 0.6, "c": 0.25}, {}, *written("oup"))
    beam = Beam(SYMBOLS, letters)
    assert text_of(beam.search(lattice, letters.starts(["fr", "it"]))) == "nous avons beaucoup"
    assert text_of(beam.search(lattice, letters.starts(["fi"]))) == "nous avons beaueoup"
