"""PDF pages through pdfium. Only for the decoder's child processes: pdfium is not thread-safe, and a hostile
file may end the process it is opened in.

Forms are drawn with the values filled in; scripts are not run (this build of pdfium has no engine for them).
Neither attached files nor the text layer are looked at: only what a person would see is read.
pdfium knows no UserUnit: an inch is 72 of the page's units (ISO 32000-1, 8.3.2.3, its default).
"""

from __future__ import annotations

import ctypes
import mmap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from readstone.domain.document import Sheet, Unit
from readstone.domain.picture import RgbPixels
from readstone.domain.refusals import Reason, Refusal
from readstone.intake.judged_page import (
    DAMAGED,
    NO_SUCH_PAGE,
    PROTECTED,
    DocumentInfo,
    DocumentLimits,
    FileBytes,
    JudgedPage,
    allowed_inches,
)
from readstone.intake.pdf_contents import PdfContents, contents_of
from readstone.intake.pdf_resolution import resolution_of
from readstone.intake.upright import Upright

_POINTS = 72
_TOLERANCE = 0.01  # inches: 17 x 17 in other programs' rounding
_MEGABYTE = 1 << 20

# Processor time for drawing one page, and more for each megabyte of the file. Measured: text 0.01 s, a scan
# of 300 dpi 0.1 s, the same as JPEG 2000 1.7 s, one of 600 dpi and 19 MB 6.6 s.
_SECONDS = 2.5
_SECONDS_PER_MEGABYTE = 0.25
# Address space beside the bitmap: fonts and paths; per pixel of an image what its codec holds of it (measured:
# 16 bytes for JPEG 2000, 4 for progressive JPEG). A small file's image may be any size, so there is a limit,
# higher for large files.
_DRAWING_BYTES = 24 * _MEGABYTE
_IMAGE_BYTES_PER_PIXEL = 16.5
_IMAGE_BYTES = 150 * _MEGABYTE
_IMAGE_BYTES_PER_FILE_BYTE = 40

_BAND_ROWS = 64


def inspect_pdf(data: FileBytes, limits: DocumentLimits) -> DocumentInfo:
    """Count the pages and judge the sizes of the first `max_pages`; no page's content is parsed.

    Raises Refusal: INVALID_IMAGE (damaged, no pages, needs a password), IMAGE_DIMENSION when no page looked
    at has an allowed size.
    """
    with _opened(data) as document:
        count = len(document)
        sizes = []
        for index in range(min(count, limits.max_pages)):
            size = _size(document, index)
            if size is None:
                # A count that promises pages which are not there; a hole between pages is damage.
                if _size(document, min(count, limits.max_pages) - 1) is not None:
                    raise Refusal(Reason.INVALID_IMAGE, DAMAGED)
                count = index
                break
            sizes.append(size)
        if not sizes:
            raise Refusal(Reason.INVALID_IMAGE, DAMAGED)
    unfit = [number for number, (width, height) in enumerate(sizes, 1) if not _fits(width, height, limits)]
    if len(unfit) == len(sizes):
        raise _too_large(*sizes[0], limits)
    return DocumentInfo("Pdf", count, tuple(unfit))


@contextmanager
def judged_pdf_page(data: FileBytes, number: int, limits: DocumentLimits) -> Iterator[JudgedPage]:
    """Page `number`, parsed and within the limits; it can be drawn while the context is open.

    Raises Refusal: INVALID_IMAGE, PAGE_RANGE when there is no such page, IMAGE_DIMENSION.
    """
    with _opened(data) as document:
        if not 1 <= number <= len(document):
            raise Refusal(Reason.PAGE_RANGE, NO_SUCH_PAGE)
        size = _size(document, number - 1)
        if size is None:
            raise Refusal(Reason.INVALID_IMAGE, DAMAGED)
        if not _fits(*size, limits):
            raise _too_large(*size, limits)
        document.init_forms()
        try:
            page = document[number - 1]
        except pypdfium2.PdfiumError as fault:
            raise Refusal(Reason.INVALID_IMAGE, DAMAGED) from fault
        width, height = size
        contents = contents_of(page.raw, width * _POINTS, height * _POINTS)
        per_inch = _whole_longer_side(resolution_of(width, height, contents, limits.min_side), width, height)
        wide, high = max(round(width * per_inch), 1), max(round(height * per_inch), 1)
        seconds = _SECONDS + _SECONDS_PER_MEGABYTE * len(data) / _MEGABYTE
        sheet = Sheet(number, Unit.INCH, width, height, 1 / per_inch)
        try:
            yield JudgedPage(
                "Pdf",
                wide * high,
                wide * high * 3 + _DRAWING_BYTES + _image_bytes(contents, len(data)),
                seconds,
                lambda: (_drawn(document, page, wide, high, seconds), sheet),
            )
        finally:
            page.close()


