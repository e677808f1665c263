"""The query of the text routes, judged as each version has it (contract 4.1)."""

from __future__ import annotations

from collections.abc import Callable

from readstone.api.query import Query
from readstone.api.vision.model_version import concrete_model_version
from readstone.api.vision.text_options import TextOptions
from readstone.domain.refusals import Reason, Refusal

READ_MODELS = ("2021-04-12", "2021-09-30-preview", "2021-09-30", "2022-01-30-preview", "2022-01-30", "2022-04-30")
"""Dates that Read v3.2 knows; `latest` is the last."""


def recognize_text_v1_0(query: Query) -> TextOptions:
    """`handwriting` of seed 1 and the docs, `detectHandwriting` of the definition: one reader reads both."""
    query.boolean("handwriting", default=False)
    query.boolean("detectHandwriting", default=False)
    return TextOptions()


def recognize_text_v2(query: Query) -> TextOptions:
    """`mode` is required; one reader reads both."""
    wrong = Refusal(Reason.BAD_ARGUMENT, "mode must be Handwritten or Printed.")
    if query.text("mode") is None:
        raise wrong
    query.choice("mode", ("Handwritten", "Printed"), "Printed", wrong)
    return TextOptions()


def batch_read(_query: Query) -> TextOptions:
    """None of its own; Python SDK 0.3 sends `mode=`, which is ignored."""
    return TextOptions()


def read(
    languages: frozenset[str], *, ordered: bool = False, models: tuple[str, ...] = ()
) -> Callable[[Query], TextOptions]:
    """Parameters of read/analyze: `language` among those given, `readingOrder` where there is one, `models`."""

    def parameters(query: Query) -> TextOptions:
        unsupported = Refusal(Reason.LANGUAGE_NOT_SUPPORTED, "The input language is not supported.")
        language = query.choice("language", languages, "", unsupported)
        order = "basic"
        if ordered:
            wrong = Refusal(Reason.READING_ORDER, "readingOrder must be basic or natural.")
            order = query.choice("readingOrder", ("basic", "natural"), "basic", wrong)
        return TextOptions(language or None, order == "natural", concrete_model_version(query, models))

    return parameters
