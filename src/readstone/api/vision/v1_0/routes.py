"""Operations under /vision/v1.0."""

from __future__ import annotations

from readstone.api.routing import Surface
from readstone.api.vision import families
from readstone.api.vision.recognize_printed_text import recognize_printed_text
from readstone.api.vision.services import Services
from readstone.api.vision.v1_0 import codec, scene
from readstone.errors import Envelope
from readstone.intake import limits

RECOGNIZE_TEXT = families.recognize_text_v1_0()
FAMILIES = (RECOGNIZE_TEXT,)


def surface(services: Services) -> Surface:
    """Everything v1.0 serves."""
    return Surface(
        "v1.0",
        "/vision/v1.0",
        Envelope.FLAT,
        (
            recognize_printed_text(
                services.intake, services.reading, services.limits(limits.OCR_V1_0), codec.encode_ocr
            ),
            *services.scene(scene.SCENE),
            *services.text(RECOGNIZE_TEXT),
        ),
    )
