"""Indoors or outdoors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from readstone.engines.scene.concepts import Probabilities, class_table
from readstone.engines.scene.places import logistic
from readstone.engines.scene.regions import Regions
from readstone.engines.scene.things import things

if TYPE_CHECKING:
    from readstone.engines.scene.evidence import Evidence

_BIAS = 0.3
_CLASSES = 1.8
_MOST_FROM_THINGS = 5.0
_DOUBT = 1.5


def outdoor_probability(classes: Probabilities, present: Mapping[str, float], regions: Regions) -> float:
    """Probability that the picture was taken outdoors.

    A sum of log-odds: what each ImageNet class and each thing says about it (hand-made weights in the tables) and what
    sky and greenery say. Many things of one kind of room say little more than the first few, so their sum is
    bounded; unsure things hardly count (a power of their probability).
    """
    odds = _BIAS + _CLASSES * float(class_table().outdoors @ classes)
    known = things()
    said = sum(known[name].outdoors * sure**_DOUBT for name, sure in present.items())
    odds += min(max(said, -_MOST_FROM_THINGS), _MOST_FROM_THINGS)
    odds += 1.5 * regions.sky + 4.0 * regions.blue_sky + 3.0 * regions.grass + 4.0 * regions.trees
    return logistic(odds)


def indoor_probability(evidence: Evidence) -> float:
    """Probability that the picture was taken indoors, from 0 to 1."""
    return 1.0 - evidence.gist.outdoors
