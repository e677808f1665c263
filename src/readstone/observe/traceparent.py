"""The `traceparent` header (W3C Trace Context, level 1): which trace a request belongs to."""

from __future__ import annotations

import re

HEADER = "traceparent"

_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)


def accepted(value: str | None) -> str:
    """`value` when it is a traceparent of a version that can be read, as version 00, else empty."""
    found = _FORM.fullmatch(value.strip()) if value and len(value) <= 256 else None
    if found is None:
        return ""
    version, trace, span, flags, more = found.groups()
    # Version ff is forbidden, more fields exist only in later versions, and ids of zeros mean none (3.2.2).
    if version == "ff" or (version == "00" and more) or not trace.strip("0") or not span.strip("0"):
        return ""
    return f"00-{trace}-{span}-{flags}"


def trace_id(traceparent: str) -> str:
    """The trace's id, 32 hexadecimal digits; empty when there is none."""
    return traceparent[3:35]
