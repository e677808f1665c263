"""Writing systems that the recogniser has no letters for, and who reads them: our own recogniser of them, tesseract."""

from __future__ import annotations

from dataclasses import dataclass

from readstone.engines.manifest import SCRIPT_RECOGNISER

OWN = "readstone"
"""Stands for the recogniser of our own (`other_scripts`) among the names of tesseract's language data."""

_LEARNED = frozenset(code.split("-")[0] for code in SCRIPT_RECOGNISER.languages)


@dataclass(frozen=True, slots=True, eq=False)
class Alphabet:
    """A writing system: its blocks of letters (first and last code point), and who reads it.

    `packs` are names of tesseract's language data that may tell whether a line is written in it, the best first.
    `languages` are the data of single languages by their ISO 639-1 code, `own` the languages that our own
    recogniser has learned; of the others it knows most letters. `own_first` where it makes no more mistakes than
    tesseract does.
    """

    name: str
    blocks: tuple[tuple[int, int], ...]
    packs: tuple[str, ...]
    languages: dict[str, str]
    own: frozenset[str] = frozenset()
    own_first: bool = True
    right_to_left: bool = False

    def share(self, text: str) -> float:
        """Part of the letters and vowel signs of `text` that are of this writing system, 0 where there are none."""
        letters = [char for char in text if char.isalpha() or self._has(char)]
        return sum(map(self._has, letters)) / len(letters) if letters else 0.0

    def _has(self, char: str) -> bool:
        return any(first <= ord(char) <= last for first, last in self.blocks)


def _alphabet(
    name: str,
    blocks: tuple[tuple[int, int], ...],
    languages: str,
    script: str,
    *,
    own_first: bool = True,
    right_to_left: bool = False,
) -> Alphabet:
    """`languages`: "code=data" of each, the one that knows most of the alphabet's texts first."""
    data = dict(item.split("=") for item in languages.split())
    packs = (*data.values(), script, f"script/{script}")
    return Alphabet(name, blocks, packs, data, _LEARNED & data.keys(), own_first, right_to_left)


CYRILLIC = _alphabet(
    "Cyrillic",
    ((0x0400, 0x052F),),
    "ru=rus uk=ukr bg=bul be=bel sr=srp mk=mkd kk=kaz ky=kir mn=mon tg=tgk tt=tat",
    "Cyrillic",
)
GREEK = _alphabet("Greek", ((0x0370, 0x03FF), (0x1F00, 0x1FFF)), "el=ell", "Greek")

ALPHABETS: tuple[Alphabet, ...] = (
    CYRILLIC,
    _alphabet(
        "Arabic",
        ((0x0600, 0x077F), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC)),
        "ar=ara fa=fas ur=urd ps=pus ug=uig sd=snd",
        "Arabic",
        right_to_left=True,
    ),
    _alphabet("Devanagari", ((0x0900, 0x097F),), "hi=hin mr=mar ne=nep sa=san", "Devanagari", own_first=False),
    _alphabet("Hangul", ((0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7AF)), "ko=kor", "Hangul", own_first=False),
    GREEK,
    _alphabet("Hebrew", ((0x0590, 0x05FF),), "he=heb yi=yid", "Hebrew", right_to_left=True),
    _alphabet("Thai", ((0x0E00, 0x0E7F),), "th=tha", "Thai"),
    _alphabet("Bengali", ((0x0980, 0x09FF),), "bn=ben as=asm", "Bengali"),
    _alphabet("Tamil", ((0x0B80, 0x0BFF),), "ta=tam", "Tamil"),
    _alphabet("Telugu", ((0x0C00, 0x0C7F),), "te=tel", "Telugu"),
    _alphabet("Gujarati", ((0x0A80, 0x0AFF),), "gu=guj", "Gujarati"),
    _alphabet("Gurmukhi", ((0x0A00, 0x0A7F),), "pa=pan", "Gurmukhi"),
    _alphabet("Kannada", ((0x0C80, 0x0CFF),), "kn=kan", "Kannada"),
    _alphabet("Malayalam", ((0x0D00, 0x0D7F),), "ml=mal", "Malayalam"),
    _alphabet("Georgian", ((0x10A0, 0x10FF), (0x1C90, 0x1CBF)), "ka=kat", "Georgian"),
    _alphabet("Armenian", ((0x0530, 0x058F),), "hy=hye", "Armenian"),
    _alphabet("Ethiopic", ((0x1200, 0x139F),), "am=amh ti=tir", "Ethiopic"),
    _alphabet("Sinhala", ((0x0D80, 0x0DFF),), "si=sin", "Sinhala"),
    _alphabet("Khmer", ((0x1780, 0x17FF),), "km=khm", "Khmer"),
    _alphabet("Lao", ((0x0E80, 0x0EFF),), "lo=lao", "Lao"),
    _alphabet("Burmese", ((0x1000, 0x109F),), "my=mya", "Myanmar"),
    _alphabet("Odia", ((0x0B00, 0x0B7F),), "or=ori", "Oriya"),
    _alphabet("Tibetan", ((0x0F00, 0x0FFF),), "bo=bod dz=dzo", "Tibetan"),
)
"""The more widely used first: the first that reads a line well is taken."""

# Of its letters the recogniser has the few that other languages share, and skips the rest without a doubt.
VIETNAMESE = _alphabet(
    "Vietnamese",
    ((0x0041, 0x024F), (0x1EA0, 0x1EF9)),
    "vi=vie",
    "Vietnamese",
)
_HORNED = frozenset("ơưƠƯ")
_OFTEN = 0.015  # of the letters; of Vietnamese ones it is 0.04, and no other language with a state has them


def looks_vietnamese(text: str) -> bool:
    """Whether a text, as the recogniser reads it, is likely to be Vietnamese."""
    letters = sum(map(str.isalpha, text))
    return sum(char in _HORNED for char in text) > _OFTEN * letters


def has_vietnamese_letters(text: str) -> bool:
    """Whether a letter stands in `text` that no other language with a state has."""
    return any(char in _HORNED or 0x1EA0 <= ord(char) <= 0x1EF9 for char in text)


_OFTEN_LATIN = ("sr", "tt")  # written in both scripts, and the API's bare code says not in which


def alphabet_of(language: str) -> Alphabet | None:
    """The writing system beyond the recogniser's in which a language (BCP-47) is written, None for all others."""
    code = language.lower().split("-")
    if "latn" in code or (code[0] in _OFTEN_LATIN and "cyrl" not in code):
        return None
    return next((alphabet for alphabet in (*ALPHABETS, VIETNAMESE) if code[0] in alphabet.languages), None)
