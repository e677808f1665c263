"""Sentences about people."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from readstone.engines.scene.captions.actions import Action
from readstone.engines.scene.captions.cast import Cast, Figure
from readstone.engines.scene.captions.grammar import one, plural
from readstone.engines.scene.captions.scenery import Scenery, all_places, at_night, where
from readstone.engines.scene.captions.sentence import Sentence
from readstone.engines.scene.concepts import weights_of

if TYPE_CHECKING:
    from readstone.engines.scene.evidence import Evidence, FoundFace

_NO_PLACE_FOR_PEOPLE = {"desk", "table", "water", "ocean", "lake", "railway", "mountain", "road"}
_SHARED = {
    "dining table",
    "couch",
    "bench",
    "chair",
    "bed",
    "suitcase",
    "boat",
    "frisbee",
    "kite",
    "dog",
    "tie",
    "pizza",
    "cake",
}
_SPORTS = {"baseball field": "playing baseball", "tennis court": "playing tennis", "soccer field": "playing soccer"}
_SEATS = {"bench", "couch", "bed", "chair", "dining table"}
_INDOOR_THINGS = {"laptop", "toothbrush", "cell phone", "remote"}
_SPORT_PLACES = {"tennis racket": {"tennis court"}, "baseball bat": {"baseball field"}, "baseball glove": set[str]()}
_WORN = (
    ("bow tie", "a bow tie", "bow ties", 0.4),
    ("suit", "a suit", "suits", 0.4),
    ("sunglasses", "sunglasses", "sunglasses", 0.4),
    ("crash helmet", "a helmet", "helmets", 0.4),
    ("cowboy hat", "a cowboy hat", "cowboy hats", 0.4),
    ("lab coat", "a lab coat", "lab coats", 0.5),
    ("kimono", "a kimono", "kimonos", 0.4),
    ("military uniform", "a uniform", "uniforms", 0.5),
    ("trench coat", "a coat", "coats", 0.4),
)
_CLOSE, _FAIRLY_CLOSE = 0.3, 0.2
_GROUP, _CROWD = 3, 10
_UPRIGHT = 2.1


def about_people(
    evidence: Evidence, cast: Cast, sceneries: list[Scenery], actions: Sequence[Action]
) -> Iterator[Sentence]:
    """What the people in front are and do, and where."""
    if not cast.people:
        return
    gist = evidence.gist
    people = sum(figure.share for figure in cast.people)
    weight = 0.95 * min(1.0, people / 0.1 + gist.face / 0.25)
    sure = max(figure.sure for figure in cast.people)
    subject = who(cast.people, cast.onlookers)
    many = len(cast.people) > 1
    for action in actions[:3]:
        few = 2 * len(action.doers) < len(cast.people) or (
            many and action.thing not in _SHARED and len(action.doers) == 1
        )
        if action.thing == "tie" and few:
            continue
        doing = action.many if len(action.doers) > 1 else action.one
        place = _place_of(action, sceneries)
        doer = who(action.doers, 0) if few else subject
        if not few and many:
            doing = action.many
        certain = sure * action.sure * (0.65 + 0.35 * place.sure if place else 0.9)
        telling = 0.98 * min(1.0, (people + action.share) / 0.07 + gist.face / 0.25)
        yield Sentence(f"{doer} {doing}{_at(place, evidence)}", telling, certain)
        if few and len(cast.people) + cast.onlookers >= _GROUP + len(action.doers):
            yield Sentence(f"{doer} {doing} in front of a group of people", telling, 0.85 * certain)
    for sport, doing in _SPORTS.items():
        if gist.places[sport] >= 0.6 and not any(action.thing in _SPORT_PLACES for action in actions):
            yield Sentence(f"{subject} {doing}", weight, 0.88 * sure * gist.places[sport])
    place = where(sceneries, all_places() - _NO_PLACE_FOR_PEOPLE)
    worn = _worn(evidence, many)
    least = 0.82 if actions else 1.0
    if not many and _is_close(evidence, cast.people[0]):
        looking = " looking at the camera" if _looks_here(evidence) else ""
        yield Sentence(f"a close up of {subject}{looking}", weight, 0.9 * sure * least)
        if worn:
            yield Sentence(f"{subject} {worn}{looking.replace(' looking', ' and looking')}", weight, 0.75 * sure)
        return
    if worn and len(cast.people) <= 6:
        yield Sentence(f"{subject} {worn}{_at(place, evidence)}", weight, 0.75 * sure * least)
    pet = _pet(evidence, cast)
    if pet:
        seat = next((action.thing for action in actions if action.how == "sits"), "")
        on = f" sitting on {one(seat)}" if seat else _at(place, evidence)
        yield Sentence(f"{subject} with {one(pet)}{on}", weight, 0.85 * sure)
    doing = _bearing(evidence, cast, place)
    if place and place.place in _SPORTS:
        least *= 0.8
    certain = sure * (0.85 if place else 0.75) * least
    yield Sentence(f"{subject}{doing}{_at(place, evidence) or _outside(evidence)}", weight, certain)


def who(people: Sequence[Figure], onlookers: int) -> str:
    """People in words: "a man", "a man and a woman", "three people", "a group of people".

    `onlookers`: how many more there are.
    """
    called = [figure.word for figure in people]
    if len(called) == 1:
        return one(called[0])
    if len(called) == 2:
        first, second = sorted(called, key=("man", "woman", "boy", "girl", "child", "baby", "person").index)
        if first == second:
            return f"two {plural(first)}"
        if "person" not in (first, second):
            return f"{one(first)} and {one(second)}"
        return "two people"
    if len(called) + onlookers >= _CROWD and len(called) >= _GROUP + 2:
        return "a large group of people"
    return "three people" if len(called) == _GROUP and not onlookers else "a group of people"


def _place_of(action: Action, sceneries: list[Scenery]) -> Scenery | None:
    """A place that goes with the action; a seat indoors is place enough unless the room is known."""
    if action.thing in _SPORT_PLACES:
        return where(sceneries, _SPORT_PLACES[action.thing])
    fitting: Collection[str] = all_places() - _NO_PLACE_FOR_PEOPLE
    if action.thing in ("surfboard", "boat"):
        fitting = {"ocean", "lake", "water"}
    elif action.thing in ("bicycle", "motorcycle"):
        fitting = {*fitting, "road"}
    elif action.thing in ("skis", "snowboard"):
        fitting = {"snow", "mountain"}
    elif action.thing in _SEATS or action.thing in _INDOOR_THINGS:
        fitting = {*fitting} - {"tennis court", "baseball field", "street", "grass", "field"}
    elif action.thing in ("horse", "elephant", "dog", "frisbee", "kite"):
        fitting = {*fitting} - {"tennis court", "baseball field"}
    return where(sceneries, fitting)


def _at(place: Scenery | None, evidence: Evidence) -> str:
    if place and place.place in _SPORTS:
        return f" {place.where}"
    return f" {place.where}{at_night(evidence.gist)}" if place else at_night(evidence.gist)


def _bearing(evidence: Evidence, cast: Cast, place: Scenery | None) -> str:
    """How they stand there, where boxes and faces tell. A group on a street may as well walk."""
    people = cast.people
    walking = len(people) >= _GROUP and place is not None and place.place == "street"
    if not walking and all(figure.box.height >= _UPRIGHT * figure.box.width for figure in people[:3]):
        return " standing"
    if len(evidence.faces) >= max(1, 0.6 * len(people)) and _looks_here(evidence) and len(people) <= _CROWD:
        return " posing for a picture" if len(people) > 1 or evidence.gist.face < 0.15 else " looking at the camera"
    return ""


def _is_close(evidence: Evidence, person: Figure) -> bool:
    """A face that is large, or fairly large when the picture's lower edge cuts the body and nothing else is known."""
    gist = evidence.gist
    cut = person.box.bottom >= 0.97 * evidence.height
    return gist.face >= _CLOSE or (gist.face >= _FAIRLY_CLOSE and cut and not _outside(evidence))


