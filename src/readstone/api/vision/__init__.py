"""/vision/v1.0 to v3.2 and their previews: one folder of routes.py and codecs a version, one line each below."""

from __future__ import annotations

from readstone.api.routing import Surface
from readstone.api.vision.services import Caps, Services
from readstone.api.vision.text_operations import Family
from readstone.api.vision.v1_0 import routes as v1_0
from readstone.api.vision.v2_0 import routes as v2_0
from readstone.api.vision.v2_1 import routes as v2_1
from readstone.api.vision.v3_0 import routes as v3_0
from readstone.api.vision.v3_0_preview import routes as v3_0_preview
from readstone.api.vision.v3_1 import routes as v3_1
from readstone.api.vision.v3_1_preview_2 import routes as v3_1_preview_2
from readstone.api.vision.v3_2 import routes as v3_2
from readstone.api.vision.v3_2_preview import routes as v3_2_preview


def surfaces(services: Services) -> tuple[Surface, ...]:
    """Every version of /vision, oldest first."""
    return (
        v1_0.surface(services),
        v2_0.surface(services),
        v2_1.surface(services),
        v3_0_preview.surface(services),
        v3_0.surface(services),
        v3_1_preview_2.surface(services),
        v3_1.surface(services),
        *v3_2_preview.surfaces(services),
        v3_2.surface(services),
    )


def text_families(caps: Caps) -> dict[tuple[str, str], Family]:
    """The text operations of every version by surface and kind: who reads their pages needs no route."""
    versions = (v1_0, v2_0, v2_1, v3_0_preview, v3_0, v3_1_preview_2, v3_1, v3_2_preview, v3_2)
    return {(family.surface, family.kind): caps.capped(family) for version in versions for family in version.FAMILIES}
