"""The codecs by version name, for those who have a page and no request: the command line."""

from __future__ import annotations

from collections.abc import Mapping

from readstone.api.vision import languages
from readstone.api.vision.recognize_printed_text import Encode
from readstone.api.vision.scene.version import SceneVersion
from readstone.api.vision.text_codec import TextCodec
from readstone.api.vision.v1_0 import codec as v1_0
from readstone.api.vision.v1_0 import scene as v1_0_scene
from readstone.api.vision.v1_0.text_codec import RECOGNIZE_TEXT
from readstone.api.vision.v2_0 import codec as v2_0
from readstone.api.vision.v2_0 import scene as v2_0_scene
from readstone.api.vision.v2_0.text_codec import BATCH_READ
from readstone.api.vision.v2_1 import codec as v2_1
from readstone.api.vision.v2_1 import scene as v2_1_scene
from readstone.api.vision.v3_0 import codec as v3_0
from readstone.api.vision.v3_0 import scene as v3_0_scene
from readstone.api.vision.v3_0 import text_codec as v3_0_text
from readstone.api.vision.v3_1 import codec as v3_1
from readstone.api.vision.v3_1 import scene as v3_1_scene
from readstone.api.vision.v3_1 import text_codec as v3_1_text
from readstone.api.vision.v3_2 import codec as v3_2
from readstone.api.vision.v3_2 import scene as v3_2_scene
from readstone.api.vision.v3_2 import text_codec as v3_2_text
from readstone.domain.text import Page

OCR_CODECS: Mapping[str, Encode] = {
    "v1.0": v1_0.encode_ocr,
    "v2.0": v2_0.encode_ocr,
    "v2.1": v2_1.encode_ocr,
    "v3.0": v3_0.encode_ocr,
    "v3.1": v3_1.encode_ocr,
    "v3.2": v3_2.encode_ocr,
}

READ_CODECS: Mapping[str, TextCodec] = {
    "v1.0": RECOGNIZE_TEXT,
    "v2.0": BATCH_READ,
    "v2.1": BATCH_READ,
    "v3.0": v3_0_text.READ,
    "v3.1": v3_1_text.READ,
    "v3.2": v3_2_text.READ,
}

SCENE_VERSIONS: Mapping[str, SceneVersion] = {
    "v1.0": v1_0_scene.SCENE,
    "v2.0": v2_0_scene.SCENE,
    "v2.1": v2_1_scene.SCENE,
    "v3.0": v3_0_scene.SCENE,
    "v3.1": v3_1_scene.SCENE,
    "v3.2": v3_2_scene.SCENE,
}


def encode_for(version: str, page: Page, asked_language: str | None) -> bytes:
    """The body that /ocr of `version` would answer with."""
    language = asked_language or page.language or languages.UNKNOWN
    return OCR_CODECS[version](page, language, v3_2_scene.MODEL_VERSIONS[-1])
