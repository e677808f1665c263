"""Tables of words, and how they are read: text files, one row a line, fields divided by tabs, # starts a comment."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """The rows of table `name`, such as "places.tsv". Raises FileNotFoundError when there is none."""
    text = files(__name__).joinpath(name).read_text(encoding="utf-8")
    return tuple(tuple(line.split("\t")) for line in text.splitlines() if line and not line.startswith("#"))


def words(field: str) -> tuple[str, ...]:
    """The items of a field that are divided by commas; "-" is none."""
    return () if field == "-" else tuple(item.strip() for item in field.split(","))


def weighted(field: str) -> dict[str, float]:
    """Item -> weight of a field such as "sink 1.6,toaster,toilet -3"; no weight is 1."""
    found: dict[str, float] = {}
    for item in words(field):
        name, _, weight = item.rpartition(" ")
        try:
            found[name or item] = float(weight) if name else 1.0
        except ValueError:  # the item's last word is no number
            found[item] = 1.0
    return found
