"""What the parts of document intake share: limits, what is known of a document, a page judged but not drawn."""

from __future__ import annotations

import mmap
from collections.abc import Callable
from dataclasses import dataclass

from readstone.domain.document import Sheet
from readstone.domain.refusals import Reason, Refusal
from readstone.intake.upright import Upright

DAMAGED = "Input data is damaged, incomplete or too complex."
PROTECTED = "Input data is password protected."
NO_SUCH_PAGE = "The page range names a page that does not exist."

DRAWN_LONGEST = 4200
"""Pixels of a drawn PDF page's longer side, at most; its bitmap is 53 MB then."""

FileBytes = bytes | mmap.mmap
"""A whole file: received, or mapped copy-on-write (`mmap.ACCESS_COPY`)."""


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """What a text route accepts (contract section 8); all numbers inclusive."""

    formats: frozenset[str]
    """Containers, in the contract's spelling: Jpeg Png Bmp Tiff Pdf."""
    min_side: int
    """Pixels of an image page, both axes."""
    max_side: int
    """Pixels of an image page, both axes."""
    max_pixels: int
    """Width times height of an image page."""
    max_inches: float
    """Either side of a PDF page."""
    max_pages: int
    """Pages beyond are silently not processed."""


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """What is known of a document before a page is read.

    `page_count`: all pages it has (of a TIFF at most `tiff_pages.MOST_PAGES` are counted). `unfit`: numbers
    of those among its first `max_pages` pages whose size is out of range; `render` refuses them.
    """

    format: str
    page_count: int
    unfit: tuple[int, ...] = ()

    def require(self, numbers: tuple[int, ...], limits: DocumentLimits) -> None:
        """Raise Refusal(IMAGE_DIMENSION) when one of the pages `numbers` is known to be out of range."""
        for number in sorted(set(self.unfit).intersection(numbers)):
            allowed = allowed_inches(limits) if self.format == "Pdf" else allowed_pixels(limits)
            raise Refusal(Reason.IMAGE_DIMENSION, f"The size of page {number} is out of range. {allowed}")


@dataclass(frozen=True, slots=True)
class JudgedPage:
    """A page whose size is within the limits; its pixels are not drawn yet.

    `pixels`: how many there will be. `bytes_needed`, `seconds_needed`: the most address space and processor
    time that drawing an honest page of this kind takes. `draw` gives the pixels on their way; it raises
    whatever its decoder raises.
    """

    format: str
    pixels: int
    bytes_needed: int
    seconds_needed: float
    draw: Callable[[], tuple[Upright, Sheet]]


def allowed_inches(limits: DocumentLimits) -> str:
    """The sentence that says how large a PDF page may be."""
    return f"PDF pages should be at most {limits.max_inches:g} x {limits.max_inches:g} inches."


def allowed_pixels(limits: DocumentLimits) -> str:
    """The sentence that says how large an image page may be (contract 6.4, recorded from the live service)."""
    low, high = limits.min_side, limits.max_side
    return f"Image dimensions should be in the range of {low} x {low} and {high} x {high}."


def pixels_out_of_range(width: int, height: int, limits: DocumentLimits) -> Refusal | None:
    """The refusal of an image page of that many pixels, if it is one."""
    if (
        min(width, height) >= limits.min_side
        and max(width, height) <= limits.max_side
        and width * height <= limits.max_pixels
    ):
        return None
    return Refusal(
        Reason.IMAGE_DIMENSION, f"Image dimension ({width}*{height}) is out of range. {allowed_pixels(limits)}"
    )
