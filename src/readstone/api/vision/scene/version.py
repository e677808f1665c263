"""How the versions of the API differ in these operations; each version's folder has its own `SCENE`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from readstone.api.vision import languages
from readstone.api.vision.scene.codec import SceneCodec
from readstone.domain.scene import Feature


@dataclass(frozen=True, slots=True)
class SceneVersion:
    """One version (contract 4, 4.1).

    `features`: what `visualFeatures` may name. `tag_languages`: codes for what has no sentence, category or name of
    a person or place in its answer. `excludes`: whether there is `descriptionExclude`. `locates`: whether there are
    detect and areaOfInterest. `model_versions`: dates of `model-version`, oldest first, none before v3.2.
    """

    features: Mapping[str, Feature]
    codec: SceneCodec
    tag_languages: frozenset[str] = languages.SCENE
    excludes: bool = False
    locates: bool = False
    model_versions: tuple[str, ...] = ()
