"""Which places and surroundings a picture shows, from what stands in them: a table of weights, no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import exp

import numpy as np
from numpy.typing import NDArray

from readstone.engines.scene.concepts import Probabilities, weights_of
from readstone.engines.scene.tables import rows, weighted, words

_CLASS_GAIN = 4.5
_CLASS_FULL = 0.35
_SHRINK = 0.7
"""What speaks for a place hangs together, so that the sum says more than is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """One row of places.tsv; `classes`: shape (1000,), what each ImageNet class adds at probability 1."""

    name: str
    broader: tuple[str, ...]
    least: float
    bias: float
    classes: NDArray[np.float32]
    things: dict[str, float]
    looks: dict[str, float]

    def probability(self, classes: Probabilities, things: Mapping[str, float], looks: Mapping[str, float]) -> float:
        """How likely the picture shows this place. `things` and `looks`: 0 to 1 by name."""
        odds = self.bias + _CLASS_GAIN * min(1.0, float(self.classes @ classes) / _CLASS_FULL)
        odds += sum(weight * things.get(name, 0.0) for name, weight in self.things.items())
        odds += sum(weight * looks[name] for name, weight in self.looks.items())
        return logistic(_SHRINK * odds)


def logistic(odds: float) -> float:
    """Probability of log-odds."""
    return 1 / (1 + exp(-min(max(odds, -30.0), 30.0)))


@cache
def places() -> dict[str, Place]:
    """The table, by name."""
    return {
        name: Place(
            name, words(broader), float(least), float(bias), _classes(classes), weighted(things), weighted(looks)
        )
        for name, broader, least, bias, classes, things, looks in rows("places.tsv")
    }


def _classes(field: str) -> NDArray[np.float32]:
    total = np.zeros(1000, np.float32)
    for word, weight in weighted(field).items():
        np.maximum(total, weight * weights_of(word), out=total)
    return total
