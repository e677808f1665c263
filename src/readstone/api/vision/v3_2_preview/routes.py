"""Operations under /vision/v3.2-preview and /vision/v3.2-preview.2, the name that clients also use (contract 1)."""

from __future__ import annotations

from readstone.api.routing import Surface
from readstone.api.vision import families, languages
from readstone.api.vision.services import Services
from readstone.api.vision.text_operations import PageSyntax
from readstone.api.vision.v3_2 import text_codec
from readstone.errors import Envelope

FAMILIES = tuple(
    families.read(name, text_codec.READ_PREVIEW, languages.READ_V3_0, pages=PageSyntax.COMMAS_OR_SPACES)
    for name in ("v3.2-preview", "v3.2-preview.2")
)


def surfaces(services: Services) -> tuple[Surface, ...]:
    """Everything both names serve; an operation belongs to the name it was made under."""
    return tuple(
        Surface(family.surface, f"/vision/{family.surface}", Envelope.FLAT, services.text(family))
        for family in FAMILIES
    )
