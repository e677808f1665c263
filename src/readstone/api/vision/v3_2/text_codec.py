"""Read of v3.2: with the model's version and a line's style, without the language unless it was asked for."""

from __future__ import annotations

from typing import Any

from readstone.api.vision.v3_0.text_codec import ReadShape, read_codec
from readstone.domain.text import Appearance


def _style(appearance: Appearance) -> dict[str, Any]:
    name = "handwriting" if appearance.handwriting else "other"
    return {"style": {"name": name, "confidence": round(appearance.confidence, 3)}}


READ = read_codec(ReadShape("3.2.0", page_language=False, appearance=_style, model_version=True))
READ_PREVIEW = read_codec(ReadShape("3.2.0", appearance=_style))
