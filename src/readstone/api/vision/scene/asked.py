"""The query of these operations, judged as each version has it (contract 4.1, 9.2)."""

from __future__ import annotations

from dataclasses import dataclass

from readstone.api.query import Query
from readstone.api.vision import languages
from readstone.api.vision.scene.version import SceneVersion
from readstone.domain.refusals import Reason, Refusal
from readstone.domain.scene import Feature

_DETAILS = {"Celebrities": Feature.CELEBRITIES, "Landmarks": Feature.LANDMARKS}
_WORDED = frozenset({Feature.CATEGORIES, Feature.DESCRIPTION, *_DETAILS.values()})
"""What is answered in few languages only; the rest is tags, or English whatever is asked."""
_MOST_CAPTIONS = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be seen, and the language to tell it in."""

    features: frozenset[Feature]
    language: str


def analysis(query: Query, version: SceneVersion) -> Asked:
    """`visualFeatures`, `details`, `language` and `descriptionExclude` of analyze."""
    wrong_feature = Refusal(Reason.VISUAL_FEATURE, "Specified feature type is not valid.")
    features = {version.features[name] for name in query.choices("visualFeatures", version.features, wrong_feature)}
    wrong_details = Refusal(Reason.DETAILS, "Unsupported details parameter value.")
    # Docs have `all` too; the definitions do not.
    details = query.choices("details", (*_DETAILS, "all"), wrong_details)
    features |= {_DETAILS[name] for name in (_DETAILS if "all" in details else details)}
    if details or not features:
        features.add(Feature.CATEGORIES)
    check_exclusions(query, version)
    return Asked(frozenset(features), language(query, version, frozenset(features)))


def language(query: Query, version: SceneVersion, features: frozenset[Feature]) -> str:
    """The language asked for, English when none is. Raises Refusal for one that not all of `features` have."""
    spoken = languages.SCENE if features & _WORDED else version.tag_languages
    unsupported = Refusal(Reason.LANGUAGE_NOT_SUPPORTED, "The input language is not supported.")
    return query.choice("language", spoken, "en", unsupported)


def check_exclusions(query: Query, version: SceneVersion) -> None:
    """`descriptionExclude`: our sentences never name a celebrity or landmark, so it is only held against its enum."""
    if version.excludes:
        wrong = Refusal(Reason.BAD_ARGUMENT, "descriptionExclude must be Celebrities or Landmarks.")
        query.choices("descriptionExclude", _DETAILS, wrong)


def most_captions(query: Query) -> int:
    """`maxCandidates`."""
    most = query.integer("maxCandidates")
    if most is None:
        return 1
    if most < 1:
        raise Refusal(Reason.BAD_ARGUMENT, "maxCandidates must be at least 1.")
    return min(most, _MOST_CAPTIONS)


def thumbnail_size(query: Query) -> tuple[int, int]:
    """`width` and `height` in pixels."""
    width, height = query.integer("width"), query.integer("height")
    if width is None or height is None:
        raise Refusal(Reason.BAD_ARGUMENT, "width and height are required.")
    if not (1 <= width <= 1024 and 1 <= height <= 1024):
        raise Refusal(Reason.THUMBNAIL_SIZE, "Thumbnail width and height must be between 1 and 1024 pixels.")
    return width, height
