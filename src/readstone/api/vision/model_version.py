"""The `model-version` parameter of v3.2: a pattern, the dates a route knows, `latest` (contract 4.1)."""

from __future__ import annotations

import re

from readstone.api.query import Query
from readstone.domain.refusals import Reason, Refusal

_PATTERN = re.compile(r"(latest|\d{4}-\d{2}-\d{2})(-preview)?")


def concrete_model_version(query: Query, known: tuple[str, ...]) -> str:
    """The date that the answer's `modelVersion` names.

    `known` are the dates of the route, oldest first; an empty one means that its version has no such
    parameter, and whatever the client sent is ignored. Raises Refusal BAD_ARGUMENT for unknown dates.
    """
    asked = query.text("model-version")
    if not known:
        return ""
    if asked is None or asked.lower() in ("latest", "latest-preview"):
        return known[-1]
    if not _PATTERN.fullmatch(asked) or asked not in known:
        raise Refusal(Reason.BAD_ARGUMENT, f"model-version must be latest or one of {', '.join(known)}.")
    return asked
