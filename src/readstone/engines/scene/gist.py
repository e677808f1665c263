"""What a picture is about, as degrees of belief: the common ground of tags, categories and captions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from readstone.engines.scene.concepts import Probabilities, concept_sums
from readstone.engines.scene.places import logistic, places
from readstone.engines.scene.regions import Regions, regions_of
from readstone.engines.scene.setting import outdoor_probability
from readstone.engines.scene.things import SURE, distinct, plausible, presence

if TYPE_CHECKING:
    from readstone.engines.scene.evidence import Detection, Evidence

_CROWD = 8
_PAGE = 0.5
"""Text probability of a page; where such a picture was taken is not known."""
_LIT = ("street", "road", "city", "building", "airport")
_UNLIT = 0.5
"""What darkness alone says: black behind a flower is no night, a dark street is."""


@dataclass(frozen=True, slots=True, eq=False)
class Gist:
    """Probabilities by name, and of `outdoors`, `night`, `sky`. `detections`: the plausible ones, each thing once.

    `areas`: share of the picture that the sure boxes of a thing cover (overlaps counted twice, at most 1).
    `people`: how many are surely seen. `tallest`, `face`: height of the tallest person and face, as a share of the
    picture's.
    """

    classes: Probabilities
    detections: tuple[Detection, ...]
    concepts: dict[str, float]
    things: dict[str, float]
    areas: dict[str, float]
    people: int
    tallest: float
    face: float
    regions: Regions
    outdoors: float
    night: float
    sky: float
    places: dict[str, float]


def gist_of(evidence: Evidence) -> Gist:
    """Weigh what the classifier, the detectors and the colours say. Asks for faces too."""
    classes = evidence.imagenet
    picture = evidence.width * evidence.height
    detections = distinct(plausible(evidence.detections, classes, picture))
    found = presence(detections)
    faces = evidence.faces
    people = max(sum(each.name == "person" and each.score >= SURE for each in detections), len(faces))
    if faces:
        found["person"] = max(found.get("person", 0.0), 0.97)
    regions = regions_of(evidence.pixels)
    outdoors = outdoor_probability(classes, found, regions)
    night = evidence.light.night
    if regions.text >= _PAGE:
        outdoors, night = 0.5, 0.0
    looks = {
        "outdoors": 2 * outdoors - 1,
        "people": min(people / _CROWD, 1.0),
        "sky": regions.sky,
        "grass": regions.grass,
        "trees": regions.trees,
        "sand": regions.sand,
        "white": regions.white,
        "water": regions.water,
        "night": night,
    }
    known = {name: place.probability(classes, found, looks) for name, place in places().items()}
    built = max(known[name] for name in _LIT)
    return Gist(
        classes=classes,
        detections=tuple(detections),
        concepts=concept_sums(classes),
        things=found,
        areas=_areas(detections, picture),
        people=people,
        tallest=max(
            (each.box.height for each in detections if each.name == "person" and each.score >= SURE), default=0.0
        )
        / evidence.height,
        face=max((face.box.height for face in faces), default=0.0) / evidence.height,
        regions=regions,
        outdoors=outdoors,
        night=night * (_UNLIT + (1 - _UNLIT) * built),
        sky=logistic(-3.2 + 10 * regions.sky + 4 * regions.blue_sky) * outdoors,
        places=known,
    )


def is_drawing(evidence: Evidence) -> bool:
    """Whether the picture was drawn, so that what is known of photos does not hold. A page of text is no clip art."""
    kind = evidence.image_type
    return kind.line_drawing > 0 or (kind.clip_art >= 2 and evidence.gist.regions.text < _PAGE)


def _areas(detections: Iterable[Detection], picture: int) -> dict[str, float]:
    areas: dict[str, float] = {}
    for each in detections:
        if each.score >= SURE:
            areas[each.name] = min(1.0, areas.get(each.name, 0.0) + each.box.width * each.box.height / picture)
    return areas
