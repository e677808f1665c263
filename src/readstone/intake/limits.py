"""How much of what a route accepts: one table per API version (contract section 8)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from readstone.intake.decode import ImageLimits

MEGABYTE = 1024 * 1024

_OLD_FORMATS = frozenset({"Jpeg", "Png", "Gif", "Bmp"})


@dataclass(frozen=True, slots=True)
class InputLimits:
    """Bytes on the wire or fetched, and what the image inside may be."""

    max_bytes: int
    image: ImageLimits

    def overridden(self, max_bytes: int | None, max_side: int | None) -> InputLimits:
        """With the operator's own caps where given."""
        image = self.image
        if max_side is not None:
            image = replace(image, max_side=max_side, max_pixels=max(image.max_pixels, max_side * max_side))
        return InputLimits(max_bytes or self.max_bytes, image)


OCR_V1_0 = InputLimits(4 * MEGABYTE, ImageLimits(_OLD_FORMATS, 40, 3200, 10_000_000))
OCR_V2_0 = InputLimits(4 * MEGABYTE, ImageLimits(_OLD_FORMATS, 50, 4200, 4200 * 4200))
