"""Which writing system a character belongs to."""

from __future__ import annotations

from enum import Enum, auto


class Script(Enum):
    """The scripts that tell languages apart, and OTHER for digits, marks and the rest."""

    LATIN = auto()
    GREEK = auto()
    CYRILLIC = auto()
    ARABIC = auto()
    HANGUL = auto()
    KANA = auto()
    HAN = auto()
    FOREIGN = auto()
    OTHER = auto()


# First and last code point, from Unicode's Blocks.txt; only letters are looked up here.
_BLOCKS = (
    (0x0041, 0x024F, Script.LATIN),
    (0x0370, 0x03FF, Script.GREEK),
    (0x0400, 0x052F, Script.CYRILLIC),
    (0x0590, 0x05FF, Script.FOREIGN),
    (0x0600, 0x077F, Script.ARABIC),
    (0x0900, 0x10FF, Script.FOREIGN),
    (0x1100, 0x11FF, Script.HANGUL),
    (0x1E00, 0x1EFF, Script.LATIN),
    (0x1F00, 0x1FFF, Script.GREEK),
    (0x3040, 0x30FF, Script.KANA),
    (0x3130, 0x318F, Script.HANGUL),
    (0x31F0, 0x31FF, Script.KANA),
    (0x3400, 0x4DBF, Script.HAN),
    (0x4E00, 0x9FFF, Script.HAN),
    (0xAC00, 0xD7AF, Script.HANGUL),
    (0xF900, 0xFAFF, Script.HAN),
    (0xFB50, 0xFDFF, Script.ARABIC),
    (0xFE70, 0xFEFC, Script.ARABIC),
    (0xFF21, 0xFF5A, Script.LATIN),
    (0xFF66, 0xFF9D, Script.KANA),
    (0x20000, 0x3FFFF, Script.HAN),
)

# Ideographs, kana and the full-width signs set among them. Hangul is written with spaces; full-width digits and
# Latin letters make words as the narrow ones do.
_SPACELESS = ((0x2E80, 0x30FF), (0x31C0, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0xFE30, 0xFE4F),
              (0xFF00, 0xFF0F), (0xFF1A, 0xFF20), (0xFF3B, 0xFF40), (0xFF5B, 0xFFEF), (0x20000, 0x3FFFF))  # fmt: skip


def script_of(character: str) -> Script:
    """The script of one letter; OTHER for what is no letter."""
    if not character.isalpha():
        return Script.OTHER
    code = ord(character)
    for first, last, script in _BLOCKS:
        if first <= code <= last:
            return script
    return Script.OTHER


def stands_alone(character: str) -> bool:
    """Whether the character is written without spaces around it and makes a word of its own (CJK)."""
    code = ord(character)
    # Asked of every glyph: nearly all are below.
    return code >= _SPACELESS[0][0] and any(first <= code <= last for first, last in _SPACELESS)


def is_latin(text: str) -> bool:
    """Whether every letter is a Latin one; true of a text without letters."""
    return all(script_of(char) is Script.LATIN for char in text if char.isalpha())
