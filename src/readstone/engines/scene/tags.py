"""Words for what is on a picture, each with how sure it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from readstone.domain.scene import Tag
from readstone.engines.scene.concepts import class_table, concept_table, drawn_thing
from readstone.engines.scene.gist import Gist, is_drawing
from readstone.engines.scene.places import logistic, places
from readstone.engines.scene.tables import rows
from readstone.engines.scene.things import things

if TYPE_CHECKING:
    from readstone.engines.scene.evidence import Evidence

Said = tuple[str, float]
"""A word and its probability."""

_LEAST = 0.5
_LEAST_OF_A_CLASS = 0.4
_LEAST_OF_A_THING = 0.6
_LEAST_OF_A_SETTING = 0.52
_MOST = 0.998
_LEAST_NIGHT = 0.7
_CROWD = 12
_OF_OTHER_MEASURES = frozenset(
    "clipart cloud crowd drawing face illustration indoor night outdoor people sky text".split()
) | {"black and white", "line art"}
_VIVID = frozenset({"Blue", "Green", "Orange", "Pink", "Purple", "Red", "Teal", "Yellow"})


def tags_of(evidence: Evidence) -> tuple[Tag, ...]:
    """The tags of a picture, likeliest first.

    No word is less sure than a narrower one, no two words name the same, and nothing is said that is less likely
    than even chances (a few words have lower or higher bounds of their own in the tables).
    """
    if is_drawing(evidence):
        sure = _drawn(evidence)
    else:
        sure = _gathered([*_classified(evidence.gist), *_detected(evidence.gist), *_surroundings(evidence)])
    return _as_tags(sure)


def tags_said(said: Iterable[Said]) -> tuple[Tag, ...]:
    """The tags of words that another model says, by the same rules, likeliest first."""
    return _as_tags(_gathered((word, p) for word, p in said if p >= _LEAST))


def vocabulary() -> tuple[str, ...]:
    """Every word that a tag may be, in alphabetical order."""
    synonyms = _synonyms()
    spoken = {*concept_table().least, *(said.word for said in class_table().words), *things(), *places(), *_broader()}
    spoken |= {word for broader in _broader().values() for word in broader}
    return tuple(sorted({synonyms.get(word, word) for word in spoken if word} | _OF_OTHER_MEASURES))


def _as_tags(sure: dict[str, float]) -> tuple[Tag, ...]:
    found = [Tag(word, round(min(p, _MOST), 4), _hint(word, sure)) for word, p in sure.items()]
    return tuple(sorted(found, key=lambda tag: -tag.confidence))


def _classified(gist: Gist) -> Iterator[Said]:
    """What the classifier says, in general words and in its own."""
    least = concept_table().least
    yield from ((word, p) for word, p in gist.concepts.items() if p >= least[word])
    for number in (gist.classes >= _LEAST_OF_A_CLASS).nonzero()[0]:
        said = class_table().words[number]
        if said.word:
            yield said.word, float(gist.classes[number])


def _detected(gist: Gist) -> Iterator[Said]:
    """Things in boxes, and what follows from them."""
    known = things()
    for name, p in gist.things.items():
        if p >= _LEAST_OF_A_THING:
            yield name, p
            yield from ((word, 0.97 * p) for word in known[name].implied)
    if gist.people >= 2:
        yield "people", 0.9
    if gist.people >= _CROWD:
        yield "crowd", 0.75


def _surroundings(evidence: Evidence) -> Iterator[Said]:
    """Places, setting, sky, light, colours."""
    gist = evidence.gist
    if gist.regions.text >= _LEAST:
        yield "text", 0.6 + 0.35 * gist.regions.text
        return
    known = places()
    yield from ((name, p) for name, p in gist.places.items() if p >= known[name].least)
    if gist.outdoors >= _LEAST_OF_A_SETTING:
        yield "outdoor", gist.outdoors
        if gist.night >= _LEAST_NIGHT:
            yield "night", gist.night * gist.outdoors
    elif 1 - gist.outdoors >= _LEAST_OF_A_SETTING:
        yield "indoor", 1 - gist.outdoors
    yield from _sky(gist)
    colours = evidence.colours
    if colours.black_and_white:
        yield "black and white", 0.97
    elif len(colours.dominant) == 1 and colours.dominant[0] in _VIVID:
        yield colours.dominant[0].lower(), 0.6
    tallest = max((face.box.height for face in evidence.faces), default=0.0)
    if tallest > 0.25 * evidence.height:
        yield "face", 0.9


def _sky(gist: Gist) -> Iterator[Said]:
    if gist.sky >= _LEAST:
        yield "sky", gist.sky
        cloud = gist.sky * logistic(-4.5 + 90 * gist.regions.cloud - 4 * gist.regions.blue_sky)
        if cloud >= _LEAST:
            yield "cloud", cloud


def _drawn(evidence: Evidence) -> dict[str, float]:
    """Words for a drawing: what a model says of it, which was made for photos, only where it is sure."""
    kind = evidence.image_type
    said: list[Said] = [("drawing", 0.9), ("line art", 0.85)] if kind.line_drawing else [("clipart", 0.9)]
    said.append(("illustration", 0.8))
    drawn = None if kind.line_drawing else drawn_thing(evidence.gist.classes)
    said += [drawn] if drawn else []
    if evidence.colours.black_and_white:
        said.append(("black and white", 0.9))
    return _gathered(said)


def _gathered(said: Iterable[Said]) -> dict[str, float]:
    """One probability a word: that of its surest source, and at least that of every narrower word."""
    synonyms = _synonyms()
    sure: dict[str, float] = {}
    edge = [(synonyms.get(word, word), p) for word, p in said]
    while edge:
        word, p = edge.pop()
        if p > sure.get(word, 0.0):
            sure[word] = p
            edge += [(broader, p) for broader in _broader().get(word, ())]
    return sure


@cache
def _synonyms() -> dict[str, str]:
    return {row[0]: row[1] for row in rows("synonyms.tsv")}


@cache
def _broader() -> dict[str, tuple[str, ...]]:
    """Directly and indirectly broader words of every tag, from all tables."""
    found: dict[str, list[str]] = {}
    for word, broader in concept_table().broader.items():
        found.setdefault(word, []).extend(broader)
    for said in class_table().words:
        found.setdefault(said.word, []).extend(said.concepts)
    for thing in things().values():
        found.setdefault(thing.name, []).extend(thing.broader)
    for place in places().values():
        found.setdefault(place.name, []).extend(place.broader)
    merged: dict[str, list[str]] = {}
    for word, broader_words in found.items():
        tag = _synonyms().get(word, word)
        merged.setdefault(tag, []).extend(_synonyms().get(each, each) for each in broader_words)
    return {tag: tuple(dict.fromkeys(each for each in broader if each != tag)) for tag, broader in merged.items()}


def _hint(word: str, found: dict[str, float]) -> str | None:
    for name, hint, needed in rows("hints.tsv"):
        if name == word and (needed == "-" or needed in found):
            return hint
    return None
