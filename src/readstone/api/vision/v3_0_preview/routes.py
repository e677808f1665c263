"""Operations under /vision/v3.0-preview."""

from __future__ import annotations

from readstone.api.routing import Surface
from readstone.api.vision import families, languages
from readstone.api.vision.recognize_printed_text import recognize_printed_text
from readstone.api.vision.services import Services
from readstone.api.vision.v3_0 import codec, scene, text_codec
from readstone.errors import Envelope
from readstone.intake import limits

READ = families.read("v3.0-preview", text_codec.READ_PREVIEW, languages.READ_V3_0_PREVIEW)
FAMILIES = (READ,)


def surface(services: Services) -> Surface:
    """Everything v3.0-preview serves."""
    return Surface(
        "v3.0-preview",
        "/vision/v3.0-preview",
        Envelope.FLAT,
        (
            recognize_printed_text(
                services.intake, services.reading, services.limits(limits.OCR_V2_0), codec.encode_ocr
            ),
            *services.scene(scene.SCENE),
            *services.text(READ),
        ),
    )
