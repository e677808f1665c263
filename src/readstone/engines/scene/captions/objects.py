"""Sentences about things: vehicles, food, signs, what lies on a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from readstone.engines.scene.captions.actions import Action
from readstone.engines.scene.captions.animals import ANIMALS
from readstone.engines.scene.captions.cast import Cast, Figure
from readstone.engines.scene.captions.grammar import counted, listed, one
from readstone.engines.scene.captions.scenery import Scenery, at_night, where
from readstone.engines.scene.captions.sentence import Sentence
from readstone.engines.scene.concepts import class_table, weights_of
from readstone.engines.scene.things import things

if TYPE_CHECKING:
    from readstone.engines.scene.evidence import Evidence
    from readstone.engines.scene.gist import Gist

_VEHICLES = ("bus", "train", "truck", "car", "airplane", "boat", "motorcycle", "bicycle")
_STREET = ("stop sign", "fire hydrant", "parking meter", "traffic light", "bench")
_FOOD = ("pizza", "cake", "donut", "sandwich", "hot dog", "broccoli", "carrot", "banana", "apple", "orange")
_TABLEWARE = ("wine glass", "bowl", "cup", "bottle", "vase", "knife", "fork", "spoon")
_FURNITURE = ("chair", "couch", "bed", "bench", "toilet", "refrigerator", "oven", "sink", "tv", "dining table")
_FIXTURES = (
    "oven",
    "sink",
    "refrigerator",
    "toilet",
    "microwave",
    "toaster",
    "dining table",
    "keyboard",
    "bed",
    "couch",
)
_UNCOUNTED = (
    "bowl",
    "cup",
    "bottle",
    "wine glass",
    "book",
    "knife",
    "fork",
    "spoon",
    "chair",
    "car",
    "truck",
    "potted plant",
)
_WORDS = {
    "tv": "television",
    "cell phone": "mobile phone",
    "remote": "remote control",
    "mouse": "computer mouse",
    "hair drier": "hair dryer",
}
_NO_THINGS = {"clothing", "food", "landscape", "mountain", "building", "shop", "water", "restaurant", "sink", "stage"}
_ROADS = {"street", "road", "park", "snow", "beach"}
_TOLD_ELSEWHERE = {*_VEHICLES, *_STREET, *ANIMALS, "dining table", "person"}
_MAIN = 0.3
_RIDDEN = 0.6
_BIG = 0.35
_SURE_CLASS = 0.5


def word(name: str) -> str:
    """What a thing is called in a sentence."""
    return _WORDS.get(name, name)


def about_objects(
    evidence: Evidence, cast: Cast, sceneries: list[Scenery], actions: Sequence[Action]
) -> Iterator[Sentence]:
    """The things that fill the picture, by kind."""
    ridden = {action.thing for action in actions if action.how == "rides"}
    yield from _vehicles(evidence, cast, sceneries, ridden)
    yield from _street_things(evidence, cast, sceneries)
    yield from _food(evidence, cast)
    yield from _on_a_desk(evidence, cast)
    yield from _any_thing(evidence, cast)
    yield from _classified(evidence, sceneries)


def _vehicles(evidence: Evidence, cast: Cast, sceneries: list[Scenery], ridden: set[str]) -> Iterator[Sentence]:
    found = cast.named(_VEHICLES)
    if not found:
        return
    gist = evidence.gist
    first = found[0]
    same = [figure for figure in found if figure.name == first.name and figure.share >= _MAIN * first.share]
    others = [figure for figure in found if figure.name != first.name and figure.share >= 0.5 * _MAIN * first.share]
    subject = _some(first.name, len(same))
    with_others = listed([subject, *(_some(name, count) for name, count in Counter(f.name for f in others).items())])
    weight = min(1.0, (first.share / 0.06) ** 0.5) * (_RIDDEN if first.name in ridden else 1.0)
    night = at_night(gist)
    place = _vehicle_place(first, len(same), gist, sceneries)
    sure = first.sure * (0.9 if place else 0.75)
    yield Sentence(f"{subject}{place}{night}", weight, sure)
    if others:
        yield Sentence(f"{with_others}{place}{night}", weight, sure * 0.92)
    if first.share >= _BIG and len(same) == 1:
        yield Sentence(f"a close up of {subject}", weight, 0.75 * sure)
    elif gist.regions.blue_sky > 0.12 and gist.sky >= 0.5 and first.name != "airplane":
        yield Sentence(f"{subject} under a blue sky", weight, 0.7 * sure)


def _vehicle_place(first: Figure, count: int, gist: Gist, sceneries: list[Scenery]) -> str:
    """Where a vehicle of that kind is; "" when nothing says so."""
    if first.name == "airplane":
        flying = gist.regions.sky > 0.6 and gist.sky >= 0.5 and count == 1 and gist.places["airport"] < 0.6
        return " flying in the sky" if flying else " at an airport" if gist.places["airport"] >= 0.6 else ""
    if first.name == "train":
        return " on the tracks"
    if first.name == "boat":
        return " on a lake" if gist.places["lake"] >= 0.7 else " on the water" if gist.places["water"] >= 0.5 else ""
    place = where(sceneries, _ROADS)
    if place and first.name == "bus" and count == 1 and place.place in ("street", "road"):
        return " " + place.where.replace("on a", "driving down a")
    return f" {place.where}" if place else ""


def _street_things(evidence: Evidence, cast: Cast, sceneries: list[Scenery]) -> Iterator[Sentence]:
    gist = evidence.gist
    for figure in cast.named(_STREET)[:2]:
        weight = min(1.0, (figure.share / 0.05) ** 0.5) * (0.85 if figure.name == "bench" and cast.people else 1.0)
        place = where(sceneries, {"park"} if figure.name == "bench" else {"street", "road"})
        at = f" {place.where}{at_night(gist)}" if place else at_night(gist)
        subject = _some(figure.name, len(cast.named([figure.name])))
        sure = figure.sure * (0.8 if place else 0.75)
        yield Sentence(f"{subject}{at}", weight, sure)
        if figure.share > 0.1 and figure.name != "bench":
            yield Sentence(f"a close up of {one(figure.name)}", weight, 0.85 * figure.sure)
    sign = gist.concepts["sign"]
    if sign >= 0.25 and not cast.named(["stop sign"]):
        weight, sure = min(1.0, 0.6 + sign), 0.85 * min(1.0, sign + 0.5)
        street = where(sceneries, {"street"})
        yield Sentence(f"a street sign{f' {street.where}' if street else ''}{at_night(gist)}", weight, sure)
        yield Sentence("a close up of a street sign", weight, 0.8 * sure)


def _food(evidence: Evidence, cast: Cast) -> Iterator[Sentence]:
    gist = evidence.gist
    dishes = cast.named(_FOOD)
    bowl = cast.named(["bowl"])
    table = gist.places["table"] >= 0.7
    on = " on a table" if table else ""
    if bowl and bowl[0].share > 0.2 and gist.places["food"] >= 0.6:
        inside = Counter(figure.name for figure in dishes)
        filled = listed([things()[name].plural for name, _ in inside.most_common(2)])
        yield Sentence("a bowl of food" + (f" with {filled}" if filled else ""), 1.0, 0.9 * bowl[0].sure)
        yield Sentence(f"a close up of a bowl of food{on}", 1.0, 0.85 * bowl[0].sure)
        return
    if dishes:
        first = dishes[0]
        same = [figure for figure in dishes if figure.name == first.name and figure.share >= _MAIN * first.share]
        subject = _some(first.name, len(same))
        weight = min(1.0, (sum(figure.share for figure in dishes) / 0.08) ** 0.5)
        yield Sentence(f"{subject}{on}", weight, 0.9 * first.sure)
        if first.share > 0.2:
            yield Sentence(f"a close up of {subject}{on}", weight, 0.88 * first.sure)
        others = [name for name, _ in Counter(f.name for f in dishes).most_common() if name != first.name][:2]
        if others:
            names = listed([subject, *(things()[name].plural for name in others)])
            yield Sentence(f"{names}{on}", weight, 0.8 * first.sure)
    ware = Counter(figure.name for figure in cast.named(_TABLEWARE))
    if table and ware and gist.outdoors < 0.7:
        names = listed([_some(name, count) for name, count in ware.most_common(3)])
        weight = min(1.0, 0.3 + gist.areas.get("dining table", 0.0) + sum(f.share for f in cast.named(_TABLEWARE)))
        yield Sentence(f"a table with {names} on it", weight, 0.82 * gist.places["table"])
    food = gist.concepts["food"]
    if food >= 0.45 and gist.concepts["drink"] < 0.3:
        plate = float(weights_of("plate") @ gist.classes) >= 0.4
        yield Sentence(f"a {'plate of food' if plate else 'close up of food'}{on}", 0.8, 0.85 * food)


def _on_a_desk(evidence: Evidence, cast: Cast) -> Iterator[Sentence]:
    gist = evidence.gist
    found = Counter(figure.name for figure in cast.named(["laptop", "tv", "keyboard", "mouse", "book", "cup"]))
    if gist.places["desk"] < 0.6 or not found:
        return
    weight = min(1.0, 0.45 + sum(figure.share for figure in cast.named(found)))
    names = [_some(name, count) for name, count in found.items()]
    yield Sentence(f"{listed(names[:3])} on a desk", weight, 0.88 * gist.places["desk"])
    if len(names) > 1:
        yield Sentence(f"{names[0]} sitting on top of a desk", weight, 0.85 * gist.places["desk"])
    yield Sentence(f"a desk with {listed(names[:4])} on it", 0.95 * weight, 0.85 * gist.places["desk"])


def _any_thing(evidence: Evidence, cast: Cast) -> Iterator[Sentence]:
    """The largest thing, when nothing better is known."""
    rest = [figure for figure in cast.things if figure.name not in _TOLD_ELSEWHERE]
    if not rest:
        return
    first = rest[0]
    gist = evidence.gist
    subject = _some(first.name, len(cast.named([first.name])))
    weight = (0.6 if first.name in _FURNITURE else 0.8) * min(1.0, (first.share / 0.15) ** 0.5)
    if first.share > _BIG and first.name not in _FURNITURE:
        yield Sentence(f"a close up of {subject}", weight, 0.85 * first.sure)
    table = gist.places["table"] >= 0.65 and first.name not in _FURNITURE
    if first.name == "clock" and gist.concepts["building"] >= 0.45:
        yield Sentence("a clock on a building", 1.2 * weight, 0.85 * first.sure)
    room = " on a table" if table else " indoors" if gist.outdoors < 0.2 else ""
    yield Sentence(f"{subject}{room}", weight, 0.78 * first.sure)
    if len(rest) > 1 and rest[1].name != first.name:
        yield Sentence(f"{subject} and {_some(rest[1].name, 1)}{room}", weight, 0.75 * first.sure)


def _classified(evidence: Evidence, sceneries: list[Scenery]) -> Iterator[Sentence]:
    """One thing that the classifier is sure of and no detector knows."""
    gist = evidence.gist
    best = int(gist.classes.argmax())
    p, said = float(gist.classes[best]), class_table().words[best]
    if p < _SURE_CLASS or not said.word or gist.concepts["animal"] > 0.4 or gist.areas.get("person", 0.0) > 0.2:
        return
    if gist.concepts["landscape"] > 0.4 or _NO_THINGS & {said.word, *said.concepts}:
        return
    place = sceneries[0].where if sceneries and sceneries[0].place not in ("table", "desk") else ""
    weight = 0.75 * p
    yield Sentence(f"a close up of {one(said.word)}", weight, 0.75 * p)
    if place and said.word not in place:
        yield Sentence(f"{one(said.word)} {place}", weight, 0.7 * p)


def _some(name: str, count: int) -> str:
    """ "a bus", "two dogs", "cups"."""
    many = things()[name].plural
    if name in _UNCOUNTED and count > 1:
        return many
    if many == name:  # broccoli
        return name
    return counted(word(name), 1 if name in _FIXTURES else count, many)


def names_of(figures: Sequence[Figure], most: int) -> list[str]:
    """The figures as phrases, one a kind, in the order given."""
    counts = Counter(figure.name for figure in figures)
    return [_some(name, count) for name, count in list(counts.items())[:most]]
