"""The pages of a TIFF file, found by following its chain of directories; nothing else in it is parsed.

Pillow finds page n by loading the tags of all pages before it and comparing each with all others, which a
file of 10^5 directories makes take minutes.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, cast

from readstone.domain.refusals import Reason, Refusal
from readstone.intake.judged_page import DAMAGED, FileBytes

MOST_PAGES = 20_000
"""Directories after which counting stops: ten times what any route processes, and 50 ms."""

_SUBFILE_TYPE, _WIDTH, _HEIGHT = 254, 256, 257
_LOOKED_AT = 8  # a directory is sorted by tag, so these three are among its first entries
_NOT_A_PAGE = 0b101  # TIFF 6.0, NewSubfileType: bit 0 a reduced copy of another image, bit 2 a mask


@dataclass(frozen=True, slots=True)
class TiffPage:
    """Where a page's directory lies, and its size in pixels as stored; 0 where the directory does not say."""

    offset: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Layout:
    """How one of the four variants of TIFF is laid out: struct formats of its fields."""

    count: struct.Struct
    entry: struct.Struct
    offset: struct.Struct
    header: int  # where the first directory's offset stands
    order: str


def tiff_pages(data: FileBytes) -> list[TiffPage]:
    """The pages among the first MOST_PAGES directories, in file order; thumbnails and masks are none.

    Raises Refusal(INVALID_IMAGE) when the chain leaves the file or runs in a circle.
    """
    try:
        pages = list(_pages(data))
    except struct.error as fault:
        raise Refusal(Reason.INVALID_IMAGE, DAMAGED) from fault
    if not pages:
        raise Refusal(Reason.INVALID_IMAGE, DAMAGED)
    return pages


def as_first_page(data: FileBytes, page: TiffPage) -> IO[bytes]:
    """The same file to read, whose header names `page` as its first page. Nothing is copied or changed."""
    layout = _layout(data)
    header = data[: layout.header] + layout.offset.pack(page.offset)
    return cast("IO[bytes]", _OtherHeader(data, header))


class _OtherHeader:
    """A file with other first bytes; as much of a file as Pillow asks for."""

    def __init__(self, data: FileBytes, header: bytes) -> None:
        self._data, self._header, self._place = data, header, 0

    def read(self, size: int = -1) -> bytes:
        """The next `size` bytes, or as many as there are."""
        start = self._place
        stop = len(self._data) if size < 0 else min(start + size, len(self._data))
        found = self._header[start:stop] + self._data[max(start, len(self._header)) : stop]
        self._place = max(start, stop)
        return found

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As every file's. Raises ValueError before the start."""
        place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: len(self._data)}[whence]
        if place < 0:
            raise ValueError("before the start")
        self._place = place
        return place

    def tell(self) -> int:
        """Where the next `read` starts."""
        return self._place


def _layout(data: FileBytes) -> _Layout:
    order = "<" if data[:2] == b"II" else ">"
    if b"+" in data[2:4]:
        return _Layout(struct.Struct(order + "Q"), struct.Struct(order + "HHQ8s"), struct.Struct(order + "Q"), 8, order)
    return _Layout(struct.Struct(order + "H"), struct.Struct(order + "HHI4s"), struct.Struct(order + "I"), 4, order)


def _pages(data: FileBytes) -> Iterator[TiffPage]:
    layout = _layout(data)
    buffer: Any = data
    (offset,) = layout.offset.unpack_from(buffer, layout.header)
    seen: set[int] = set()
    found = 0
    while offset and len(seen) < MOST_PAGES:
        if offset in seen or offset >= len(data):
            raise struct.error("a circle, or a way out of the file")
        seen.add(offset)
        (entries,) = layout.count.unpack_from(buffer, offset)
        start = offset + layout.count.size
        values = _values(buffer, layout, start, min(entries, _LOOKED_AT))
        if not found or not values.get(_SUBFILE_TYPE, 0) & _NOT_A_PAGE:
            found += 1
            yield TiffPage(offset, values.get(_WIDTH, 0), values.get(_HEIGHT, 0))
        end = start + entries * layout.entry.size
        if end > len(data):
            raise struct.error("longer than the file")
        (offset,) = layout.offset.unpack_from(buffer, end)


def _values(buffer: Any, layout: _Layout, start: int, entries: int) -> dict[int, int]:
    """The three tags' values, from the first few entries of a directory."""
    values = {}
    for number in range(entries):
        tag, kind, count, inline = layout.entry.unpack_from(buffer, start + number * layout.entry.size)
        if tag > _HEIGHT:
            break
        if count == 1 and kind in (3, 4):  # SHORT, LONG
            values[tag] = int(struct.unpack_from(layout.order + ("H" if kind == 3 else "I"), inline)[0])
    return values
