"""What the text recogniser's characters cover, and which of them its Latin head has."""

from __future__ import annotations


def half_known(text: str) -> bool:
    """Whether most letters are of a script of which the recogniser has some and lacks the others.

    It knows the Greek letters of formulas, but none with an accent: it skips those, and is as sure of the
    rest as of a line that it read whole.
    """
    if text.isascii():
        return False
    letters = [char for char in text if char.isalpha()]
    return 2 * sum("\u0370" <= char <= "\u03ff" for char in letters) > len(letters)


# Latin letters with their signs, and what is written among them: punctuation, superscripts, currency, letter-like
# signs. No Greek: its lines are judged by what the whole recogniser says (`half_known`).
_COMMON_OR_LATIN = ((0x0000, 0x036F), (0x1E00, 0x1EFF), (0x2000, 0x214F))


def is_common_or_latin(text: str) -> bool:
    """Whether every character is a Latin letter, a digit or a sign used with them; true of an empty text."""
    return text.isascii() or all(any(first <= ord(char) <= last for first, last in _COMMON_OR_LATIN) for char in text)
