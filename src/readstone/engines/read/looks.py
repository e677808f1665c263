"""Lines found in a second look for text, put in the place of those of the first that read worse.

Where letters differ much in size, as small print over cursive, no one size of the picture shows all of them to the
detector as it knows them: it joins or splits some lines at each. So a page with much that reads unclearly is looked
at in more than one size, and for each part of it the lines are taken that say more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from readstone.domain.geometry import Box, Point, Quad
from readstone.domain.text import Line
from readstone.engines.read.choice import ALMOST_SURE
from readstone.engines.read.confidence import mean_probability

LARGER = 1.22
"""Size of the picture in the second look over that in the first: that of a full look over that of a usual first."""

_MUCH = 0.2  # part of a page's letters in unclear lines, from which it is worth another look
_PAGE = 100  # letters; among a few words, other cuttings of each do as well
_SAME = 0.3  # part of the smaller box that two lines share when they are of the same writing
_SCRAWL = 0.72  # mean probability of a line below which it is no text, where most others are clear
_GUESS = 0.4  # mean probability of letters that say nothing
_MOST = 0.7  # part of a picture's width that one line cut out of another fills at least
_LETTER = 0.3  # width of a letter in parts of such a picture's height, or a little less
_MUCH_MORE = 1.3  # how much more a whole line says than the part of it that was found, as a factor
_BETTER, _LEAST = 1.02, 0.04  # how much more the lines of another look must say, as a factor and in letters


def is_worth_another(lines: Sequence[Line]) -> bool:
    """Whether much of a page with these lines reads unclearly."""
    every = sum(map(_letters, lines))
    return every >= _PAGE and sum(_letters(line) for line in lines if not is_clear(line)) >= _MUCH * every


def without_scrawls(lines: Sequence[Line]) -> list[Line]:
    """Lines of a page that mostly reads clearly, less its signatures, stamps and ornaments, which say nothing."""
    if sum(map(_letters, lines)) < _PAGE:
        return list(lines)
    return [line for line in lines if _reaches(line, _SCRAWL)]


def is_clear(line: Line) -> bool:
    """Whether a line reads so well that no other look is wanted for it."""
    return _reaches(line, ALMOST_SURE)


def boxes_along(quads: Sequence[Quad], lean: float) -> list[Box]:
    """Boxes around quads in the frame of a page that leans by `lean` (radians, clockwise)."""
    return [quad.rotated(-lean, Point(0, 0)).bounds for quad in quads]


def are_same(one: Box, other: Box) -> bool:
    """Whether two boxes hold the same writing."""
    wide = min(one.right, other.right) - max(one.left, other.left)
    high = min(one.bottom, other.bottom) - max(one.top, other.top)
    smaller = min(one.width * one.height, other.width * other.height)
    return wide > 0 and high > 0 and wide * high > _SAME * smaller


def better_of(first: Sequence[Line], second: Sequence[Line], lean: float) -> list[Line]:
    """Lines of two looks at a page: where they are of the same writing, those that say more."""
    every = [*first, *second]
    boxes = boxes_along([line.quad for line in every], lean)
    kept: list[Line] = []
    for group in _groups(len(every), lambda i, j: i < len(first) <= j and are_same(boxes[i], boxes[j])):
        old = [every[i] for i in group if i < len(first)]
        new = [every[i] for i in group if i >= len(first)]
        kept += new if _said(new) > _BETTER * _said(old) + _LEAST else old
    return kept


def reach_across(lines: Sequence[Line], width: int) -> bool:
    """Whether some lines take up most of the width of a picture `width` pixels wide, and there is one at all."""
    bounds = [line.quad.bounds for line in lines]
    reached = max((box.right for box in bounds), default=0.0) - min((box.left for box in bounds), default=0.0)
    return reached >= _MOST * width


def leave_room(lines: Sequence[Line], width: int, height: int) -> bool:
    """Whether a letter fits beside some lines in a picture as low as one line, `width` x `height` pixels."""
    bounds = [line.quad.bounds for line in lines]
    left, right = min(box.left for box in bounds), max(box.right for box in bounds)
    return max(left, width - right) > _LETTER * height


def is_cut_short(lines: Sequence[Line], whole: Line, width: int) -> bool:
    """Whether `lines`, found in a picture as low as one line, are but a part of the one that all of it reads as.

    The detector knows no text so close to the edges, and may find a few letters of a word, or all but the first. Where
    they reach across the picture, `width` pixels wide, the whole is believed to have letters more, but no others.
    """
    if _letters(whole) <= sum(map(_letters, lines)):
        return False
    if reach_across(lines, width):
        return _unspaced(lines) in _unspaced([whole])
    return _said([whole]) > _MUCH_MORE * _said(lines)


def _unspaced(lines: Sequence[Line]) -> str:
    return "".join("".join(line.text.split()) for line in lines).lower()


def _groups(count: int, are_linked: Callable[[int, int], bool]) -> list[list[int]]:
    """Numbers up to `count` in groups, of which each is linked to another of its group."""
    groups: list[list[int]] = []
    for j in range(count):
        joined = [group for group in groups if any(are_linked(i, j) for i in group)]
        groups = [group for group in groups if group not in joined]
        groups.append([*(i for group in joined for i in group), j])
    return groups


def _said(lines: Sequence[Line]) -> float:
    """How many letters were read, each counted by how far it is from a guess."""
    return sum(_letters(line) * (_mean(line) - _GUESS) for line in lines)


def _reaches(line: Line, mean: float) -> bool:
    """Whether the letters' mean probability is at least `mean`."""
    # A word's confidence is below the mean probability of its letters, unless both are next to nothing.
    return all(word.confidence >= mean for word in line.words) or _mean(line) >= mean


def _letters(line: Line) -> int:
    return sum(len(word.text) for word in line.words)


def _mean(line: Line) -> float:
    """Mean probability of the letters."""
    total = sum(len(word.text) * mean_probability(word.confidence, len(word.text)) for word in line.words)
    return total / max(_letters(line), 1)
