"""English: articles, plurals, numbers, lists."""

from __future__ import annotations

from collections.abc import Sequence

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six")
_ODD_PLURALS = {
    "person": "people",
    "man": "men",
    "woman": "women",
    "child": "children",
    "sheep": "sheep",
    "knife": "knives",
}
_SILENT = ("hour",)
_VOICED = ("uni", "use", "euro", "one")


def article(phrase: str) -> str:
    """ "a" or "an", by how the phrase sounds."""
    vowel = phrase[:1] in "aeiou" and not phrase.startswith(_VOICED)
    return "an" if vowel or phrase.startswith(_SILENT) else "a"


def one(phrase: str) -> str:
    """The phrase with its article: "a dog"."""
    return f"{article(phrase)} {phrase}"


def plural(noun: str) -> str:
    """More than one of the noun's last word."""
    head, _, last = noun.rpartition(" ")
    if last in _ODD_PLURALS:
        many = _ODD_PLURALS[last]
    elif last.endswith(("s", "sh", "ch", "x")):
        many = last + "es"
    elif last.endswith("y") and last[-2:-1] not in "aeiou":
        many = last[:-1] + "ies"
    else:
        many = last + "s"
    return f"{head} {many}".strip()


def number(count: int) -> str:
    """The number as a word up to six, "several" above."""
    return _NUMBERS[count] if count < len(_NUMBERS) else "several"


def listed(items: Sequence[str]) -> str:
    """ "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def counted(noun: str, count: int, many: str | None = None) -> str:
    """ "a dog", "two dogs", "several dogs"."""
    return one(noun) if count == 1 else f"{number(count)} {many or plural(noun)}"
