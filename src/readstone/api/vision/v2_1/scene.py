"""What v2.1 tells of a scene: gore came with it, and `descriptionExclude`."""

from __future__ import annotations

from dataclasses import replace

from readstone.api.vision.scene.codec import SceneCodec
from readstone.api.vision.v2_0 import scene as v2_0

SCENE = replace(v2_0.SCENE, codec=SceneCodec(gory=True), excludes=True)
