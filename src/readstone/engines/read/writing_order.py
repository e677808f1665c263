"""From the order in which a recogniser sees letters, left to right, to the order in which text is stored, and back.

A recogniser that is decoded by CTC names letters in the order of their columns. Arabic and Hebrew are stored in the
order in which they are read, from the right; and in Devanagari one vowel sign stands left of the letters that it is
stored behind. Lines are turned one way to train a recogniser, the other way to read with it.

Bidirectional text: a small part of Unicode's algorithm (UAX 9), for one line whose main direction is from the right:
words of scripts written from the left, and numbers with the signs inside them, keep their order.
"""

from __future__ import annotations

import re
import unicodedata

_FROM_RIGHT = r"\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
_LETTER_FROM_LEFT = rf"[^\W\d_{_FROM_RIGHT}]"
# Words from the left with what stands between them, or a number with its separators.
_KEPT = re.compile(rf"{_LETTER_FROM_LEFT}(?:[^{_FROM_RIGHT}]*(?:{_LETTER_FROM_LEFT}|\d%?))?|\d+(?:[.,:/\-]\d+)*%?")
_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")

_VOWEL = "\u093f"
# A consonant, with or without the dot below, and the consonants joined to it.
_CLUSTER = "(?:[\u0915-\u0939\u0958-\u095f]\u093c?\u094d\u200d?)*[\u0915-\u0939\u0958-\u095f]\u093c?"
_STORED_AFTER = re.compile(f"({_CLUSTER}){_VOWEL}")
_SEEN_BEFORE = re.compile(f"{_VOWEL}({_CLUSTER})")


def is_from_right(text: str) -> bool:
    """Whether most of the letters are Arabic or Hebrew ones."""
    letters = [char for char in text if char.isalpha()]
    return 2 * sum(unicodedata.bidirectional(char) in ("R", "AL") for char in letters) > len(letters)


def as_seen(text: str) -> str:
    """A line as it is stored, in the order of its columns."""
    if is_from_right(text):
        return _mirrored(text, _from_right(text))
    return _STORED_AFTER.sub(f"{_VOWEL}\\1", text)


def as_stored(seen: str) -> tuple[str, list[int]]:
    """A line in the order of its columns as it is stored, and for each of its characters the place it was seen at."""
    if is_from_right(seen):
        order = _from_right(seen)
        return _mirrored(seen, order), order
    order = list(range(len(seen)))
    for found in _SEEN_BEFORE.finditer(seen):
        first, behind = found.span()
        order[first:behind] = [*range(first + 1, behind), first]
    return "".join(seen[at] for at in order), order


def _from_right(text: str) -> list[int]:
    """The line read from the other side: places of its characters, the first to be read first."""
    parts: list[list[int]] = []
    at = 0
    for kept in _KEPT.finditer(text):
        parts += [_turned(text, at, kept.start()), list(range(*kept.span()))]
        at = kept.end()
    parts.append(_turned(text, at, len(text)))
    return [place for part in reversed(parts) for place in part]


def _turned(text: str, first: int, behind: int) -> list[int]:
    clusters: list[list[int]] = []
    for at in range(first, behind):
        # Marks stay behind the letters that they are set on.
        if clusters and unicodedata.combining(text[at]):
            clusters[-1].append(at)
        else:
            clusters.append([at])
    return [at for cluster in reversed(clusters) for at in cluster]


def _mirrored(text: str, order: list[int]) -> str:
    kept = {at for found in _KEPT.finditer(text) for at in range(*found.span())}
    return "".join(text[at] if at in kept else text[at].translate(_MIRRORED) for at in order)
