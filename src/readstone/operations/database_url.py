"""`READSTONE_DATABASE` as people write it: what is accepted, and what of it may be shown."""

from __future__ import annotations

from importlib.util import find_spec
from urllib.parse import urlsplit

SCHEMES = ("postgresql://", "postgres://")

_ESCAPE = "is no URL: in a user's name or password, characters like / ? # @ [ ] % are written as %XX"


_PACKAGES = ("procrastinate", "psycopg", "psycopg_pool")


def check_database(url: str) -> None:
    """Raise ValueError, with a sentence for people that repeats nothing of it, when `url` names no database.

    Also when the packages for it are missing: they come only with the extra `postgres`.
    """
    if not url.startswith(SCHEMES):
        raise ValueError("must be a URL like postgresql://USER:PASSWORD@HOST:5432/NAME")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError(_ESCAPE) from None
    if "@" in parts.path + parts.fragment or ("@" in parts.query and "@" not in parts.netloc):
        raise ValueError(_ESCAPE)
    if any(find_spec(name) is None for name in _PACKAGES):
        raise ValueError("needs more packages: pip install 'readstone[postgres]'")


def without_secrets(url: str) -> str:
    """Where the database is and as whom it is used; the password, and parameters that may hold one, are left out."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name, hidden, _ = user.partition(":")
    shown = f"{parts.scheme}://{name}{':(hidden)' if hidden else ''}{at}{host}{parts.path}"
    return f"{shown}?(hidden)" if parts.query else shown
