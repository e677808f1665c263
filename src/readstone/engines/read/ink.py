"""Where the ink is on the image of one line."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import RgbPixels

Ink = NDArray[np.bool_]
"""Shape (rows, columns), True where something is written."""

_EDGE = 0.3  # a mark that touches the edge and reaches no further in is of a neighbouring line
_RULE = 0.5  # a flat mark longer than this part of the line is a rule or an underline


def ink_of(line: RgbPixels) -> Ink:
    """The ink of a line image (RGB uint8, any size), dark on light or light on dark.

    Otsu's threshold splits the greys; what the border of the image mostly shows is paper. Marks of the
    lines above and below, and rules, are left out.
    """
    grey = cv2.cvtColor(line, cv2.COLOR_RGB2GRAY)
    _, bright = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    border = np.concatenate((bright[0], bright[-1], bright[:, 0], bright[:, -1]))
    dark_on_light = 2 * int(border.sum()) + int(bright.sum()) * border.size // bright.size > 1.5 * border.size
    mask = np.asarray(1 - bright if dark_on_light else bright, np.uint8)
    if not _may_hold_strangers(mask):
        return mask.view(np.bool_)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    rows, columns = mask.shape
    top, height, width = stats[:, cv2.CC_STAT_TOP], stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_WIDTH]
    above = (top == 0) & (height < _EDGE * rows)
    below = (top + height == rows) & (height < _EDGE * rows)
    rule = (width > _RULE * columns) & (width > 2 * rows) & (height < _EDGE * rows)
    kept = ~(above | below | rule)
    kept[0] = False
    if not kept.any() and count > 1:
        kept[1:] = True
    ink: Ink = kept.take(labels)
    return ink


def _may_hold_strangers(mask: NDArray[np.uint8]) -> bool:
    """Whether some mark touches the upper or lower edge or, as far as its columns tell, is long enough for a rule.

    Where none does, as on most lines of print, nothing need be told apart.
    """
    if mask[0].any() or mask[-1].any():
        return True
    rows, columns = mask.shape
    inked = cv2.reduce(mask, 0, cv2.REDUCE_MAX)[0]
    # A mark has no empty column: it is no longer than what lies between two of them.
    empty = np.flatnonzero(inked == 0)
    longest = np.diff(empty, prepend=-1, append=columns).max() - 1
    return bool(longest > _RULE * columns and longest > 2 * rows)