@contextmanager
def _opened(data: FileBytes) -> Iterator[Any]:
    # pdfium reads where the file lies, mapped or not; nothing is copied.
    held: Any = data
    if isinstance(data, mmap.mmap):
        held = (ctypes.c_char * len(data)).from_buffer(data)
    try:
        document = pypdfium2.PdfDocument(held)
    except pypdfium2.PdfiumError as fault:
        closed = fault.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY)
        raise Refusal(Reason.INVALID_IMAGE, PROTECTED if closed else DAMAGED) from fault
    try:
        yield document
    finally:
        document.close()


def _size(document: Any, index: int) -> tuple[float, float] | None:
    """Inches of a page as shown, its crop box turned as it says; None when there is no such page."""
    size = pdfium.FS_SIZEF()
    if not pdfium.FPDF_GetPageSizeByIndexF(document, index, size) or not (size.width > 0 and size.height > 0):
        return None
    return size.width / _POINTS, size.height / _POINTS


def _fits(width: float, height: float, limits: DocumentLimits) -> bool:
    return max(width, height) <= limits.max_inches + _TOLERANCE


def _too_large(width: float, height: float, limits: DocumentLimits) -> Refusal:
    found = f"Page size ({width:.4g} x {height:.4g} inches) is out of range."
    return Refusal(Reason.IMAGE_DIMENSION, f"{found} {allowed_inches(limits)}")


def _whole_longer_side(per_inch: float, width: float, height: float) -> float:
    """The resolution nearest to `per_inch` at which the longer side is a whole number of pixels."""
    longer = max(width, height)
    return max(round(longer * per_inch), 1) / longer


def _image_bytes(contents: PdfContents, file_bytes: int) -> int:
    """Images are decoded one after the other, so the largest counts."""
    pixels = max((image.width * image.height for image in contents.images), default=0)
    return int(min(pixels * _IMAGE_BYTES_PER_PIXEL, max(_IMAGE_BYTES, file_bytes * _IMAGE_BYTES_PER_FILE_BYTE)))


def _drawn(document: Any, page: Any, width: int, height: int, seconds: float) -> Upright:
    """The page's pixels. Raises Refusal(INVALID_IMAGE) when it takes too long, MemoryError."""
    line = (width * 3 + 3) // 4 * 4  # pdfium wants lines of whole words
    canvas = np.full((height, line), 255, np.uint8)
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_BGR, canvas.ctypes.data, line)
    if not bitmap:
        raise MemoryError
    # Without the last the decoded images of a page stay in memory until the page is closed.
    flags = pdfium.FPDF_ANNOT | pdfium.FPDF_REVERSE_BYTE_ORDER | pdfium.FPDF_RENDER_LIMITEDIMAGECACHE
    place = (0, 0, width, height, 0, flags)
    try:
        _draw_in_time(bitmap, page.raw, place, seconds)
        if document.formenv:
            pdfium.FPDF_FFLDraw(document.formenv, bitmap, page.raw, *place)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    return Upright(width, height, _bands(canvas, width))


def _draw_in_time(bitmap: Any, page: Any, place: tuple[int, ...], seconds: float) -> None:
    until = time.process_time() + seconds
    pause = pdfium.IFSDK_PAUSE(version=1)
    # An exception here would be lost, so the answer is to pause, and the loop below raises.
    pause.NeedToPauseNow = type(pause.NeedToPauseNow)(lambda _: time.process_time() > until)
    try:
        state = pdfium.FPDF_RenderPageBitmap_Start(bitmap, page, *place, pause)
        while state == pdfium.FPDF_RENDER_TOBECONTINUED:
            if time.process_time() > until:
                raise Refusal(Reason.INVALID_IMAGE, DAMAGED)
            state = pdfium.FPDF_RenderPage_Continue(page, pause)
    finally:
        pdfium.FPDF_RenderPage_Close(page)
    if state != pdfium.FPDF_RENDER_DONE:
        raise Refusal(Reason.INVALID_IMAGE, DAMAGED)


def _bands(canvas: NDArray[np.uint8], width: int) -> Iterator[RgbPixels]:
    for top in range(0, len(canvas), _BAND_ROWS):
        yield canvas[top : top + _BAND_ROWS, : width * 3].reshape(-1, width, 3)
