"""Documents of the text routes: images, PDF and TIFF, judged at the door and drawn page by page.

`inspect` and `render` are what a request wants. Strangers' files go through `DecoderPool.inspect` and
`DecoderPool.page` only, which run these in a process that may die.

Refusals (contract 6.6): bytes of no known format are IMAGE_FORMAT, a known one that the route does not
take is UNSUPPORTED_IMAGE_FORMAT, one that it takes and that cannot be read is INVALID_IMAGE.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from readstone.domain.document import Sheet, Unit
from readstone.domain.picture import Picture
from readstone.domain.refusals import Reason, Refusal
from readstone.intake.decode import ImageLimits, Judged, judge, judge_tiff
from readstone.intake.judged_page import (
    DAMAGED,
    NO_SUCH_PAGE,
    DocumentInfo,
    DocumentLimits,
    FileBytes,
    JudgedPage,
    pixels_out_of_range,
)
from readstone.intake.signatures import kind_of, may_be_pdf
from readstone.intake.tiff_pages import TiffPage, as_first_page, tiff_pages
from readstone.intake.upright import Upright

__all__ = ["DocumentInfo", "DocumentLimits", "inspect", "judged_page", "load_what_it_takes", "may_be_pdf", "render"]

_NO_LIMIT = 1 << 62


def inspect(data: FileBytes, limits: DocumentLimits) -> DocumentInfo:
    """What kind of document it is and how many pages it has, from headers alone; no pixel is decoded.

    Raises Refusal: IMAGE_FORMAT, UNSUPPORTED_IMAGE_FORMAT, INVALID_IMAGE, or IMAGE_DIMENSION when no page
    has an allowed size; where only some have not, `DocumentInfo.require` tells.
    """
    kind = kind_of(data, limits.formats)
    if kind == "Pdf":
        from readstone.intake.pdf import inspect_pdf

        return inspect_pdf(data, limits)
    if kind == "Tiff":
        return _inspected_tiff(data, limits)
    _within(_judged_image(data, kind), limits)
    return DocumentInfo(kind, 1)


def render(data: FileBytes, number: int, limits: DocumentLimits) -> tuple[Picture, Sheet]:
    """Page `number`, counted from 1, as upright RGB.

    Raises Refusal as `inspect` does, IMAGE_DIMENSION for this page alone, and PAGE_RANGE when there is no
    such page.
    """
    with judged_page(data, number, limits) as judged:
        with damage_refused():
            found, sheet = judged.draw()
            pixels = np.concatenate(list(found.bands))
        return Picture(pixels, judged.format), sheet


@contextmanager
def judged_page(data: FileBytes, number: int, limits: DocumentLimits) -> Iterator[JudgedPage]:
    """The half of `render` before pixels are drawn; they can be drawn while the context is open."""
    kind = kind_of(data, limits.formats)
    if kind == "Pdf":
        from readstone.intake.pdf import judged_pdf_page

        with judged_pdf_page(data, number, limits) as judged:
            yield judged
        return
    if kind == "Tiff":
        pages = tiff_pages(data)
        if not 1 <= number <= len(pages):
            raise Refusal(Reason.PAGE_RANGE, NO_SUCH_PAGE)
        image = _within(_judged_tiff(data, pages[number - 1]), limits)
    elif number != 1:
        raise Refusal(Reason.PAGE_RANGE, NO_SUCH_PAGE)
    else:
        image = _within(_judged_image(data, kind), limits)
    yield JudgedPage(
        kind, image.width * image.height, image.bytes_needed, image.seconds_needed, lambda: _drawn(image, number)
    )


def load_what_it_takes(data: FileBytes) -> None:
    """Load pdfium if this may be a PDF: 50 ms and 10 MB that are not the file's fault."""
    if may_be_pdf(data):
        import readstone.intake.pdf  # noqa: F401


@contextmanager
def damage_refused() -> Iterator[None]:
    """Whatever a decoder raises over a file of an accepted format is INVALID_IMAGE."""
    try:
        yield
    except Refusal as refusal:
        if refusal.reason is Reason.IMAGE_FORMAT:
            raise Refusal(Reason.INVALID_IMAGE, DAMAGED) from refusal
        raise
    except Exception as fault:  # MemoryError included
        raise Refusal(Reason.INVALID_IMAGE, DAMAGED) from fault


def _inspected_tiff(data: FileBytes, limits: DocumentLimits) -> DocumentInfo:
    pages = tiff_pages(data)
    looked_at = pages[: limits.max_pages]
    unfit = [
        number
        for number, page in enumerate(looked_at, 1)
        if page.width and page.height and pixels_out_of_range(page.width, page.height, limits)
    ]
    if len(unfit) in (0, len(looked_at)):
        # The first page stands for a document of one: judged by all of its header, like any image.
        _within(_judged_tiff(data, pages[0]), limits)
    return DocumentInfo("Tiff", len(pages), tuple(unfit))


def _judged_image(data: FileBytes, kind: str) -> Judged:
    whole = data if isinstance(data, bytes) else data[:]  # one page, so copied once
    with damage_refused():
        return judge(whole, ImageLimits(frozenset({kind}), 1, _NO_LIMIT, _NO_LIMIT))


def _judged_tiff(data: FileBytes, page: TiffPage) -> Judged:
    with damage_refused():
        return judge_tiff(as_first_page(data, page))


def _within(judged: Judged, limits: DocumentLimits) -> Judged:
    refusal = pixels_out_of_range(judged.width, judged.height, limits)
    if refusal:
        raise refusal
    return judged


def _drawn(image: Judged, number: int) -> tuple[Upright, Sheet]:
    found = image.upright()
    return found, Sheet(number, Unit.PIXEL, found.width, found.height, 1.0)
