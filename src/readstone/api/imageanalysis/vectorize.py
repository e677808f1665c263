"""`POST /retrieval:vectorizeImage` and `:vectorizeText` (contract 7.6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, Field
from starlette.responses import Response

from readstone.api.call import Call
from readstone.api.imageanalysis.taking import Taking
from readstone.api.imageanalysis.versions import ApiVersion, asked_version
from readstone.api.query import Query
from readstone.api.routing import Route
from readstone.domain.refusals import Reason, Refusal
from readstone.inference.vectorising import Vector
from readstone.intake.body import json_object
from readstone.intake.decode import ImageLimits

API_VERSIONS = ("2023-02-01-preview", "2023-04-01-preview", "2024-02-01")
"""Those that have the two operations; 2023-10-01 has not."""

_MOST_WORDS = 70
_MODEL_VERSION = re.compile(r"(latest|\d{4}-\d{2}-\d{2})(-preview)?", re.ASCII | re.IGNORECASE)
_DIGITS = 8
_LONGEST_TOLD = 100


class Vectors(Protocol):
    """Makes vectors (`readstone.inference.vectorising.Vectorising`)."""

    def check(self) -> None:
        """Raise Refusal where there is no model for them."""
        ...

    async def image(self, data: bytes, limits: ImageLimits, version: str | None = None) -> Vector:
        """The vector of an encoded image, of the space `version` if one is named, or raise Refusal."""
        ...

    async def text(self, text: str, version: str | None = None) -> Vector:
        """The vector of a text, in the same space."""
        ...


class VectorBody(BaseModel):
    """The body of a 200."""

    model_version: str = Field(serialization_alias="modelVersion")
    vector: list[float]


@dataclass(frozen=True, slots=True)
class Vectorizing:
    """The image intake and who makes vectors."""

    taking: Taking
    vectors: Vectors

    async def image(self, call: Call) -> Vector:
        """The vector of the image of `call`. Raises Refusal."""
        wanted = self._asked(call)
        data = await self.taking.image(call)
        return await call.unless_gone(self.vectors.image(data, self.taking.limits.image, wanted))

    async def text(self, call: Call) -> Vector:
        """The vector of the text of `call`. Raises Refusal."""
        wanted = self._asked(call)
        content_type = call.request.headers.get("content-type", "")
        if content_type.partition(";")[0].strip().lower() != "application/json":
            said = content_type[:_LONGEST_TOLD]
            raise Refusal(Reason.INVALID_REQUEST, f"The provided content type {said} is not supported.")
        text = _text(await self.taking.intake.json(call))
        return await call.unless_gone(self.vectors.text(text, wanted))

    def _asked(self, call: Call) -> str | None:
        """The space that the query names, None where any will do."""
        query = Query(call.request.query_params)
        wanted = _model_version(query, _version(query))
        self.vectors.check()
        return wanted


def vectorize_routes(vectorizing: Vectorizing) -> tuple[Route, ...]:
    """Both operations."""

    async def image(call: Call) -> Response:
        return _answer(await vectorizing.image(call))

    async def text(call: Call) -> Response:
        return _answer(await vectorizing.text(call))

    return (
        Route("POST", "retrieval:vectorizeImage", "ImageRetrieval_VectorizeImage", image, reads=True),
        Route("POST", "retrieval:vectorizeText", "ImageRetrieval_VectorizeText", text, reads=True),
    )


def _answer(vector: Vector) -> Response:
    numbers = [round(number, _DIGITS) for number in vector.numbers]
    body = VectorBody(model_version=vector.version, vector=numbers)
    return Response(body.model_dump_json(by_alias=True), media_type="application/json; charset=utf-8")


def _version(query: Query) -> ApiVersion:
    version = asked_version(query)
    if version.name not in API_VERSIONS:
        message = f"The API version is not supported. Supported are {', '.join(API_VERSIONS)}."
        raise Refusal(Reason.API_VERSION_UNKNOWN, message)
    return version


def _model_version(query: Query, version: ApiVersion) -> str | None:
    """None for `latest` and dates, which are names of Azure's models: there is one model here, and it tells its own
    name. That name may be asked for too, by who wants vectors of no other space.

    Azure's samples for the previews spell the parameter `modelVersion`.
    """
    said = query.text("model-version") or query.text("modelVersion")
    if said is None:
        if version.preview:
            return None
        raise Refusal(Reason.BAD_ARGUMENT, "The query parameter model-version is missing.")
    if _MODEL_VERSION.fullmatch(said):
        return None
    return said


def _text(body: bytes) -> str:
    text = json_object(body).get("text")
    if not isinstance(text, str) or not 1 <= len(text.split()) <= _MOST_WORDS:
        raise Refusal(Reason.BAD_ARGUMENT, f"'text' must have 1 to {_MOST_WORDS} words.")
    return text
