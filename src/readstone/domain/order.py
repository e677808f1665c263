"""The order of lines that the API calls `basic`: rows from top to bottom, each from left to right."""

from __future__ import annotations

from readstone.domain.geometry import Box
from readstone.domain.text import Line, Page

_SAME_ROW = 0.5
"""Lines share a row when they overlap by this much of the lower one's height, up and down."""


def basic_order(page: Page) -> tuple[Line, ...]:
    """The lines of `page` row by row across all columns, judged on the upright page."""
    placed = sorted(((page.upright(line.quad).bounds, line) for line in page.lines), key=lambda p: p[0].top)
    rows: list[list[tuple[Box, Line]]] = []
    for box, line in placed:
        # Rows are compared by the line that opened them, so that a slope of short lines does not run on.
        row = next((row for row in reversed(rows[-8:]) if _overlap(row[0][0], box) >= _SAME_ROW), None)
        if row is None:
            rows.append([(box, line)])
        else:
            row.append((box, line))
    return tuple(line for row in rows for _, line in sorted(row, key=lambda p: p[0].left))


def _overlap(a: Box, b: Box) -> float:
    shared = min(a.bottom, b.bottom) - max(a.top, b.top)
    return shared / max(min(a.height, b.height), 1.0)
