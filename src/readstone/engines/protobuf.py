"""As much of protobuf's wire format as it takes to look into ONNX files and to write small ones.

https://protobuf.dev/programming-guides/encoding/; groups, which ONNX has none of, are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Field(NamedTuple):
    """One field of a message: where it starts, and first byte and end of its value."""

    number: int
    start: int
    first: int
    end: int


def fields(buffer: bytes | bytearray, start: int, end: int) -> Iterator[Field]:
    """The fields of the message between two offsets. Raises ValueError where there is none."""
    at = start
    while at < end:
        begin = at
        key, at = varint(buffer, at)
        kind = key & 7
        if kind == _VARINT:
            after = varint(buffer, at)[1]
        elif kind == _BYTES:
            length, at = varint(buffer, at)
            after = at + length
        elif kind in (_FIXED32, _FIXED64):
            after = at + (4 if kind == _FIXED32 else 8)
        else:
            raise ValueError("not a protobuf message")
        if after > end:
            raise ValueError("a protobuf field runs past its message")
        yield Field(key >> 3, begin, at, after)
        at = after


def varint(buffer: bytes | bytearray, at: int) -> tuple[int, int]:
    """The number at an offset, and the offset after it. Raises ValueError when it has no end."""
    value = shift = 0
    while True:
        if at >= len(buffer) or shift > 63:
            raise ValueError("a protobuf number has no end")
        byte = buffer[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def number(field: int, value: int) -> bytes:
    """A field that holds a number, not negative."""
    return _varint_bytes(field << 3 | _VARINT) + _varint_bytes(value)


def content(field: int, value: bytes | str) -> bytes:
    """A field that holds bytes, a text or a message."""
    raw = value.encode() if isinstance(value, str) else value
    return _varint_bytes(field << 3 | _BYTES) + _varint_bytes(len(raw)) + raw


def _varint_bytes(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
