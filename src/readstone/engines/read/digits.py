"""Letters that stand for digits in numbers.

A typewriter has one sign for the letter l and the digit 1, in many faces so has print, and o is near 0; the
recogniser tells what it sees. Only such are taken for digits that nobody reads as letters: "l2" may be a name, and
"20 l" is twenty litres.
"""

from __future__ import annotations

import re
from dataclasses import replace

from readstone.engines.read.recognise import Reading

_DIGIT = re.compile(r"\d")
_NO_LETTER_BEFORE, _NO_LETTER_AFTER = r"(?<![^\W_])", r"(?![^\W_])"
_ONES = re.compile(
    rf"{_NO_LETTER_BEFORE}l+(?=\d\d|\d?[.,]\d)"  # l3.30, ll,500, l00,000
    r"|(?<=\d)l(?=\d)"  # 1l4
    rf"|(?<=\d)l(?=st{_NO_LETTER_AFTER})"  # 2lst
    rf"|(?<={_NO_LETTER_BEFORE}[1l][5-9]\d)l{_NO_LETTER_AFTER}"  # 194l
)
_NOUGHTS = re.compile(
    r"(?<=\d)[oO](?=\d)"  # 1o5
    rf"|(?<=\d)oo+{_NO_LETTER_AFTER}"  # 6oo
    rf"|(?<=\d\d)O{_NO_LETTER_AFTER}"  # 56O
)


def with_digits(reading: Reading) -> Reading:
    """The reading with l and o in numbers made 1 and 0; probabilities stay those of the letters."""
    text = reading.text
    if not _DIGIT.search(text) or len(text) != len(reading.glyphs):
        return reading
    mended = _NOUGHTS.sub(lambda found: "0" * len(found[0]), _ONES.sub(lambda found: "1" * len(found[0]), text))
    if mended == text:
        return reading
    glyphs = (replace(glyph, text=char) for glyph, char in zip(reading.glyphs, mended, strict=True))
    return Reading(tuple(glyphs), reading.score)
