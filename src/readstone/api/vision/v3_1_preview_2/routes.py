"""Operations under /vision/v3.1-preview.2."""

from __future__ import annotations

from readstone.api.routing import Surface
from readstone.api.vision import families, languages
from readstone.api.vision.services import Services
from readstone.api.vision.text_operations import PageSyntax
from readstone.api.vision.v3_1 import text_codec
from readstone.errors import Envelope

READ = families.read(
    "v3.1-preview.2",
    text_codec.READ_PREVIEW_2,
    languages.READ_V3_0,
    pages=PageSyntax.COMMAS_OR_SPACES,
)
FAMILIES = (READ,)


def surface(services: Services) -> Surface:
    """Everything v3.1-preview.2 serves."""
    return Surface("v3.1-preview.2", "/vision/v3.1-preview.2", Envelope.FLAT, services.text(READ))
