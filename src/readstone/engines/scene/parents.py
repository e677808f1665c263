"""Broader names of an object: a dog is a mammal is an animal."""

from __future__ import annotations

from readstone.domain.scene import Concept
from readstone.engines.scene.things import things

_KEPT = 0.7
"""Share of the doubt that is left one step up: about three of ten wrong names are of the same family."""


def parents_of(name: str, confidence: float) -> tuple[Concept, ...]:
    """The chain of ever broader names of a COCO thing, the nearest first, empty for a name without one.

    No broader name is less sure than a narrower one.
    """
    thing = things().get(name)
    chain = []
    for broader in thing.broader if thing else ():
        confidence = 1 - (1 - confidence) * _KEPT
        chain.append(Concept(broader, round(confidence, 4)))
    return tuple(chain)
