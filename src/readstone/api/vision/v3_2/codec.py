"""Wire shapes of v3.2: those of before, with the model's version."""

from __future__ import annotations

from pydantic import Field

from readstone.api.vision.v1_0.codec import OcrResult, ocr_result
from readstone.domain.text import Page


class OcrResultWithModel(OcrResult):
    """Body of RecognizePrintedText in v3.2."""

    model_version: str = Field(serialization_alias="modelVersion")


def encode_ocr(page: Page, language: str, model_version: str) -> bytes:
    """`page` as OcrResultWithModel."""
    result = OcrResultWithModel(**dict(ocr_result(page, language)), model_version=model_version)
    return result.model_dump_json(by_alias=True).encode()
