"""What v3.2 tells of a scene: tags in many languages, and the model's version."""

from __future__ import annotations

from dataclasses import replace

from readstone.api.vision import languages
from readstone.api.vision.v3_1 import scene as v3_1

MODEL_VERSIONS = ("2021-04-01", "2021-05-01")
"""Dates that the synchronous routes of v3.2 know (contract 4.1); `latest` is the last."""

SCENE = replace(v3_1.SCENE, tag_languages=languages.TAGS_V3_2, model_versions=MODEL_VERSIONS)
