"""Query parameters, read as forgivingly as real clients need (contract 2.1).

Names and enumerated values are case-insensitive, unknown names are ignored, and an empty value counts as
an absent one (Python SDK 0.3 sends `mode=`).
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import QueryParams

from readstone.domain.refusals import Reason, Refusal

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class Query:
    """The parameters of one request."""

    def __init__(self, params: QueryParams) -> None:
        self._values: dict[str, str] = {}
        for name, value in params.multi_items():
            # Of a single-valued parameter sent twice, the first with a value wins.
            if value.strip():
                self._values.setdefault(name.lower(), value.strip())

    def text(self, name: str) -> str | None:
        """The value of `name`, or None."""
        return self._values.get(name.lower())

    def boolean(self, name: str, default: bool) -> bool:
        """`true`/`false` in any case, `1`/`0`. Raises Refusal BAD_ARGUMENT for anything else."""
        value = self.text(name)
        if value is None:
            return default
        try:
            return _BOOLEANS[value.lower()]
        except KeyError:
            raise Refusal(Reason.BAD_ARGUMENT, f"{name} must be true or false.") from None

    def choice(self, name: str, allowed: Iterable[str], default: str, refusal: Refusal) -> str:
        """The allowed value that `name` means, in its canonical spelling. Raises `refusal` for others."""
        value = self.text(name)
        if value is None:
            return default
        canonical = {a.lower(): a for a in allowed}
        if value.lower() not in canonical:
            raise refusal
        return canonical[value.lower()]
