"""How finely a PDF page is drawn.

Measured with the built-in reader, 40 lines a page, share of wrong characters:

| text     | 100 dpi | 150 dpi | 200 dpi | 250 dpi | 333 dpi | 400 dpi |
|----------|---------|---------|---------|---------|---------|---------|
| 3 point  |         | 1       | 0.083   | 0.032   | 0.022   | 0.020   |
| 4 point  |         | 0.0039  | 0.0009  | 0.0005  | 0.0001  |         |
| 5 point  | 0.018   | 0.0001  | 0       | 0       |         | 0       |
| 6 point  | 0.0026  | 0       | 0       | 0       |         | 0       |
| 8 to 12  | 0       | 0       | 0       | 0       |         | 0       |

Drawing a page of text took 7, 15 and 50 ms at 200, 300 and 400 dpi, reading it the same time at each. So
200 dpi it is, and finer only where letters are smaller than was measured or the page is a scan that holds
more than that.
"""

from __future__ import annotations

from readstone.intake.judged_page import DRAWN_LONGEST
from readstone.intake.pdf_contents import PdfContents

_PLAIN = 200.0
_SMALLEST_AT_PLAIN = 5.0  # points
_FINEST = 400.0
_SCAN_FINEST = 300.0  # office scanners' common setting; 600 is for printing
_SCAN_COARSEST = 72.0
_SHORTEST = 640
"""Pixels of the longer side of a small page, at least: labels and cards; the reader enlarges to it anyway."""


def resolution_of(width: float, height: float, contents: PdfContents, min_side: int) -> float:
    """Pixels an inch for a page of `width` x `height` inches, both positive.

    Both sides get `min_side` pixels at least where DRAWN_LONGEST permits.
    """
    longer, shorter = max(width, height), min(width, height)
    wanted = _wanted(contents)
    wanted = max(wanted, min(_SHORTEST / longer, _FINEST), min_side / shorter)
    return min(wanted, DRAWN_LONGEST / longer)


def _wanted(contents: PdfContents) -> float:
    text = contents.text_points
    for_text = _PLAIN
    if text is not None and text < _SMALLEST_AT_PLAIN:
        for_text = min(_PLAIN * _SMALLEST_AT_PLAIN / text, _FINEST)
    scanned = contents.scanned
    if not scanned:
        return for_text
    own = _scan_resolution(max(image.inch for image in scanned))
    return own if text is None else max(own, for_text)


def _scan_resolution(own: float) -> float:
    """The scan's own, so that its pixels are copied as they are; a whole fraction of it when that is too fine."""
    parts = 1
    while own / parts > _SCAN_FINEST * 1.1:
        parts += 1
    return max(own / parts, _SCAN_COARSEST)