def _pet(evidence: Evidence, cast: Cast) -> str:
    """A dog or cat that the classifier sees though no box holds it."""
    concepts = evidence.gist.concepts
    return next((pet for pet in ("dog", "cat") if concepts[pet] >= 0.5 and not cast.named(["dog", "cat"])), "")


def _outside(evidence: Evidence) -> str:
    gist = evidence.gist
    if at_night(gist):
        return ""
    if gist.places["building"] >= 0.65:
        return " in front of a building"
    if gist.places["tree"] >= 0.7:
        return " in front of trees"
    return " outside" if gist.outdoors >= 0.7 else " indoors" if gist.outdoors <= 0.25 else ""


def _looks_here(evidence: Evidence) -> bool:
    """Most larger faces are turned to the camera: the nose lies between the eyes."""
    faces = [face for face in evidence.faces if face.box.height >= 0.5 * evidence.gist.face * evidence.height]
    return bool(faces) and 2 * sum(not _turned_here(face) for face in faces) < len(faces)


def _turned_here(face: FoundFace) -> bool:
    """The nose's foot on the line through the eyes lies well between them."""
    left, right, nose = face.landmarks[:3]
    x, y = right.x - left.x, right.y - left.y
    along = ((nose.x - left.x) * x + (nose.y - left.y) * y) / max(x * x + y * y, 1e-6)
    return 0.22 <= along <= 0.78


def _worn(evidence: Evidence, many: bool) -> str:
    """Clothes that the classifier is sure of."""
    classes = evidence.gist.classes
    for word, one_wears, all_wear, least in _WORN:
        if float(weights_of(word) @ classes) >= least:
            return f"wearing {all_wear if many else one_wears}"
    return ""
