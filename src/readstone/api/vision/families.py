"""The text operations by what they share between versions; each version's routes.py picks its own."""

from __future__ import annotations

from readstone.api.vision import text_parameters as parameters
from readstone.api.vision.text_codec import TextCodec
from readstone.api.vision.text_operations import Family, PageSyntax
from readstone.api.vision.v1_0.text_codec import RECOGNIZE_TEXT
from readstone.api.vision.v2_0.text_codec import BATCH_READ
from readstone.intake import text_limits


def recognize_text_v1_0() -> Family:
    """recognizeText of v1.0."""
    return Family(
        "v1.0",
        "recognizeText",
        ("recognizeText", "RecognizeText"),
        ("textOperations", "GetTextOperationResult"),
        text_limits.RECOGNIZE_TEXT_V1_0,
        RECOGNIZE_TEXT,
        parameters.recognize_text_v1_0,
        single_page=True,
    )


def recognize_text_v2(surface: str) -> Family:
    """recognizeText of v2.0 and v2.1."""
    return Family(
        surface,
        "recognizeText",
        ("recognizeText", "RecognizeText"),
        ("textOperations", "GetTextOperationResult"),
        text_limits.RECOGNIZE_TEXT_V2_0,
        RECOGNIZE_TEXT,
        parameters.recognize_text_v2,
        single_page=True,
    )


def batch_read(surface: str) -> Family:
    """Batch Read of v2.0 and v2.1."""
    return Family(
        surface,
        "batchRead",
        ("read/core/asyncBatchAnalyze", "BatchReadFile"),
        ("read/operations", "GetReadOperationResult"),
        text_limits.BATCH_READ_V2_0,
        BATCH_READ,
        parameters.batch_read,
    )


def read(
    surface: str,
    codec: TextCodec,
    languages: frozenset[str],
    *,
    pages: PageSyntax = PageSyntax.NONE,
    ordered: bool = False,
    models: tuple[str, ...] = (),
    limits: text_limits.TextLimits = text_limits.READ_V3_0,
) -> Family:
    """Read of v3.x."""
    return Family(
        surface,
        "read",
        ("read/analyze", "Read"),
        ("read/analyzeResults", "GetReadResult"),
        limits,
        codec,
        parameters.read(languages, ordered=ordered, models=models),
        pages=pages,
        id_is_request_id=True,
    )
