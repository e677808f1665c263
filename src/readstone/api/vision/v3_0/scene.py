"""What v3.0 tells of a scene: nothing changed since v2.1."""

from readstone.api.vision.v2_1.scene import SCENE

__all__ = ["SCENE"]
