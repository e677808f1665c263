"""What a caller of a text operation asked for, as it is kept beside the operation until it is read."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextOptions:
    """`language`: a code, None to detect. `natural_order`: columns one after the other instead of rows.

    `model_version`: the date to answer with, empty where the version has none.
    """

    language: str | None = None
    natural_order: bool = False
    model_version: str = ""

    def packed(self) -> bytes:
        """As bytes for the store."""
        members = {
            "language": self.language,
            "natural_order": self.natural_order,
            "model_version": self.model_version,
        }
        return json.dumps(members).encode()

    @staticmethod
    def unpacked(data: bytes) -> TextOptions:
        """What `packed` made; members of later releases are ignored."""
        known = json.loads(data)
        return TextOptions(
            language=known.get("language"),
            natural_order=bool(known.get("natural_order")),
            model_version=str(known.get("model_version", "")),
        )
