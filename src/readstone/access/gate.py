"""Who may call: a key in the header or the query, or a bearer token (contract 3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from readstone.access.keys import KeyRing
from readstone.access.tokens import Tokens
from readstone.domain.refusals import Reason, Refusal


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a caller presented: any of it may be missing, any valid one suffices."""

    keys: tuple[str, ...] = ()
    bearer: str | None = None


class Gate(Protocol):
    """Lets a caller in or raises Refusal ACCESS_DENIED."""

    def admit(self, credentials: Credentials) -> str:
        """Return the fingerprint of the caller's key."""
        ...

    def admit_key(self, credentials: Credentials) -> str:
        """The same, but only a key counts: a token must not prolong itself."""
        ...


class KeyGate:
    """Asks for a key of the ring, or a token issued for one."""

    def __init__(self, ring: KeyRing, tokens: Tokens) -> None:
        self._ring = ring
        self._tokens = tokens

    def admit(self, credentials: Credentials) -> str:
        """See `Gate.admit`."""
        if credentials.bearer is not None:
            owner = self._tokens.owner(credentials.bearer)
            if owner is not None and self._ring.holds(owner):
                return owner
        return self.admit_key(credentials)

    def admit_key(self, credentials: Credentials) -> str:
        """See `Gate.admit_key`."""
        found = _first(self._ring.find(key) for key in credentials.keys)
        if found is None:
            raise Refusal(Reason.ACCESS_DENIED, "Access denied.")
        return found


class OpenGate:
    """Lets everybody in: for development and for networks that keep strangers out by other means."""

    def admit(self, credentials: Credentials) -> str:  # noqa: ARG002 - that is what open means
        """See `Gate.admit`."""
        return "anyone"

    admit_key = admit


def _first(found: Iterable[str | None]) -> str | None:
    return next((f for f in found if f is not None), None)
