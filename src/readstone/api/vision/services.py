"""What the routes of /vision are built from."""

from __future__ import annotations

from dataclasses import dataclass

from readstone.api.vision.intake import ImageIntake
from readstone.api.vision.recognize_printed_text import Reads
from readstone.intake.limits import InputLimits


@dataclass(frozen=True, slots=True)
class Services:
    """The image intake, the reader, and the operator's own caps (None: the contract's)."""

    intake: ImageIntake
    reading: Reads
    max_image_bytes: int | None = None
    max_image_side: int | None = None

    def limits(self, contract: InputLimits) -> InputLimits:
        """A route's limits after the operator's caps."""
        return contract.overridden(self.max_image_bytes, self.max_image_side)
