"""Bodies of these operations (contract 4.2), members in the order seen live; what a version lacks is None, left out."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Metadata(BaseModel):
    """The image's size in pixels and its container."""

    height: int
    width: int
    format: str


class FaceRectangle(BaseModel):
    """Whole pixels."""

    left: int
    top: int
    width: int
    height: int


class Rectangle(BaseModel):
    """Whole pixels."""

    x: int
    y: int
    w: int
    h: int


class Celebrity(BaseModel):
    """A known person."""

    name: str
    confidence: float
    face_rectangle: FaceRectangle = Field(serialization_alias="faceRectangle")


class Landmark(BaseModel):
    """A known place."""

    name: str
    confidence: float


class Names(BaseModel):
    """Of a category, and the result of a domain model; only what was asked for."""

    celebrities: list[Celebrity] | None = None
    landmarks: list[Landmark] | None = None


class Category(BaseModel):
    """A name of the 86."""

    name: str
    score: float
    detail: Names | None = None


class Adult(BaseModel):
    """Gore came with v2.1."""

    is_adult: bool = Field(serialization_alias="isAdultContent")
    is_racy: bool = Field(serialization_alias="isRacyContent")
    is_gory: bool | None = Field(serialization_alias="isGoryContent")
    adult_score: float = Field(serialization_alias="adultScore")
    racy_score: float = Field(serialization_alias="racyScore")
    gore_score: float | None = Field(serialization_alias="goreScore")


class Color(BaseModel):
    """The last two are one: seed 4 reads isBwImg, the definitions and all SDKs isBWImg; the live service sends both."""

    foreground: str = Field(serialization_alias="dominantColorForeground")
    background: str = Field(serialization_alias="dominantColorBackground")
    dominant: list[str] = Field(serialization_alias="dominantColors")
    accent: str = Field(serialization_alias="accentColor")
    is_bw_img: bool = Field(serialization_alias="isBwImg")
    is_bw_img_again: bool = Field(serialization_alias="isBWImg")


class ImageType(BaseModel):
    """Contract 10.3."""

    clip_art: int = Field(serialization_alias="clipArtType")
    line_drawing: int = Field(serialization_alias="lineDrawingType")


class Tag(BaseModel):
    """A word."""

    name: str
    confidence: float
    hint: str | None = None


class Caption(BaseModel):
    """A sentence."""

    text: str
    confidence: float


class Description(BaseModel):
    """Plain words and sentences."""

    tags: list[str]
    captions: list[Caption]


class Face(BaseModel):
    """Age and gender only where they are switched on."""

    age: int | None
    gender: str | None
    rectangle: FaceRectangle = Field(serialization_alias="faceRectangle")


class Parent(BaseModel):
    """A broader name."""

    object: str
    confidence: float
    parent: Parent | None


class Object(BaseModel):
    """A thing in its box."""

    rectangle: Rectangle
    object: str
    confidence: float
    parent: Parent | None


class Brand(BaseModel):
    """A mark or its written name."""

    name: str
    confidence: float
    rectangle: Rectangle


class SceneBody(BaseModel):
    """Body of every operation here but GET models: what one has not, or was not asked for, is None."""

    categories: list[Category] | None = None
    adult: Adult | None = None
    color: Color | None = None
    image_type: ImageType | None = Field(default=None, serialization_alias="imageType")
    tags: list[Tag] | None = None
    description: Description | None = None
    faces: list[Face] | None = None
    objects: list[Object] | None = None
    brands: list[Brand] | None = None
    area_of_interest: Rectangle | None = Field(default=None, serialization_alias="areaOfInterest")
    result: Names | None = None
    request_id: str = Field(serialization_alias="requestId")
    metadata: Metadata
    model_version: str | None = Field(default=None, serialization_alias="modelVersion")
