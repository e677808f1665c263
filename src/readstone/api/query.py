"""Query parameters, read as forgivingly as real clients need (contract 2.1).

Names and enumerated values are case-insensitive, unknown names are ignored, and an empty value counts as
an absent one (Python SDK 0.3 sends `mode=`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.datastructures import QueryParams

from readstone.domain.refusals import Reason, Refusal

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_INTEGER = re.compile(r"-?[0-9]{1,18}")  # int() would also take underscores and other scripts' digits


class Query:
    """The parameters of one request."""

    def __init__(self, params: QueryParams) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in params.multi_items():
            if value.strip():
                self._values.setdefault(name.lower(), []).append(value.strip())

    def text(self, name: str) -> str | None:
        """The value of `name`, or None; of a single-valued parameter sent twice, the first with a value wins."""
        values = self._values.get(name.lower())
        return values[0] if values else None

    def boolean(self, name: str, default: bool) -> bool:
        """`true`/`false` in any case, `1`/`0`. Raises Refusal BAD_ARGUMENT for anything else."""
        value = self.text(name)
        if value is None:
            return default
        try:
            return _BOOLEANS[value.lower()]
        except KeyError:
            raise Refusal(Reason.BAD_ARGUMENT, f"{name} must be true or false.") from None

    def integer(self, name: str) -> int | None:
        """A whole number, or None when it is absent. Raises Refusal BAD_ARGUMENT for anything else."""
        value = self.text(name)
        if value is None:
            return None
        if not _INTEGER.fullmatch(value):
            raise Refusal(Reason.BAD_ARGUMENT, f"{name} must be an integer.")
        return int(value)

    def choice(self, name: str, allowed: Iterable[str], default: str, refusal: Refusal) -> str:
        """The allowed value that `name` means, in its canonical spelling. Raises `refusal` for others."""
        value = self.text(name)
        if value is None:
            return default
        return _canonical(value, allowed, refusal)

    def choices(self, name: str, allowed: Iterable[str], refusal: Refusal) -> frozenset[str]:
        """The allowed values that a comma list names, in their canonical spelling; a repeated parameter is one list.

        Empty when the list is. Raises `refusal` when there is another value in it.
        """
        known = tuple(allowed)
        return frozenset(_canonical(item, known, refusal) for item in self.items(name))

    def items(self, name: str) -> tuple[str, ...]:
        """A comma list's items in their order, empty ones left out; a repeated parameter is one list."""
        values = self._values.get(name.lower(), ())
        return tuple(item.strip() for value in values for item in value.split(",") if item.strip())


def _canonical(value: str, allowed: Iterable[str], refusal: Refusal) -> str:
    spellings = {a.lower(): a for a in allowed}
    if value.lower() not in spellings:
        raise refusal
    return spellings[value.lower()]
