"""Sentences about places, and about pictures that were drawn."""

from __future__ import annotations

from collections.abc import Iterator
from colorsys import rgb_to_hls
from typing import TYPE_CHECKING

from readstone.engines.scene.captions.cast import Cast
from readstone.engines.scene.captions.grammar import listed, one
from readstone.engines.scene.captions.objects import names_of
from readstone.engines.scene.captions.scenery import Scenery, at_night
from readstone.engines.scene.captions.sentence import Sentence
from readstone.engines.scene.concepts import drawn_thing, weights_of

if TYPE_CHECKING:
    from readstone.engines.scene.evidence import Evidence
    from readstone.engines.scene.gist import Gist

_ROOMS = {"kitchen", "bathroom", "bedroom", "living room"}
_PEOPLED = {"street", "restaurant", "store", "stage", "airport", "park", "beach", "library"}
_BUILDINGS = (
    "church",
    "monastery",
    "palace",
    "castle",
    "mosque",
    "barn",
    "lighthouse",
    "bell tower",
    "water tower",
    "greenhouse",
)
_HUES = ((15, "red"), (38, "orange"), (70, "yellow"), (165, "green"), (255, "blue"), (300, "purple"), (361, "red"))


def about_places(evidence: Evidence, cast: Cast, sceneries: list[Scenery]) -> Iterator[Sentence]:
    """The place itself, with what is in it."""
    gist = evidence.gist
    night = at_night(gist)
    crowd = len(cast.people) + cast.onlookers
    for scenery in sceneries[:3]:
        if not scenery.itself:
            continue
        weight = 0.85 if scenery.place in _ROOMS else 0.35 + 0.05 * scenery.telling
        names = names_of(cast.named(scenery.told), 3)
        if names:
            yield Sentence(f"{scenery.itself} with {listed(names)}{night}", weight, 0.85 * scenery.sure)
        if crowd >= 2 and scenery.place in _PEOPLED:
            people = "a group of people" if crowd > 2 else "two people"
            yield Sentence(f"{people} {scenery.where}{night}", 0.75, 0.88 * scenery.sure)
        if scenery.place == "beach" and gist.places["water"] >= 0.5:
            yield Sentence(f"a beach next to a body of water{night}", weight, 0.88 * scenery.sure)
        if night:
            yield Sentence(f"{scenery.itself}{night}", weight, 0.85 * scenery.sure)
        else:
            yield Sentence(f"a view of {scenery.itself}", 0.9 * weight, 0.8 * scenery.sure)
    if gist.outdoors >= 0.5:
        yield from _landscape(gist, crowd)
    yield from _in_general(gist, cast, crowd)


def _landscape(gist: Gist, crowd: int) -> Iterator[Sentence]:
    built = max(gist.concepts["building"], gist.places["building"] * 0.9)
    night = at_night(gist)
    sky = gist.regions.blue_sky > 0.12 and gist.sky >= 0.5 and not night
    if built >= 0.5:
        best = max(_BUILDINGS, key=lambda word: float(weights_of(word) @ gist.classes))
        sure = float(weights_of(best) @ gist.classes)
        word = best if sure >= 0.6 else "building"
        weight = 0.9 * gist.concepts["building"] + 0.25
        subject = (
            one(word) if word != "building" else "a large building" if gist.concepts["building"] > 0.4 else "a building"
        )
        certain = 0.85 * (sure if word != "building" else built)
        if crowd > 2:
            yield Sentence(f"a group of people in front of {subject}{night}", weight, 0.9 * certain)
        if gist.places["tree"] >= 0.55:
            yield Sentence(f"{subject} with trees around it{night}", weight, 0.92 * certain)
        if sky:
            yield Sentence(f"{subject} under a blue sky", weight, 0.95 * certain)
        yield Sentence(f"{subject}{night or ' seen from outside'}", weight, 0.9 * certain)
    if gist.places["mountain"] >= 0.5:
        water = gist.places["water"] >= 0.6
        front = "a body of water" if water else "a field" if gist.places["field"] >= 0.5 else ""
        if front:
            yield Sentence(f"{front} with mountains in the background", 0.7, 0.85 * gist.places["mountain"])
    if gist.places["water"] >= 0.6:
        yield Sentence(
            f"a body of water{' under a cloudy sky' if gist.regions.cloud > 0.08 else ''}",
            0.55,
            0.85 * gist.places["water"],
        )
    if gist.places["tree"] >= 0.5:
        front = (
            "a grassy area with trees"
            if gist.places["grass"] >= 0.55
            else "a tree" + (" against a blue sky" if sky else "")
        )
        yield Sentence(f"{front}{night}", 0.4, 0.75 * gist.places["tree"])


def _in_general(gist: Gist, cast: Cast, crowd: int) -> Iterator[Sentence]:
    """The least that can be said of a photo: what is on it in general, or where it was taken."""
    if max(gist.concepts["text"], gist.regions.text) >= 0.5:
        weight = 0.9 if gist.regions.text >= 0.5 else 0.7
        yield Sentence("a close up of text", weight, 0.85 * max(0.8 * gist.concepts["text"], gist.regions.text))
        return
    if gist.sky >= 0.6:
        above = "blue" if gist.regions.blue_sky > 0.12 else "cloudy"
        yield Sentence(f"a view of a {above} sky{at_night(gist)}", 0.4, 0.8 * gist.sky)
    if gist.concepts["clothing"] >= 0.5 and not crowd:
        yield Sentence("a close up of a piece of clothing", 0.6, 0.8 * gist.concepts["clothing"])
    names = names_of(cast.things, 3)
    outside = gist.outdoors >= 0.5
    sure = max(gist.outdoors, 1 - gist.outdoors)
    if names:
        yield Sentence(f"{listed(names)} {'outside' if outside else 'indoors'}", 0.25, 0.7 * sure)
    yield Sentence(f"an {'outdoor' if outside else 'indoor'} view{at_night(gist)}", 0.1, 0.5 * sure)


def about_drawings(evidence: Evidence) -> Iterator[Sentence]:
    """A drawing: what it shows only where the classifier, which was made for photos, is fairly sure."""
    kind, gist = evidence.image_type, evidence.gist
    if kind.line_drawing:
        what = "black and white line drawing" if evidence.colours.black_and_white else "line drawing"
    else:
        tones = [name.lower() for name in evidence.colours.dominant if name not in ("White", "Black")]
        what = f"{listed(tones[:2]) or _accent(evidence)} clipart image".strip()
        drawn = drawn_thing(gist.classes)
        if drawn:
            yield Sentence(f"a clipart image of {one(drawn[0])}", 1.0, 0.9 * drawn[1])
    yield Sentence(one(what), 0.5, 0.8)


def _accent(evidence: Evidence) -> str:
    """The name of the accent colour's hue, for a drawing that is white otherwise; "" for a grey one."""
    red, green, blue = (int(evidence.colours.accent[k : k + 2], 16) / 255 for k in (0, 2, 4))
    hue, lightness, saturation = rgb_to_hls(red, green, blue)
    if saturation < 0.4 or not 0.1 < lightness < 0.9:
        return ""
    return next(name for end, name in _HUES if hue * 360 < end)
