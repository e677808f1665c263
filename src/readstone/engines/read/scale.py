"""How large a picture is made for the detector."""

from __future__ import annotations

from collections.abc import Sequence

_LONGEST = 1760  # larger pages are reduced to this many pixels on their longer side; A4 at 150 dpi is not
_SHORTEST = 640  # smaller pictures are enlarged to this many on their longer side
_FIRST = 1440  # the longer side with which a larger picture is looked at first
_WORTH = 1.15  # how much larger the full look must be for a smaller one to be tried
_READABLE = 12.0  # rows of a strip, in pixels of what the detector sees, from which no larger look is needed
_TINY = 320  # a picture no longer than this costs little to look at once more, larger
_FEW = 960  # a picture no longer than this may be one word that fills it
_LOW = 80  # a picture no higher than this is likely to be one line cut out of another


def scales_for(width: int, height: int) -> tuple[float, ...]:
    """Factors by which a picture of `width` x `height` pixels is resized before text is looked for.

    The first serves nearly every picture. The others are tried in turn while no text has been read:
    letters as high as the picture are found when it is made smaller, faint small ones when larger.
    """
    longer = max(width, height)
    first = _LONGEST / longer if longer > _LONGEST else max(1.0, _SHORTEST / longer)
    return (first, first / 2, first * 2) if longer <= _TINY else (first, first / 2)


def smaller_scales(width: int, height: int, scale: float) -> tuple[float, ...]:
    """Factors to try before `scale`: the detector's time grows with the square, and large text needs less.

    What is found with one of them will do when it `is_large_enough`.
    """
    longer = max(width, height)
    if longer <= _TINY or scale != scales_for(width, height)[0]:
        return ()
    first = min(1.0, _FIRST / longer)
    return (first,) if scale > _WORTH * first else ()


def is_large_enough(heights: Sequence[float]) -> bool:
    """Whether strips of these heights, in pixels of what the detector saw, are found as well as in a larger look."""
    return len(heights) > 0 and sorted(heights)[len(heights) // 4] >= _READABLE


def may_be_one_line(width: int, height: int) -> bool:
    """Whether the whole picture may be one cut-out line or word, lying or standing."""
    longer, shorter = max(width, height), min(width, height)
    return longer <= _FEW and longer >= 1.5 * shorter


def is_like_one_line(width: int, height: int) -> bool:
    """Whether the picture is as low as one line cut out of another picture, with parts of its neighbours at most."""
    return height <= _LOW and width >= height and may_be_one_line(width, height)
