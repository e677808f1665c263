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

ANALYSIS = InputLimits(
    20 * MEGABYTE,
    ImageLimits(_OLD_FORMATS | {"Webp", "Ico", "Tiff", "Mpo"}, 50, 15_999, 10_000 * 10_000),
)
"""Image Analysis 4.0."""

RETRIEVAL = InputLimits(ANALYSIS.max_bytes, replace(ANALYSIS.image, min_side=10))
"""Image Analysis 4.0's vectors."""

SCENE = InputLimits(4 * MEGABYTE, ImageLimits(_OLD_FORMATS, 50, 15_999, 10_000 * 10_000))
"""Every version (contract 8). The documentation says "below 16,000" for v3.2 and nothing for the others; how many
pixels that may be together is ours, and as much as the decoder's memory limit allows for."""
