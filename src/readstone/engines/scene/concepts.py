"""What ImageNet's classes mean in the words of a person: "dog" rather than 118 breeds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from readstone.engines.scene.tables import rows, words

_DRAWN, _DRAWN_KIND = 0.75, 0.45
"""Least probability of a drawn thing, and of one that is a case of a concept."""

Probabilities = NDArray[np.float32]
"""Shape (1000,), one for each of ImageNet's classes, sum 1."""


@dataclass(frozen=True, slots=True)
class ClassWord:
    """A class's own word ("" where it is never said) and the narrowest concepts that hold it."""

    word: str
    concepts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConceptTable:
    """`weights`: shape (concepts, 1000), how far a class is a case of the concept, 0 to 1."""

    names: tuple[str, ...]
    broader: dict[str, tuple[str, ...]]
    least: dict[str, float]
    weights: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ClassTable:
    """The 1000 classes in the classifier's order; `outdoors`: log-odds that each speaks for outdoors."""

    words: tuple[ClassWord, ...]
    synsets: tuple[str, ...]
    outdoors: NDArray[np.float32]
    index: dict[str, tuple[int, ...]]


@cache
def class_table() -> ClassTable:
    """The table of classes."""
    table = rows("imagenet.tsv")
    said = tuple(ClassWord("" if word == "-" else word, words(concepts)) for _, _, word, concepts, _ in table)
    index: dict[str, tuple[int, ...]] = {}
    for number, each in enumerate(said):
        index[each.word] = (*index.get(each.word, ()), number)
    return ClassTable(
        words=said,
        synsets=tuple(row[1] for row in table),
        outdoors=np.array([float(row[4]) for row in table], np.float32),
        index=index,
    )


@cache
def concept_table() -> ConceptTable:
    """The table of concepts, broader ones before narrower ones."""
    table = rows("concepts.tsv")
    weights = np.zeros((len(table), 1000), np.float32)
    for number, row in enumerate(table):
        for item in row[3].split():
            span, _, weight = item.partition("*")
            first, _, last = span.partition("-")
            weights[number, int(first) : int(last or first) + 1] = float(weight or 1)
    return ConceptTable(
        names=tuple(row[0] for row in table),
        broader={row[0]: words(row[1]) for row in table},
        least={row[0]: float(row[2]) for row in table},
        weights=weights,
    )


def concept_sums(probabilities: Probabilities) -> dict[str, float]:
    """Probability of each concept: the sum over its classes, each by its weight."""
    table = concept_table()
    sums = table.weights @ probabilities
    return dict(zip(table.names, (float(value) for value in sums), strict=True))


@cache
def weights_of(word: str) -> NDArray[np.float32]:
    """How far each class is a case of `word`, the word of a concept or of a class; shape (1000,).

    Raises KeyError when no table has the word.
    """
    concepts, classes = concept_table(), class_table()
    if word in concepts.broader:
        return np.asarray(concepts.weights[concepts.names.index(word)], np.float32)
    weights = np.zeros(1000, np.float32)
    weights[list(classes.index[word])] = 1
    return weights


def drawn_thing(probabilities: Probabilities) -> tuple[str, float] | None:
    """The thing that a drawing shows, and its probability; None when the classifier, made for photos, is unsure."""
    best = int(probabilities.argmax())
    said, p = class_table().words[best], float(probabilities[best])
    return (said.word, p) if said.word and p >= (_DRAWN_KIND if said.concepts else _DRAWN) else None
