"""From an analysis to the body of analyze (contract 7.3, 7.4)."""

from __future__ import annotations

from collections.abc import Iterable

from readstone.api.imageanalysis import shapes
from readstone.api.imageanalysis.document_codec import document
from readstone.api.imageanalysis.measures import open_confidence, pixels, polygon, text_confidence, with_own_boxes
from readstone.api.imageanalysis.versions import ApiVersion
from readstone.domain import scene as domain
from readstone.domain.scene import Scene
from readstone.domain.text import Line, Page
from readstone.inference.analysing import Analysis

_NOTHING_TO_SAY = domain.Caption("an image", 0.05)
"""The definitions know no answer without a sentence; of this one nobody is misled."""
_MOST_DENSE = 10


def encoded(analysis: Analysis, version: ApiVersion) -> bytes:
    """The body of a 200: exactly what was asked for, no nulls."""
    scene, page = analysis.scene, analysis.page
    body = shapes.AnalysisBody(
        model_version=version.name,
        caption=None if scene.description is None else _caption(scene.description),
        dense_captions=None if scene.dense_captions is None else _dense(scene, scene.dense_captions),
        metadata=shapes.Metadata(width=scene.width, height=scene.height),
        tags=None if scene.tags is None else _tags(scene.tags),
        objects=None if scene.objects is None else _objects(scene, scene.objects),
        read=None if page is None else document(page) if version.preview else _read(page),
        crops=None if scene.crops is None else _crops(scene, scene.crops),
        people=None if scene.people is None else _people(scene, scene.people),
    )
    return body.model_dump_json(by_alias=True, exclude_none=True).encode()


def _caption(description: domain.Description) -> shapes.Caption:
    best = next(iter(description.captions), _NOTHING_TO_SAY)
    return shapes.Caption(text=best.text, confidence=open_confidence(best.confidence))


def _dense(scene: Scene, captions: Iterable[domain.DenseCaption]) -> shapes.DenseCaptions:
    """The whole image's is the first."""
    every = [
        shapes.DenseCaption(text=caption.text, confidence=open_confidence(caption.confidence), bounding_box=box)
        for caption, box in with_own_boxes(scene, ((caption, caption.box) for caption in captions))
    ]
    if not every:
        whole = shapes.BoundingBox(x=0, y=0, w=scene.width, h=scene.height)
        caption = _caption(domain.Description())
        every = [shapes.DenseCaption(text=caption.text, confidence=caption.confidence, bounding_box=whole)]
    return shapes.DenseCaptions(values=every[:_MOST_DENSE])


def _tags(tags: Iterable[domain.Tag]) -> shapes.Tags:
    once: dict[str, domain.Tag] = {}
    for tag in sorted(tags, key=lambda tag: -tag.confidence):
        once.setdefault(tag.name, tag)
    return shapes.Tags(
        values=[shapes.Tag(name=tag.name, confidence=open_confidence(tag.confidence)) for tag in once.values()]
    )


def _objects(scene: Scene, objects: Iterable[domain.DetectedObject]) -> shapes.Objects:
    likeliest_first = sorted(objects, key=lambda thing: -thing.confidence)
    return shapes.Objects(
        values=[
            shapes.Object(
                bounding_box=box, tags=[shapes.Tag(name=thing.name, confidence=open_confidence(thing.confidence))]
            )
            for thing, box in with_own_boxes(scene, ((thing, thing.box) for thing in likeliest_first))
        ]
    )


def _people(scene: Scene, people: Iterable[domain.Person]) -> shapes.People:
    likeliest_first = sorted(people, key=lambda person: -person.confidence)
    return shapes.People(
        values=[
            shapes.Person(bounding_box=box, confidence=open_confidence(person.confidence))
            for person, box in with_own_boxes(scene, ((person, person.box) for person in likeliest_first))
        ]
    )


def _crops(scene: Scene, crops: Iterable[domain.Crop]) -> shapes.Crops:
    return shapes.Crops(
        values=[shapes.Crop(aspect_ratio=crop.ratio, bounding_box=pixels(scene, crop.box)) for crop in crops]
    )


def _read(page: Page) -> shapes.Read:
    lines = [_line(page, line) for line in page.lines]
    return shapes.Read(blocks=[shapes.Block(lines=lines)] if lines else [])


def _line(page: Page, line: Line) -> shapes.Line:
    return shapes.Line(
        text=line.text,
        bounding_polygon=polygon(page.width, page.height, line.quad),
        words=[
            shapes.Word(
                text=word.text,
                bounding_polygon=polygon(page.width, page.height, word.quad),
                confidence=text_confidence(word.confidence),
            )
            for word in line.words
        ],
    )
