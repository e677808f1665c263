"""Operations under /vision/v3.2."""

from __future__ import annotations

from readstone.api.routing import Surface
from readstone.api.vision import families, languages, text_parameters
from readstone.api.vision.recognize_printed_text import recognize_printed_text
from readstone.api.vision.services import Services
from readstone.api.vision.text_operations import PageSyntax
from readstone.api.vision.v3_2 import codec, scene, text_codec
from readstone.errors import Envelope
from readstone.intake import limits, text_limits

READ = families.read(
    "v3.2",
    text_codec.READ,
    languages.READ_V3_2,
    pages=PageSyntax.COMMAS,
    ordered=True,
    models=text_parameters.READ_MODELS,
    limits=text_limits.READ_V3_2,
)
FAMILIES = (READ,)


def surface(services: Services) -> Surface:
    """Everything v3.2 serves.

    `read/syncAnalyze` is the container's own, synchronous; `read/operations` is where its installation page polls.
    """
    return Surface(
        "v3.2",
        "/vision/v3.2",
        Envelope.NESTED,
        (
            recognize_printed_text(
                services.intake,
                services.reading,
                services.limits(limits.OCR_V2_0),
                codec.encode_ocr,
                scene.MODEL_VERSIONS,
            ),
            *services.scene(scene.SCENE),
            *services.text(READ),
            services.text_now(READ, "read/syncAnalyze", "ReadNow"),
            services.text_results(READ, "read/operations", "GetReadOperationResult"),
        ),
    )
