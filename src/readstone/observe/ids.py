"""Ids that every log line of a request or a page carries, without anybody passing them on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_NONE: Mapping[str, str] = {}
_ids: ContextVar[Mapping[str, str]] = ContextVar("readstone_ids", default=_NONE)


def current() -> Mapping[str, str]:
    """The ids of the request or page that is being worked on here: names and values for a log line."""
    return _ids.get()


@contextmanager
def carried(ids: dict[str, str]) -> Iterator[None]:
    """Have log lines inside, and in tasks started inside, carry `ids`; a later change of it counts for them too."""
    token = _ids.set(ids)
    try:
        yield
    finally:
        _ids.reset(token)


def harmless(value: str | None) -> str:
    """A client's own id as it may be written into a log line, empty when it may not."""
    return value if value and len(value) <= 1024 and value.isascii() and value.isprintable() else ""
