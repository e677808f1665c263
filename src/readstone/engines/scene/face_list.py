"""The faces that an answer names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from readstone.domain.scene import Face

if TYPE_CHECKING:
    from readstone.engines.scene.evidence import Evidence, FoundFace


def faces_of(evidence: Evidence, *, age_and_gender: bool) -> tuple[Face, ...]:
    """Faces, the largest first as the service lists them; boxes lie inside the picture."""
    largest_first = sorted(evidence.faces, key=lambda face: -face.box.width * face.box.height)
    return tuple(_face(evidence, face, age_and_gender) for face in largest_first)


def _face(evidence: Evidence, face: FoundFace, age_and_gender: bool) -> Face:
    if not age_and_gender:
        return Face(face.box, face.score)
    seen = evidence.age_and_gender(face)
    return Face(face.box, face.score, round(seen.age), seen.gender)
