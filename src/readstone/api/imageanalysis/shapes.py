"""The body of analyze (contract 7.3); what was not asked for is None and left out."""

from __future__ import annotations

from pydantic import BaseModel, Field

from readstone.api.imageanalysis.document_shapes import DocumentRead


class BoundingBox(BaseModel):
    """Whole pixels."""

    x: int
    y: int
    w: int
    h: int


class Point(BaseModel):
    """Whole pixels."""

    x: int
    y: int


class Caption(BaseModel):
    """A sentence."""

    text: str
    confidence: float


class DenseCaption(BaseModel):
    """A phrase for a part of the image."""

    text: str
    confidence: float
    bounding_box: BoundingBox = Field(serialization_alias="boundingBox")


class DenseCaptions(BaseModel):
    """The whole image first."""

    values: list[DenseCaption]


class Metadata(BaseModel):
    """The image's size in pixels."""

    width: int
    height: int


class Tag(BaseModel):
    """A word."""

    name: str
    confidence: float


class Tags(BaseModel):
    """The likeliest first."""

    values: list[Tag]


class Object(BaseModel):
    """A thing in its box, with one tag."""

    bounding_box: BoundingBox = Field(serialization_alias="boundingBox")
    tags: list[Tag]


class Objects(BaseModel):
    """The likeliest first."""

    values: list[Object]


class Word(BaseModel):
    """Four corners from the text's own top left on."""

    text: str
    bounding_polygon: list[Point] = Field(serialization_alias="boundingPolygon")
    confidence: float


class Line(BaseModel):
    """Corners as a word's."""

    text: str
    bounding_polygon: list[Point] = Field(serialization_alias="boundingPolygon")
    words: list[Word]


class Block(BaseModel):
    """All lines."""

    lines: list[Line]


class Read(BaseModel):
    """One block, or none where there is no text."""

    blocks: list[Block]


class Crop(BaseModel):
    """The part to keep at a ratio of width to height."""

    aspect_ratio: float = Field(serialization_alias="aspectRatio")
    bounding_box: BoundingBox = Field(serialization_alias="boundingBox")


class Crops(BaseModel):
    """In the order asked for."""

    values: list[Crop]


class Person(BaseModel):
    """A body in its box."""

    bounding_box: BoundingBox = Field(serialization_alias="boundingBox")
    confidence: float


class People(BaseModel):
    """The likeliest first, down to very unlikely ones."""

    values: list[Person]


class AnalysisBody(BaseModel):
    """Members in the order seen live."""

    model_version: str = Field(serialization_alias="modelVersion")
    caption: Caption | None = Field(default=None, serialization_alias="captionResult")
    dense_captions: DenseCaptions | None = Field(default=None, serialization_alias="denseCaptionsResult")
    metadata: Metadata
    tags: Tags | None = Field(default=None, serialization_alias="tagsResult")
    objects: Objects | None = Field(default=None, serialization_alias="objectsResult")
    read: Read | DocumentRead | None = Field(default=None, serialization_alias="readResult")
    crops: Crops | None = Field(default=None, serialization_alias="smartCropsResult")
    people: People | None = Field(default=None, serialization_alias="peopleResult")
