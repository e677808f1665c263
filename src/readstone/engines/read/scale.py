"""How large a picture is made for the detector."""

from __future__ import annotations

_LONGEST = 1760  # larger pages are reduced to this many pixels on their longer side; A4 at 150 dpi is not
_SHORTEST = 640  # smaller pictures are enlarged to this many on their longer side
_TINY = 320  # a picture no longer than this costs little to look at once more, larger
_FEW = 960  # a picture no longer than this may be one word that fills it


def scales_for(width: int, height: int) -> tuple[float, ...]:
    """Factors by which a picture of `width` x `height` pixels is resized before text is looked for.

    The first serves nearly every picture. The others are tried in turn while no text has been read:
    letters as high as the picture are found when it is made smaller, faint small ones when larger.
    """
    longer = max(width, height)
    first = _LONGEST / longer if longer > _LONGEST else max(1.0, _SHORTEST / longer)
    return (first, first / 2, first * 2) if longer <= _TINY else (first, first / 2)


def may_be_one_line(width: int, height: int) -> bool:
    """Whether the whole picture may be one cut-out line or word, lying or standing."""
    longer, shorter = max(width, height), min(width, height)
    return longer <= _FEW and longer >= 1.5 * shorter
