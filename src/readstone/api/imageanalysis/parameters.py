"""The query of analyze, judged in the order of contract 7.2."""

from __future__ import annotations

import re
from dataclasses import dataclass

from readstone.api.imageanalysis.versions import ApiVersion, asked_version
from readstone.api.query import Query
from readstone.api.vision import languages
from readstone.domain.refusals import Reason, Refusal
from readstone.domain.scene import Feature

READ = "read"
FEATURES = {
    "tags": Feature.TAGS,
    "caption": Feature.DESCRIPTION,
    "denseCaptions": Feature.DENSE_CAPTIONS,
    "objects": Feature.OBJECTS,
    READ: None,  # the reader's work, not the viewer's
    "smartCrops": Feature.CROPS,
    "people": Feature.PEOPLE,
}
"""What `features` may name."""

_SENTENCES = frozenset({Feature.DESCRIPTION, Feature.DENSE_CAPTIONS})
_MODEL_VERSION = re.compile(r"(latest|\d{4}-\d{2}-\d{2})(-preview)?", re.ASCII | re.IGNORECASE)
_NUMBER = re.compile(r"\+?[0-9]{1,9}(\.[0-9]{0,15})?|\.[0-9]{1,15}")
_NARROWEST, _WIDEST = 0.75, 1.80
_MOST_RATIOS = 100
"""Ours: each costs a search over the picture."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be told, and how. `read`: the text too. `ratios`: of the crops, in their order, perhaps none."""

    version: ApiVersion
    features: frozenset[Feature]
    read: bool
    language: str
    neutral: bool
    ratios: tuple[float, ...]


def asked(query: Query) -> Asked:
    """Everything that the query says. Raises Refusal."""
    version = asked_version(query)
    if version.preview and query.text("model-name") is not None:
        # Models of one's own were trained at the service; none is here (contract 7.2).
        raise Refusal(Reason.RESOURCE_NOT_FOUND, "Resource not found")
    wrong = Refusal(Reason.VISUAL_FEATURE, "Specified feature type is not valid")
    names = query.choices("features", FEATURES, wrong)
    if not names:
        raise Refusal(
            Reason.INVALID_REQUEST, "Either 'features' or 'model-name' needs to be specified in the query parameter."
        )
    features = frozenset(feature for name in names if (feature := FEATURES[name]))
    language = _language(query, features)
    neutral = _neutral(query)
    ratios = _ratios(query)
    if not version.preview:
        _check_model_version(query)
    return Asked(version, features, READ in names, language, neutral, ratios)


def _language(query: Query, features: frozenset[Feature]) -> str:
    """English sentences only; tags in many languages; what is left has no words of ours and takes any code."""
    unsupported = Refusal(Reason.LANGUAGE_NOT_SUPPORTED, "The input language is not supported")
    if features & _SENTENCES:
        return query.choice("language", {"en"}, "en", unsupported)
    if Feature.TAGS in features:
        return query.choice("language", languages.TAGS_V3_2, "en", unsupported)
    return "en"


def _neutral(query: Query) -> bool:
    try:
        return query.boolean("gender-neutral-caption", default=False)
    except Refusal:
        raise Refusal(Reason.QUERY, "'gender-neutral-caption' must be true or false") from None


def _ratios(query: Query) -> tuple[float, ...]:
    """The ratios in their order, a ratio as often as it is named."""
    values = query.items("smartcrops-aspect-ratios")
    if len(values) > _MOST_RATIOS:
        raise Refusal(Reason.QUERY, f"'smartcrops-aspect-ratios' has more than {_MOST_RATIOS} aspect ratios")
    if not all(_NUMBER.fullmatch(value) for value in values):
        raise Refusal(Reason.QUERY, "'smartcrops-aspect-ratios' must be numbers, divided by commas")
    ratios = tuple(float(value) for value in values)
    if not all(_NARROWEST <= ratio <= _WIDEST for ratio in ratios):
        message = "'smartcrops-aspect-ratios' aspect ratio is not in allowed range [0.75 to 1.8]"
        raise Refusal(Reason.QUERY, message)
    return ratios


def _check_model_version(query: Query) -> None:
    """Its form alone: there is one set of models, and `modelVersion` says what the api-version's is called."""
    value = query.text("model-version")
    if value is not None and not _MODEL_VERSION.fullmatch(value):
        raise Refusal(Reason.QUERY, "'model-version' must be latest or a date such as 2023-10-01")
