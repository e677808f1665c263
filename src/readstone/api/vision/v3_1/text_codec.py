"""Read of v3.1, and of its preview, which told a line's style in a shape of its own."""

from __future__ import annotations

from typing import Any

from readstone.api.vision.v3_0.text_codec import ReadShape, read_codec
from readstone.domain.text import Appearance


def _style(appearance: Appearance) -> dict[str, Any]:
    style = "handwriting" if appearance.handwriting else "print"
    return {"style": style, "styleConfidence": round(appearance.confidence, 3)}


READ = read_codec(ReadShape("3.1.0"))
READ_PREVIEW_2 = read_codec(ReadShape("3.1.0", appearance=_style))
