"""Tags in other languages, from a table of checked words."""

from __future__ import annotations

from functools import cache

from readstone.engines.scene.tables import rows

LANGUAGES = ("es", "ja", "pt", "zh")


def translated(name: str, language: str) -> str | None:
    """The word for tag `name` in `language` (es, ja, pt or zh); None where the table has none."""
    return _table().get((name, language))


@cache
def _table() -> dict[tuple[str, str], str]:
    return {
        (name, language): word
        for name, *translations in rows("translations.tsv")
        for language, word in zip(LANGUAGES, translations, strict=True)
        if word != "-"
    }
