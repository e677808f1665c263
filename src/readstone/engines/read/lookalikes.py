"""Letters that look alike in Latin, Cyrillic and Greek: a word is written in one script, its neighbours tell which.

A recogniser that knows several scripts names the letters of "CO" or "ко" by a hair's breadth, and now and then mixes
them within a word. What is read so cannot be found again by searching.
"""

from __future__ import annotations

import re
from dataclasses import replace

from readstone.domain.text import Line

_LATIN, _CYRILLIC = "ABCEHIJKMOPSTXYaceijopsxy", "АВСЕНІЈКМОРЅТХУасеіјорѕху"
_LATIN_OR_GREEK, _GREEK = "ABEZHIKMNOPTYXov", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧον"
_TO = {
    "cyrillic": dict(zip(_LATIN, _CYRILLIC, strict=True)),
    "greek": dict(zip(_LATIN_OR_GREEK, _GREEK, strict=True)),
}
AS_LATIN = {script: {other: latin for latin, other in table.items()} for script, table in _TO.items()}
"""By script, the Latin letter that looks like a letter of it."""

_WORD = re.compile(r"[^\W\d_]+")


def in_one_script(text: str) -> str:
    """`text` with each word of mixed letters in the script of those that leave no doubt, or else in the line's."""
    line = _script_of(text)

    def mended(found: re.Match[str]) -> str:
        word = found.group()
        mixed = not word.isascii() and any(char.isascii() for char in word)
        return _written(word, _script_of(word) or line) if mixed else word

    return _WORD.sub(mended, text)


def only_lookalikes(text: str, script: str) -> bool:
    """Whether `text` is in Latin letters that all look like letters of `script` ("cyrillic" or "greek")."""
    letters = [char for char in text if char.isalpha()]
    return bool(letters) and all(char in _TO[script] for char in letters)


def written_in(line: Line, script: str) -> Line:
    """A line of `only_lookalikes` in the letters of `script`."""
    words = tuple(replace(word, text=_written(word.text, script)) for word in line.words)
    return replace(line, text=_written(line.text, script), words=words)


def _script_of(text: str) -> str | None:
    """The script most of whose letters in `text` look like no other's; None where there is none."""
    counts = {
        "latin": sum(
            char.isascii() and char.isalpha() and not any(char in table for table in _TO.values()) for char in text
        ),
        "cyrillic": sum("\u0400" <= char <= "\u052f" and char not in AS_LATIN["cyrillic"] for char in text),
        "greek": sum("\u0370" <= char <= "\u03ff" and char not in AS_LATIN["greek"] for char in text),
    }
    most = max(counts, key=counts.__getitem__)
    return most if counts[most] else None


def _written(word: str, script: str | None) -> str:
    if script is None:
        return word
    # First to Latin, where all lookalikes meet, then to the script.
    for table in AS_LATIN.values():
        word = "".join(table.get(char, char) for char in word)
    return "".join(_TO[script].get(char, char) for char in word) if script in _TO else word
