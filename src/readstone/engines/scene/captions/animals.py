"""Sentences about animals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from readstone.engines.scene.captions.actions import Action
from readstone.engines.scene.captions.cast import Cast, Figure
from readstone.engines.scene.captions.grammar import counted, listed, one
from readstone.engines.scene.captions.scenery import Scenery, at_night, where
from readstone.engines.scene.captions.sentence import Sentence
from readstone.engines.scene.concepts import class_table
from readstone.engines.scene.things import things

if TYPE_CHECKING:
    from readstone.engines.scene.evidence import Evidence

ANIMALS = ("bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe")
_STANDING = {"horse", "sheep", "cow", "elephant", "zebra", "giraffe"}
_HERDS = {"sheep": "herd", "cow": "herd", "elephant": "herd", "zebra": "herd", "giraffe": "herd", "horse": "herd"}
_HERDS["bird"] = "flock"
_SUPPORTS = ("couch", "bed", "bench", "chair", "dining table", "toilet", "sink", "suitcase")
_BESIDE = ("car", "laptop", "keyboard", "tv", "fire hydrant", "bicycle", "potted plant", "teddy bear", "person")
_PLACES = {"beach", "snow", "field", "grass", "street", "road", "bathroom", "kitchen", "living room", "bedroom", "desk"}
_BIG = 0.35
_SECOND = 0.95
_RIDDEN = 0.6
_SURE_WEIGHT = 0.8
_GROUPS = (
    "dog",
    "cat",
    "bird",
    "horse",
    "elephant",
    "bear",
    "monkey",
    "insect",
    "butterfly",
    "snake",
    "lizard",
    "fish",
)


def about_animals(
    evidence: Evidence, cast: Cast, sceneries: list[Scenery], actions: Sequence[Action]
) -> Iterator[Sentence]:
    """Animals in boxes, else the one that the classifier sees. One that is ridden is told of with its rider."""
    found = sorted(cast.named(ANIMALS), key=lambda figure: -figure.sure * figure.share**0.5)
    found = [figure for figure in found if figure.name == found[0].name or figure.sure >= _SECOND]
    gist = evidence.gist
    if not found:
        yield from _classified(evidence, sceneries)
        return
    kinds = Counter(figure.name for figure in found)
    weight = min(1.0, max(sum(figure.share for figure in found) / 0.07, _SURE_WEIGHT if found[0].sure >= 0.9 else 0.0))
    if any(action.thing == found[0].name and action.how == "rides" for action in actions):
        weight *= _RIDDEN
    sure = max(figure.sure for figure in found)
    first = found[0]
    place = where(sceneries, _PLACES - {"desk"} if first.name in _STANDING else _PLACES)
    subject = listed([_some(name, count) for name, count in kinds.most_common(2)])
    support = _support(first, cast)
    night = at_night(gist)
    standing = " standing" if first.name in _STANDING else ""
    if support:
        yield Sentence(f"{subject} {support}{night}", weight, 0.85 * sure)
    if place:
        yield Sentence(f"{subject}{standing} {place.where}{night}", weight, sure * (0.6 + 0.35 * place.sure))
    if gist.places["mountain"] >= 0.6 and first.name in _STANDING:
        yield Sentence(f"{subject}{standing} with mountains in the background", weight, 0.85 * sure)
    if gist.places["water"] >= 0.6 and first.name in ("bird", "dog", "elephant"):
        yield Sentence(f"{subject} next to a body of water", weight, 0.85 * sure)
    if len(found) == 1 and first.share >= _BIG:
        yield Sentence(f"a close up of {subject}", weight, 0.86 * sure)
    outside = " outside" if gist.outdoors >= 0.75 else " indoors" if gist.outdoors <= 0.25 else ""
    yield Sentence(f"{subject}{standing}{outside}{night}", weight, 0.8 * sure)


def _some(name: str, count: int) -> str:
    if count >= 3 and name in _HERDS:
        return f"a {_HERDS[name]} of {things()[name].plural}"
    return counted(name, count, things()[name].plural)


def _support(animal: Figure, cast: Cast) -> str:
    """What it is on or next to, by how the boxes lie."""
    for name in (*_SUPPORTS, *_BESIDE):
        for other in cast.named([name]):
            shared = min(animal.box.right, other.box.right) - max(animal.box.left, other.box.left)
            level = min(animal.box.bottom, other.box.bottom) - max(animal.box.top, other.box.top)
            if shared < 0.3 * min(animal.box.width, other.box.width) or level <= 0:
                continue
            over = animal.box.top + animal.box.height / 2 < other.box.top + 0.7 * other.box.height
            if name in _SUPPORTS and over and animal.box.bottom < other.box.bottom + 0.3 * other.box.height:
                return f"sitting on {one(name)}"
            return f"next to {one(name)}"
    return ""


def _classified(evidence: Evidence, sceneries: list[Scenery]) -> Iterator[Sentence]:
    """Without boxes: a kind of animal, or its group, filling the picture."""
    gist = evidence.gist
    animal = gist.concepts["animal"]
    if animal < 0.5 or gist.areas.get("person", 0.0) > 0.15:
        return
    best = int(gist.classes.argmax())
    said = class_table().words[best]
    word = "animal" if animal >= 0.75 else ""
    for group in _GROUPS:
        if gist.concepts[group] >= 0.5:
            word = group
    if gist.classes[best] >= 0.6 and said.word and word in ("animal", ""):
        word = said.word
    if not word:
        return
    sure = float(max(gist.concepts.get(word, 0.0), gist.classes[best] if word == said.word else 0.0, 0.5))
    place = where(sceneries, {"beach", "snow", "field", "grass", "street", "road"})
    if place:
        yield Sentence(f"{one(word)} {place.where}", 0.85, 0.85 * sure * place.sure)
    yield Sentence(f"a close up of {one(word)}", 0.85, 0.9 * sure)
    outside = " outside" if gist.outdoors >= 0.6 else ""
    yield Sentence(f"{one(word)}{outside}", 0.8, 0.85 * sure)
