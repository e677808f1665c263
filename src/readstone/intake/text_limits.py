"""How much of what a text route accepts: one table per API version (contract section 8)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from readstone.intake.document import DocumentLimits
from readstone.intake.limits import MEGABYTE


@dataclass(frozen=True, slots=True)
class TextLimits:
    """Bytes on the wire or fetched, and what the document inside may be."""

    max_bytes: int
    document: DocumentLimits

    def overridden(self, max_bytes: int | None, max_side: int | None, max_pages: int | None) -> TextLimits:
        """With the operator's own caps where given."""
        document = self.document
        if max_side is not None:
            pixels = max(document.max_pixels, max_side * max_side)
            document = replace(document, max_side=max_side, max_pixels=pixels)
        if max_pages is not None:
            document = replace(document, max_pages=max_pages)
        return TextLimits(max_bytes or self.max_bytes, document)


_TEXT_FORMATS = frozenset({"Jpeg", "Png", "Bmp"})
_DOCUMENT_FORMATS = _TEXT_FORMATS | {"Pdf", "Tiff"}
_PDF_INCHES = 17.0
_READ_PIXELS = 10_000 * 10_000
"""10,000 x 10,000 is what the contract takes; the decoder's memory limit allows for it."""

RECOGNIZE_TEXT_V1_0 = TextLimits(4 * MEGABYTE, DocumentLimits(_TEXT_FORMATS, 40, 3200, 3200 * 3200, _PDF_INCHES, 1))
RECOGNIZE_TEXT_V2_0 = TextLimits(4 * MEGABYTE, DocumentLimits(_TEXT_FORMATS, 50, 4200, 4200 * 4200, _PDF_INCHES, 1))
BATCH_READ_V2_0 = TextLimits(
    20 * MEGABYTE, DocumentLimits(_DOCUMENT_FORMATS, 50, 10_000, _READ_PIXELS, _PDF_INCHES, 200)
)
READ_V3_0 = TextLimits(50 * MEGABYTE, DocumentLimits(_DOCUMENT_FORMATS, 50, 10_000, _READ_PIXELS, _PDF_INCHES, 2000))
READ_V3_2 = TextLimits(500 * MEGABYTE, DocumentLimits(_DOCUMENT_FORMATS, 50, 10_000, _READ_PIXELS, _PDF_INCHES, 2000))
