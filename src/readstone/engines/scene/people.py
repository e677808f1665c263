"""People: the boxes of whole bodies among all detections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from readstone.domain.scene import Person
from readstone.engines.scene.coco import PERSON

if TYPE_CHECKING:
    from readstone.engines.scene.evidence import Evidence


def people_of(evidence: Evidence) -> tuple[Person, ...]:
    """People, likeliest first, however unsure: clients cut where they like (contract 9.2)."""
    return tuple(Person(found.score, found.box) for found in evidence.detections if found.name == PERSON)
