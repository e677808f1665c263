"""What v2.0 tells of a scene: objects and brands came with it, and two operations."""

from __future__ import annotations

from dataclasses import replace

from readstone.api.vision.v1_0 import scene as v1_0
from readstone.domain.scene import Feature

SCENE = replace(
    v1_0.SCENE,
    features={**v1_0.SCENE.features, "Objects": Feature.OBJECTS, "Brands": Feature.BRANDS},
    locates=True,
)
