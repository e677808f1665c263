"""Tells the language of a text: by its script, and Latin texts by py3langid's statistics."""

from __future__ import annotations

import mmap
import tempfile
import threading
from array import array
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any, Protocol

from readstone.domain.script import Script, script_of

# py3langid's code -> ours. The OCR operations know no Croatian or Bosnian; written in Latin letters they
# are nearest to Serbian.
_LATIN = {
    "cs": "cs", "da": "da", "de": "de", "en": "en", "es": "es", "fi": "fi", "fr": "fr", "hu": "hu", "it": "it",
    "nb": "nb", "nl": "nl", "no": "nb", "pl": "pl", "pt": "pt", "ro": "ro", "sk": "sk", "sv": "sv", "tr": "tr",
    "bs": "sr-Latn", "hr": "sr-Latn",
}  # fmt: skip
_SHORT = 20  # letters below which statistics are a guess
_SURE = 0.8  # probability that a short text needs to be anything but English
_SERBIAN = frozenset("ђјљњћџЂЈЉЊЋЏ")


def language_of(text: str) -> str | None:
    """BCP-47 code of the OCR operations' list, or None when there is no text or no listed language fits.

    Text without letters, such as a number, counts as English.
    """
    if not text.strip():
        return None
    scripts = Counter[Script]()
    for character, times in Counter(text).items():
        scripts[script_of(character)] += times
    del scripts[Script.OTHER]
    if not scripts:
        return "en"
    # One ideograph says about as much as a short Latin word.
    weights = {s: n * (3 if s in (Script.HAN, Script.KANA, Script.HANGUL) else 1) for s, n in scripts.items()}
    if weights.get(Script.HAN, 0) + weights.get(Script.KANA, 0) >= 0.5 * sum(weights.values()):
        return _of_ideographs(text, scripts)
    leading = max(weights, key=lambda s: weights[s])
    if leading is Script.LATIN:
        return _of_latin(text)
    if leading is Script.CYRILLIC:
        return "sr-Cyrl" if _SERBIAN & set(text) else "ru"
    return {Script.GREEK: "el", Script.ARABIC: "ar", Script.HANGUL: "ko"}.get(leading)


def _of_ideographs(text: str, scripts: Counter[Script]) -> str:
    # Japanese is never without kana for long; Chinese borrows the odd one.
    if scripts[Script.KANA] >= 0.1 * (scripts[Script.KANA] + scripts[Script.HAN]):
        return "ja"
    simplified = sum(_only_in(c, "gb2312", "big5") for c in text)
    traditional = sum(_only_in(c, "big5", "gb2312") for c in text)
    return "zh-Hant" if traditional > simplified else "zh-Hans"


def _only_in(character: str, charset: str, other: str) -> bool:
    def has(name: str) -> bool:
        try:
            character.encode(name)
        except UnicodeEncodeError:
            return False
        return True

    return has(charset) and not has(other)


def _of_latin(text: str) -> str:
    letters = sum(map(str.isalpha, text))
    found, probability = _classify(text.lower())
    # Short texts are mostly names and signs, on which the statistics are sure of themselves and wrong.
    if letters < _SHORT and (probability < _SURE or letters < 6):
        return "en"
    return found


def most_likely(text: str, among: Collection[str], sure: float) -> str | None:
    """The language of `text` (ISO 639-1) if it is one of `among` and at least so probable, else None."""
    if not text.strip():
        return None
    code, probability = _identifier(every=True).classify(text.lower())
    return code if code in among and probability >= sure else None


class _Classifier(Protocol):
    tk_nextmove: Sequence[int]  # the largest of its tables

    def classify(self, text: str) -> tuple[str, float]: ...


def _classify(text: str) -> tuple[str, float]:
    code, probability = _identifier().classify(text)
    return _LATIN[code], float(probability)


_loading = threading.Lock()
_loaded: dict[bool, Any] = {}


def _identifier(*, every: bool = False) -> _Classifier:
    """The statistics, loaded once and only when they are needed; they are not changed by use.

    `every`: of all languages that it knows, not only of those that are told apart here.
    """
    with _loading:
        if every not in _loaded:
            from py3langid.langid import MODEL_FILE, LanguageIdentifier

            whole = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
            among = [at for at, code in enumerate(whole.nb_classes) if every or code in _LATIN]
            # Made anew: told to know fewer languages, it would keep the figures of the others, 20 MB. The tables of
            # letters, 40 MB, are the same for all.
            if not _loaded:
                whole.tk_nextmove = _on_disk(whole.tk_nextmove)
            tables = next(iter(_loaded.values()), whole)
            _loaded[every] = LanguageIdentifier(
                whole.nb_ptc[:, among],
                whole.nb_pc[among],
                [whole.nb_classes[at] for at in among],
                tables.tk_nextmove,
                tables.tk_output,
                norm_probs=True,
                tk_row=tables.tk_row,
            )
        found: _Classifier = _loaded[every]
        return found


def _on_disk(table: array[int]) -> Sequence[int]:
    """The same numbers in a file without a name, of which only the pages that are looked at take memory.

    It is 39 MB, and a text goes through some hundred of its rows, 1 kB each. Where no file can be written the numbers
    stay where they are.
    """
    if table.typecode != "I":
        return table
    try:
        with tempfile.TemporaryFile() as file:
            table.tofile(file)
            file.flush()
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError:
        return table
    return memoryview(mapped).cast("I")
