"""The api-versions of Image Analysis 4.0 that are served (contract 1, 7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from readstone.api.query import Query
from readstone.domain.refusals import Reason, Refusal


@dataclass(frozen=True, slots=True)
class ApiVersion:
    """One of them; its name is what `modelVersion` tells as well (contract 7.3, 7.4).

    `preview`: text is told as a document, `model-name` may ask for a model of one's own, and `model-version` is
    not yet known.
    """

    name: str
    preview: bool = False


API_VERSIONS: Mapping[str, ApiVersion] = {
    version.name: version
    for version in (
        ApiVersion("2023-02-01-preview", preview=True),
        ApiVersion("2023-04-01-preview", preview=True),
        ApiVersion("2023-10-01"),
        ApiVersion("2024-02-01"),
    )
}
"""By name, oldest first."""


def asked_version(query: Query) -> ApiVersion:
    """The version that `api-version` names. Raises Refusal API_VERSION_MISSING or API_VERSION_UNKNOWN."""
    missing = Refusal(
        Reason.API_VERSION_MISSING, "An API version is required, but was not specified: api-version is missing."
    )
    unknown = Refusal(
        Reason.API_VERSION_UNKNOWN, f"The API version is not supported. Supported are {', '.join(API_VERSIONS)}."
    )
    if query.text("api-version") is None:
        raise missing
    return API_VERSIONS[query.choice("api-version", API_VERSIONS, "", unknown)]
