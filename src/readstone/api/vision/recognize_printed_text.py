"""`POST /ocr`, operation RecognizePrintedText: the same steps in every version (contract 4.1, 4.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from starlette.responses import Response

from readstone.api.call import Call
from readstone.api.query import Query
from readstone.api.routing import Route
from readstone.api.vision import languages
from readstone.api.vision.intake import ImageIntake
from readstone.api.vision.model_version import concrete_model_version
from readstone.domain.options import ReadOptions
from readstone.domain.refusals import Reason, Refusal
from readstone.domain.text import Page
from readstone.intake.decode import ImageLimits
from readstone.intake.limits import InputLimits

Encode = Callable[[Page, str, str], bytes]
"""A codec: page, language to name in the answer, concrete model version -> JSON body."""


class Reads(Protocol):
    """Reads an encoded image (`readstone.inference.reading.Reading`)."""

    async def read(self, data: bytes, limits: ImageLimits, options: ReadOptions) -> Page:
        """Return its text, or raise Refusal."""
        ...


def recognize_printed_text(
    intake: ImageIntake,
    reading: Reads,
    limits: InputLimits,
    encode: Encode,
    model_versions: tuple[str, ...] = (),
) -> Route:
    """The route of one version; `model_versions` are those it knows, oldest first, none before v3.2."""

    async def handle(call: Call) -> Response:
        query = Query(call.request.query_params)
        language = query.choice(
            "language",
            languages.OCR,
            languages.UNKNOWN,
            Refusal(Reason.LANGUAGE_NOT_SUPPORTED, "The input language is not supported."),
        )
        detect_orientation = query.boolean("detectOrientation", default=True)
        model_version = concrete_model_version(query, model_versions)
        data = await intake.image_bytes(call, limits.max_bytes)
        asked = None if language == languages.UNKNOWN else language
        page = await call.unless_gone(
            reading.read(data, limits.image, ReadOptions(asked, detect_orientation=detect_orientation))
        )
        body = encode(page, asked or page.language or languages.UNKNOWN, model_version)
        return Response(body, media_type="application/json; charset=utf-8")

    return Route("POST", "ocr", "RecognizePrintedText", handle, reads=True)
