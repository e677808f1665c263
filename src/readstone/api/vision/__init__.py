"""/vision/v1.0 to v3.2: one folder of routes.py and codec.py a version, one line each below."""

from __future__ import annotations

from readstone.api.routing import Surface
from readstone.api.vision.services import Services
from readstone.api.vision.v1_0 import routes as v1_0
from readstone.api.vision.v2_0 import routes as v2_0
from readstone.api.vision.v2_1 import routes as v2_1
from readstone.api.vision.v3_0 import routes as v3_0
from readstone.api.vision.v3_1 import routes as v3_1
from readstone.api.vision.v3_2 import routes as v3_2


def surfaces(services: Services) -> tuple[Surface, ...]:
    """Every version of /vision, oldest first."""
    versions = (v1_0, v2_0, v2_1, v3_0, v3_1, v3_2)
    return tuple(version.surface(services) for version in versions)
