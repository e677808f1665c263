"""Things with their boxes, as an answer names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from readstone.domain.scene import DetectedObject
from readstone.engines.scene.parents import parents_of
from readstone.engines.scene.things import probability

if TYPE_CHECKING:
    from readstone.engines.scene.evidence import Detection, Evidence

_SURE = 0.3
"""Score at which, on labelled photos, nine of ten names are right and two thirds of the things are named."""


def objects_of(evidence: Evidence) -> tuple[DetectedObject, ...]:
    """Things that are surely there, likeliest first, with the probability that each is right; boxes lie inside."""
    return tuple(_named(found) for found in evidence.detections if found.score >= _SURE)


def _named(found: Detection) -> DetectedObject:
    confidence = probability(found.score)
    return DetectedObject(found.name, confidence, found.box, parents_of(found.name, confidence))
