"""Letters of the Arabic script that are written alike and stored apart: which of them the line's language has.

In most of their forms the kaf and yeh of Arabic and those of Persian and Urdu are one drawing. Which code was meant the
other letters of the line tell. What is stored with the wrong one cannot be found by searching.
"""

from __future__ import annotations

_ONLY_PERSIAN = frozenset("پچژگ")
_ONLY_URDU = frozenset("ٹڈڑںےۓھہۂ")

_TO_PERSIAN = str.maketrans("كيى", "کیی")
_TO_URDU = str.maketrans("كيىهة", "کییہۃ")
_TO_ARABIC = str.maketrans("کی", "كي")


def as_in_its_language(line: str) -> str:
    """`line`, as stored, with the letters of Arabic, of Persian or of Urdu; each is replaced by one."""
    urdu = sum(char in _ONLY_URDU for char in line)
    persian = sum(char in _ONLY_PERSIAN for char in line)
    if urdu > 1 or (urdu and not persian):
        return line.translate(_TO_URDU)
    if persian or _more(line, "کی", "كيىةأإ"):
        return line.translate(_TO_PERSIAN)
    return _at_ends(line).translate(_TO_ARABIC)


def _more(line: str, these: str, those: str) -> bool:
    return sum(char in these for char in line) > sum(char in those for char in line)


def _at_ends(line: str) -> str:
    """The yeh without dots ends a word in Arabic as alef maqsura, which looks the same."""
    return "".join("ى" if char == "ی" and not line[at + 1 : at + 2].isalpha() else char for at, char in enumerate(line))
