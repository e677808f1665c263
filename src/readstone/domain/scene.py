"""What is seen on a picture, apart from its text. Boxes are in pixels of the upright picture.

Confidences and scores are from 0 to 1. Names are English; codecs translate where a version has other languages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from readstone.domain.geometry import Box
from readstone.domain.text import Page


def unread() -> Page | None:
    """The text of a picture that nobody reads."""
    return None


class Feature(Enum):
    """One thing that can be asked of a picture. Only what is asked is computed."""

    CATEGORIES = auto()
    TAGS = auto()
    DESCRIPTION = auto()
    DENSE_CAPTIONS = auto()
    OBJECTS = auto()
    PEOPLE = auto()
    FACES = auto()
    BRANDS = auto()
    ADULT = auto()
    COLOURS = auto()
    IMAGE_TYPE = auto()
    AREA_OF_INTEREST = auto()
    CELEBRITIES = auto()
    LANDMARKS = auto()
    CROPS = auto()


@dataclass(frozen=True, slots=True)
class SceneOptions:
    """What is asked of a picture.

    `most_captions`: upper bound on the sentences of a description. `neutral`: captions say person, never man,
    woman, boy or girl. `ratios`: width / height of each crop wanted, for CROPS; with none, one crop at a ratio that
    suits the picture. `age_and_gender`: whether faces are given both (off by default; contract 4.2). `text`: the
    picture's text when it is being read beside, else None; waits until it is read, so to be asked last.
    """

    features: frozenset[Feature]
    most_captions: int = 1
    neutral: bool = False
    ratios: tuple[float, ...] = ()
    age_and_gender: bool = False
    text: Callable[[], Page | None] = unread


@dataclass(frozen=True, slots=True)
class Category:
    """A name of the 86-category taxonomy (contract 10.1); `score` is a multiple of 1/256."""

    name: str
    score: float


@dataclass(frozen=True, slots=True)
class Tag:
    """A word for what is on the picture; `hint` says which sense of it is meant, when that is open."""

    name: str
    confidence: float
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Caption:
    """One English sentence without a full stop."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class DenseCaption:
    """One English phrase for a part of the picture, without a full stop."""

    text: str
    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class Description:
    """Plain tags, likeliest first, and captions, best first; both may be empty."""

    tags: tuple[str, ...] = ()
    captions: tuple[Caption, ...] = ()


@dataclass(frozen=True, slots=True)
class Concept:
    """A broader name for an object, such as "mammal" for a dog."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class DetectedObject:
    """A thing in its box; `parents` are ever broader names for it, the nearest first."""

    name: str
    confidence: float
    box: Box
    parents: tuple[Concept, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A person's whole visible body."""

    confidence: float
    box: Box


class Gender(Enum):
    """As the old versions of the API spell it."""

    MALE = "Male"
    FEMALE = "Female"


@dataclass(frozen=True, slots=True)
class Face:
    """A face; `age` in years and `gender` only where they were asked for and are switched on."""

    box: Box
    confidence: float
    age: int | None = None
    gender: Gender | None = None


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand's mark or written name."""

    name: str
    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class Celebrity:
    """A known person's face."""

    name: str
    confidence: float
    face: Box


@dataclass(frozen=True, slots=True)
class Landmark:
    """A known place."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Adult:
    """Scores, and what they mean at the thresholds of the engine that gave them."""

    adult_score: float
    racy_score: float
    gore_score: float
    is_adult: bool
    is_racy: bool
    is_gory: bool


@dataclass(frozen=True, slots=True)
class Colours:
    """Names of contract 10.2; `accent` is six upper-case hex digits, red, green, blue."""

    foreground: str
    background: str
    dominant: tuple[str, ...]
    accent: str
    black_and_white: bool


@dataclass(frozen=True, slots=True)
class ImageType:
    """`clip_art` from 0 (none) to 3 (good), `line_drawing` 0 or 1 (contract 10.3)."""

    clip_art: int
    line_drawing: int


@dataclass(frozen=True, slots=True)
class Crop:
    """The part of the picture to keep at a ratio of width to height."""

    ratio: float
    box: Box


@dataclass(frozen=True, slots=True)
class Scene:
    """What was asked for of one picture; None where it was not asked, empty where nothing was found."""

    width: int
    height: int
    categories: tuple[Category, ...] | None = None
    tags: tuple[Tag, ...] | None = None
    description: Description | None = None
    dense_captions: tuple[DenseCaption, ...] | None = None
    objects: tuple[DetectedObject, ...] | None = None
    people: tuple[Person, ...] | None = None
    faces: tuple[Face, ...] | None = None
    brands: tuple[Brand, ...] | None = None
    adult: Adult | None = None
    colours: Colours | None = None
    image_type: ImageType | None = None
    area_of_interest: Box | None = None
    celebrities: tuple[Celebrity, ...] | None = None
    landmarks: tuple[Landmark, ...] | None = None
    crops: tuple[Crop, ...] | None = None
