"""The things that detectors know (COCO's 80 classes): words, broader words, and how sure each is on a picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from readstone.domain.geometry import Box
from readstone.engines.scene.concepts import Probabilities, concept_sums, weights_of
from readstone.engines.scene.tables import rows, words

if TYPE_CHECKING:
    from readstone.engines.scene.evidence import Detection

SURE = 0.3
"""Score from which a detected thing is counted."""
_SAME = 0.5
"""Intersection over union from which two boxes hold one thing."""
_SURE_BEAST, _SECOND_BEAST = 0.96, 0.6
_KINDS = ("dog", "cat", "bird", "bear", "elephant", "horse", "insect", "reptile", "fish", "monkey")
_MISTAKEN = frozenset({"dog", "cat", "bird", "bear", "elephant"})
_SURE_KIND, _NO_KIND = 0.65, 0.04
_WELL_KNOWN = frozenset({"banana", "orange", "broccoli", "pizza", "zebra", "umbrella", "teddy bear"})
_LARGE, _NO_THING = 0.2, 0.01
_SCORES = (0.05, 0.1, 0.15, 0.2, 0.3, 0.36, 0.45, 0.6)
_SHARES = (0.02, 0.1, 0.25, 0.42, 0.65, 0.88, 0.97, 0.99)


@dataclass(frozen=True, slots=True)
class Thing:
    """`broader`: the nearest first; `implied`: further tags that are true where it is; `outdoors`: log-odds."""

    name: str
    plural: str
    broader: tuple[str, ...]
    implied: tuple[str, ...]
    outdoors: float


@cache
def things() -> dict[str, Thing]:
    """All 80, by name."""
    return {
        name: Thing(name, plural, words(broader), words(implied), float(outdoors))
        for name, plural, broader, implied, outdoors in rows("things.tsv")
    }


def probability(score: float) -> float:
    """How likely a detection of that score is right: shares measured on labelled photos, straight lines between."""
    return float(np.interp(score, _SCORES, _SHARES))


def distinct(detections: Iterable[Detection]) -> list[Detection]:
    """Without second names for one thing: of boxes that cover each other, the surest of those akin.

    Detectors often call a horse far away a cow as well.
    """
    kept: dict[str, list[Detection]] = {}
    for each in sorted(detections, key=lambda found: -found.score):
        if each.score < _SCORES[0]:
            break
        rivals = (other for name in _akin(each.name) for other in kept.get(name, ()))
        if not any(overlap(other.box, each.box) > _SAME for other in rivals):
            kept.setdefault(each.name, []).append(each)
    return [each for found in kept.values() for each in found]


def plausible(detections: Iterable[Detection], classes: Probabilities, area: int) -> list[Detection]:
    """Without boxes that the classifier contradicts, which sees the whole picture of `area` pixels.

    An animal goes when the classifier is sure of another kind and sees none of this one; a large box of a thing that
    the classifier knows well goes when it sees none of it (a flower taken for a banana).
    """
    concepts = concept_sums(classes)
    surest = max(_KINDS, key=lambda kind: concepts[kind])
    kept = []
    for each in detections:
        if each.name in _MISTAKEN and concepts[surest] > _SURE_KIND and concepts[each.name] < _NO_KIND:
            continue
        large = each.box.width * each.box.height > _LARGE * area
        if large and each.name in _WELL_KNOWN and float(weights_of(each.name) @ classes) < _NO_THING:
            continue
        kept.append(each)
    return kept


def presence(detections: Iterable[Detection]) -> dict[str, float]:
    """Probability that each thing is on the picture, from its best detection; only things above 0.

    A second kind of animal that is not quite sure is more often the first one mistaken.
    """
    best: dict[str, float] = {}
    for each in detections:
        best[each.name] = max(best.get(each.name, 0.0), each.score)
    best = {name: probability(score) for name, score in best.items()}
    beasts = {name: sure for name, sure in best.items() if things()[name].broader[-1:] == ("animal",)}
    for name, sure in beasts.items():
        if sure < _SURE_BEAST and any(other > sure for other in beasts.values()):
            best[name] = _SECOND_BEAST * sure
    return best


def overlap(first: Box, second: Box) -> float:
    """Intersection over union, 0 to 1."""
    width = min(first.right, second.right) - max(first.left, second.left)
    height = min(first.bottom, second.bottom) - max(first.top, second.top)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (first.width * first.height + second.width * second.height - shared)


@cache
def _akin(name: str) -> tuple[str, ...]:
    """Other things that share a broader word."""
    broader = set(things()[name].broader)
    return tuple(other.name for other in things().values() if other.name != name and broader & set(other.broader))
