"""A viewer of which plugged-in engines answer their part, and the viewer inside the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from readstone.domain.geometry import Box
from readstone.domain.picture import Picture
from readstone.domain.refusals import Cancelled
from readstone.domain.scene import Caption, DenseCaption, Description, Feature, Person, Scene, SceneOptions, Tag
from readstone.domain.stages import engine_name
from readstone.engines.large.held import Held
from readstone.engines.large.plugged import Plugged
from readstone.engines.large.sentences import neutral
from readstone.engines.protocols import Captioner, Detector, SceneViewer, Tagger, never
from readstone.engines.scene.captions.dense import READ_ALOUD
from readstone.engines.scene.coco import PERSON

_SURE = 0.5
"""Score from which on a thing is told: what D-FINE and RT-DETR are published with."""
_MOST_DENSE = 10
_WORDS = frozenset({Feature.TAGS, Feature.DESCRIPTION})
_THINGS = frozenset({Feature.OBJECTS, Feature.PEOPLE})


class PluggedViewer:
    """The viewer `inner`, whose captions, tags and things come from plugged-in engines where there are such."""

    def __init__(self, inner: SceneViewer, plugged: Plugged) -> None:
        self.name = engine_name(inner)
        self._inner = inner
        self._captioner = plugged.captioner
        self._tagger = plugged.tagger
        self._detector = plugged.detector

    def see(self, picture: Picture, options: SceneOptions, cancelled: Callable[[], bool] = never) -> Scene:
        """See `SceneViewer`. The viewer inside is not asked for what an engine here answers alone."""
        asked = options.features
        own: set[Feature] = set()
        if self._tagger is not None:
            own.add(Feature.TAGS)
        if self._detector is not None:
            own |= _THINGS
        members: dict[str, Any] = {}
        if self._detector is not None and asked & _THINGS:
            members |= _things(self._detector, picture, asked, cancelled)
        tags: tuple[Tag, ...] | None = None
        if self._tagger is not None and asked & _WORDS:
            with self._tagger.use(cancelled) as tagger:
                tags = tagger.tag(picture, cancelled)
            if Feature.TAGS in asked:
                members["tags"] = tags
        scene = self._inner.see(picture, replace(options, features=asked - own), cancelled)
        if cancelled():
            raise Cancelled
        if self._captioner is not None:
            scene = _captioned(self._captioner, picture, options, scene, cancelled)
        if tags is not None and scene.description is not None:
            members["description"] = replace(scene.description, tags=tuple(tag.name for tag in tags))
        return replace(scene, **members)


def with_plugged(viewer: SceneViewer, plugged: Plugged) -> SceneViewer:
    """`viewer` with the engines that were chosen for captions, tags and things."""
    chosen: tuple[Held[Captioner] | Held[Tagger] | Held[Detector] | None, ...] = (
        plugged.captioner,
        plugged.tagger,
        plugged.detector,
    )
    return PluggedViewer(viewer, plugged) if any(held is not None for held in chosen) else viewer


def _things(
    held: Held[Detector], picture: Picture, asked: frozenset[Feature], cancelled: Callable[[], bool]
) -> dict[str, Any]:
    with held.use(cancelled) as detector:
        found = detector.find(picture, cancelled)
    members: dict[str, Any] = {}
    if Feature.OBJECTS in asked:
        members["objects"] = tuple(thing for thing in found if thing.confidence >= _SURE)
    if Feature.PEOPLE in asked:
        members["people"] = tuple(Person(thing.confidence, thing.box) for thing in found if thing.name == PERSON)
    return members


def _captioned(
    held: Held[Captioner], picture: Picture, options: SceneOptions, scene: Scene, cancelled: Callable[[], bool]
) -> Scene:
    """`scene` with the captioner's sentences; where it has none, the built-in ones stay."""
    asked = options.features
    if not asked & {Feature.DESCRIPTION, Feature.DENSE_CAPTIONS}:
        return scene
    with held.use(cancelled) as captioner:
        most = options.most_captions if Feature.DESCRIPTION in asked else 1
        whole = tuple(_worded(each, options) for each in captioner.caption(picture, max(most, 1), cancelled))
        members: dict[str, Any] = {}
        if Feature.DESCRIPTION in asked and whole and most > 0:
            members["description"] = replace(scene.description or Description(), captions=whole[:most])
        if Feature.DENSE_CAPTIONS in asked:
            dense = scene.dense_captions or ()
            read = [each for each in dense[1:] if each.text.startswith(READ_ALOUD)]
            boxes = [each.box for each in dense[1:] if not each.text.startswith(READ_ALOUD)]
            told = captioner.caption_parts(picture, boxes, cancelled)
            parts = [replace(each, text=neutral(each.text)) if options.neutral else each for each in told]
            members["dense_captions"] = _dense(picture, whole, dense, parts, read)
    return replace(scene, **members)


def _worded(caption: Caption, options: SceneOptions) -> Caption:
    return replace(caption, text=neutral(caption.text)) if options.neutral else caption


def _dense(
    picture: Picture,
    whole: Sequence[Caption],
    built_in: Sequence[DenseCaption],
    parts: Sequence[DenseCaption],
    read: Sequence[DenseCaption],
) -> tuple[DenseCaption, ...]:
    """The whole picture, then parts in their boxes, then blocks of text; at most ten, no two boxes equal."""
    first = (
        [DenseCaption(whole[0].text, whole[0].confidence, Box(0, 0, picture.width, picture.height))]
        if whole
        else list(built_in[:1])
    )
    kept: dict[tuple[int, int, int, int], DenseCaption] = {}
    for each in (*first, *parts[: _MOST_DENSE - len(first) - len(read)], *read):
        box = each.box
        edges = (round(box.left), round(box.top), round(box.right), round(box.bottom))
        kept.setdefault(edges, each)
    return tuple(kept.values())[:_MOST_DENSE]
