"""What v3.1 tells of a scene: nothing changed since v3.0."""

from readstone.api.vision.v3_0.scene import SCENE

__all__ = ["SCENE"]
