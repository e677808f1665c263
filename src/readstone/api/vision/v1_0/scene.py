"""What v1.0 tells of a scene."""

from __future__ import annotations

from readstone.api.vision.scene.codec import SceneCodec
from readstone.api.vision.scene.version import SceneVersion
from readstone.domain.scene import Feature

SCENE = SceneVersion(
    features={
        "ImageType": Feature.IMAGE_TYPE,
        "Faces": Feature.FACES,
        "Adult": Feature.ADULT,
        "Categories": Feature.CATEGORIES,
        "Color": Feature.COLOURS,
        "Tags": Feature.TAGS,
        "Description": Feature.DESCRIPTION,
    },
    codec=SceneCodec(),
)
