"""Operations under /vision/v2.0."""

from __future__ import annotations

from readstone.api.routing import Surface
from readstone.api.vision import families
from readstone.api.vision.recognize_printed_text import recognize_printed_text
from readstone.api.vision.services import Services
from readstone.api.vision.v2_0 import codec, scene
from readstone.errors import Envelope
from readstone.intake import limits

RECOGNIZE_TEXT = families.recognize_text_v2("v2.0")
BATCH_READ = families.batch_read("v2.0")
FAMILIES = (RECOGNIZE_TEXT, BATCH_READ)


def surface(services: Services) -> Surface:
    """Everything v2.0 serves; `read/core/Analyze` is the container's own, synchronous."""
    return Surface(
        "v2.0",
        "/vision/v2.0",
        Envelope.FLAT,
        (
            recognize_printed_text(
                services.intake, services.reading, services.limits(limits.OCR_V2_0), codec.encode_ocr
            ),
            *services.scene(scene.SCENE),
            *services.text(RECOGNIZE_TEXT),
            *services.text(BATCH_READ),
            services.text_now(BATCH_READ, "read/core/Analyze", "ReadNow"),
        ),
    )
