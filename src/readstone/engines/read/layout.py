"""Puts lines into regions (paragraphs, columns) and both into natural reading order.

Lines are joined to the line just below when distance and size fit; a line with two neighbours side by side
below or above it (a header over columns) joins neither. Regions are then ordered as Breuel 2003, "High
Performance Document Layout Analysis", section 4, orders lines: what is above comes first where two overlap
sideways, what is left comes first unless something between them spans both.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from readstone.domain.geometry import Box, Quad
from readstone.domain.text import Line, Region

_REACH = 2.4  # largest distance of the middles of two joined lines, in heights of the taller
_ALIKE = 2.2  # largest ratio of their heights
_BREAK = 1.6  # a distance this many times the usual one of its region ends a paragraph
_BESIDE = 0.8  # pieces of one row closer than this many heights are one line


@dataclass(frozen=True, slots=True)
class _Row:
    """Pieces of one line, from left to right, and the box around them in the upright frame."""

    box: Box
    lines: tuple[Line, ...]

    @property
    def middle(self) -> float:
        return self.box.top + self.box.height / 2


def regions_of(lines: Sequence[Line], upright: Callable[[Quad], Quad]) -> tuple[Region, ...]:
    """Regions in reading order; `upright` maps a quad into the frame where text stands upright."""
    boxed = [(line, upright(line.quad).bounds) for line in lines]
    columns, rows = list[_Row](), list[tuple[Line, Box]]()
    for line, box in boxed:
        if box.height > 1.5 * box.width and len(line.words) > 1:
            columns.append(_Row(_lying(box), (line,)))
        else:
            rows.append((line, box))
    blocks = [block for group in _grouped(_rows(rows)) for block in _broken(group)]
    blocks += [[_Row(_stood(row.box), row.lines) for row in group] for group in _grouped(columns)]
    return tuple(Region(tuple(line for row in block for line in row.lines)) for block in _ordered(blocks))


def _rows(boxed: list[tuple[Line, Box]]) -> list[_Row]:
    """Joins pieces of a row that the detector has torn apart."""
    rows: list[_Row] = []
    for line, box in sorted(boxed, key=lambda pair: pair[1].left):
        for at, row in enumerate(rows):
            gap, height = box.left - row.box.right, min(box.height, row.box.height)
            if not -height < gap < _BESIDE * height:
                continue
            if _overlap(box.top, box.bottom, row.box.top, row.box.bottom) > 0.6 * height:
                rows[at] = _Row(Box.around((row.box, box)), (*row.lines, line))
                break
        else:
            rows.append(_Row(box, (line,)))
    return rows


def _below(upper: _Row, lower: _Row) -> float | None:
    """Distance of the middles when `lower` may continue `upper`, else None."""
    a, b = upper.box, lower.box
    tall, flat = max(a.height, b.height), max(min(a.height, b.height), 1e-6)
    distance = lower.middle - upper.middle
    if distance <= 0.3 * tall or distance > _REACH * tall or tall > _ALIKE * flat:
        return None
    side = _overlap(a.left, a.right, b.left, b.right)
    return distance if side > 0.3 * min(a.width, b.width) else None


def _lying(box: Box) -> Box:
    """A column laid on its side, so that columns of ideographs, right to left, become rows, top to bottom."""
    return Box(box.top, -box.right, box.height, box.width)


def _stood(box: Box) -> Box:
    """The reverse of `_lying`."""
    return Box(-box.bottom, box.left, box.height, box.width)


def _grouped(rows: Sequence[_Row]) -> list[list[_Row]]:
    """Chains of rows in which each is the only nearest follower of the one before."""
    after: list[list[tuple[float, int]]] = [[] for _ in rows]
    before: list[list[tuple[float, int]]] = [[] for _ in rows]
    for i, j in _near(rows):
        distance = _below(rows[i], rows[j])
        if distance is not None:
            after[i].append((distance, j))
            before[j].append((distance, i))
    links = {(i, j) for i in range(len(rows)) for j in _only(after[i], rows)}
    links &= {(i, j) for j in range(len(rows)) for i in _only(before[j], rows)}
    root = list(range(len(rows)))

    def find(i: int) -> int:
        while root[i] != i:
            i = root[i]
        return i

    for i, j in links:
        root[find(j)] = find(i)
    groups: dict[int, list[_Row]] = {}
    for i, row in enumerate(rows):
        groups.setdefault(find(i), []).append(row)
    return [sorted(group, key=lambda row: (row.middle, row.box.left)) for group in groups.values()]


def _near(rows: Sequence[_Row]) -> Iterator[tuple[int, int]]:
    """Indices of all pairs of which the second may lie just below the first, and of others."""
    middles = np.array([row.middle for row in rows])
    reach = _REACH * max((row.box.height for row in rows), default=0.0)
    distances = middles[None, :] - middles[:, None]
    for i, j in zip(*np.nonzero((distances > 0) & (distances <= reach)), strict=True):
        yield int(i), int(j)


def _only(near: list[tuple[float, int]], rows: Sequence[_Row]) -> list[int]:
    """The nearest neighbour, unless another stands beside it at about the same distance."""
    if not near:
        return []
    distance, nearest = min(near)
    box = rows[nearest].box
    for other_distance, other in near:
        beside = rows[other].box
        apart = _overlap(box.left, box.right, beside.left, beside.right) <= 0
        if other != nearest and apart and other_distance < distance + 0.7 * box.height:
            return []
    return [nearest]


def _broken(group: list[_Row]) -> list[list[_Row]]:
    """Paragraphs of a group: cut where the distance is far above the group's usual one."""
    steps = [lower.middle - upper.middle for upper, lower in itertools.pairwise(group)]
    if len(steps) < 2:
        return [group]
    usual = statistics.median_low(steps)
    parts = [[group[0]]]
    for step, row in zip(steps, group[1:], strict=True):
        if step > _BREAK * usual:
            parts.append([])
        parts[-1].append(row)
    return parts


def _ordered(blocks: list[list[_Row]]) -> list[list[_Row]]:
    boxes = [Box.around(row.box for row in block) for block in blocks]
    order = sorted(range(len(blocks)), key=lambda i: (boxes[i].top, boxes[i].left))
    done: list[int] = []
    seen: set[int] = set()

    def visit(i: int) -> None:
        # Depth first over all that must come earlier; `seen` also ends a circle of contradictions.
        stack = [(i, iter(order))]
        seen.add(i)
        while stack:
            at, rest = stack[-1]
            for j in rest:
                if j not in seen and _precedes(j, at, boxes):
                    seen.add(j)
                    stack.append((j, iter(order)))
                    break
            else:
                done.append(at)
                stack.pop()

    for i in order:
        if i not in seen:
            visit(i)
    return [blocks[i] for i in done]


def _precedes(i: int, j: int, boxes: list[Box]) -> bool:
    a, b = boxes[i], boxes[j]
    middle_a, middle_b = a.top + a.height / 2, b.top + b.height / 2
    if _overlap(a.left, a.right, b.left, b.right) > 0:
        return middle_a < middle_b
    if a.left > b.left:
        return False
    top, bottom = min(middle_a, middle_b), max(middle_a, middle_b)
    return not any(
        top < c.top + c.height / 2 < bottom
        and _overlap(a.left, a.right, c.left, c.right) > 0
        and _overlap(b.left, b.right, c.left, c.right) > 0
        for k, c in enumerate(boxes)
        if k not in (i, j)
    )


def _overlap(start: float, end: float, other_start: float, other_end: float) -> float:
    return min(end, other_end) - max(start, other_start)
