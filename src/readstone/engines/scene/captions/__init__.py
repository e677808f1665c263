"""Captions: an English grammar over what was found. No sentence names a thing that no model or measure found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from readstone.domain.scene import Caption, Description
from readstone.engines.scene.captions.actions import actions_of
from readstone.engines.scene.captions.animals import about_animals
from readstone.engines.scene.captions.cast import cast_of
from readstone.engines.scene.captions.objects import about_objects
from readstone.engines.scene.captions.people import about_people
from readstone.engines.scene.captions.scenery import sceneries_of
from readstone.engines.scene.captions.scenes import about_drawings, about_places
from readstone.engines.scene.captions.sentence import Sentence
from readstone.engines.scene.gist import is_drawing

if TYPE_CHECKING:
    from readstone.engines.scene.evidence import Evidence

__all__ = ["describe"]

_WORTHS = (0.0, 0.1, 0.3, 0.45, 0.65, 0.75, 0.9, 1.0)
_ACCEPTED = (0.05, 0.2, 0.5, 0.62, 0.8, 0.9, 0.95, 0.97)
"""Share of sentences of such a worth that a strict reader accepted, on a printed sheet of labelled photos."""
_ALIKE = 0.6
_WORTH_A_SECOND = 0.2
_LITTLE = frozenset("a an the of on in at with and to it its top next".split())


def describe(evidence: Evidence, most: int, neutral: bool) -> Description:
    """Tags as plain words, and at most `most` sentences that really differ, best first.

    Confidence is how likely a reader accepts the sentence, measured on labelled photos. `neutral`: people are
    called person or child, never man, woman, boy or girl.
    """
    tags = tuple(tag.name for tag in evidence.tags)
    if is_drawing(evidence):
        return Description(tags, _best(about_drawings(evidence), most))
    cast = cast_of(evidence, neutral)
    sceneries = sceneries_of(evidence.gist)
    actions = actions_of(cast)
    sentences = [
        *about_people(evidence, cast, sceneries, actions),
        *about_animals(evidence, cast, sceneries, actions),
        *about_objects(evidence, cast, sceneries, actions),
        *about_places(evidence, cast, sceneries),
    ]
    return Description(tags, _best(sentences, most, grey=evidence.colours.black_and_white))


def _best(sentences: Iterable[Sentence], most: int, grey: bool = False) -> tuple[Caption, ...]:
    """Different sentences in order of worth, confidences falling."""
    chosen: list[Caption] = []
    told: list[frozenset[str]] = []
    for sentence in sorted(sentences, key=lambda each: -each.worth):
        if len(chosen) == most or (chosen and sentence.worth < _WORTH_A_SECOND):
            break
        words = frozenset(sentence.text.split()) - _LITTLE
        if any(len(words & other) > _ALIKE * len(words | other) for other in told):
            continue
        told.append(words)
        confidence = float(np.interp(sentence.worth, _WORTHS, _ACCEPTED))
        if chosen:
            confidence = min(confidence, chosen[-1].confidence)
        chosen.append(Caption(_toned(sentence.text) if grey else sentence.text, round(confidence, 4)))
    return tuple(chosen)


def _toned(text: str) -> str:
    """The sentence of a black-and-white photo; of a page of text everybody expects it."""
    if text.endswith(" of text"):
        return text
    if text.startswith("a close up"):
        return f"a black and white {text[2:]}"
    return f"a black and white photo of {text.removeprefix('a view of ')}"
