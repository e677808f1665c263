"""The largest image of a Windows icon, found without decoding any.

An icon's directory says at most 256 x 256 of each image, but the PNG or bitmap it points to has a size of
its own and may be huge, and Pillow decodes on opening. So the images' own headers are read here.
Layout: learn.microsoft.com/previous-versions/ms997538 ("Icons"), PNG entries since Windows Vista.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from PIL import IcoImagePlugin, ImageFile, PngImagePlugin

_DIRECTORY = struct.Struct("<BBBBHHII")
_PNG_START = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


@dataclass(frozen=True, slots=True)
class Icon:
    """One image of an icon: its true size in pixels, and how to open it."""

    width: int
    height: int
    bits: int
    open: Callable[[], ImageFile.ImageFile]


def largest_icon(data: bytes) -> Icon:
    """The image with the most pixels, of equals the deepest.

    Raises ValueError or struct.error when the directory is cut short or points at no image.
    """
    count = int.from_bytes(data[4:6], "little")
    icons = [_icon(data, *_DIRECTORY.unpack_from(data, 6 + 16 * index)) for index in range(count)]
    return max(icons, key=lambda icon: (icon.width * icon.height, icon.bits))


def _icon(
    data: bytes, width: int, height: int, colours: int, _: int, planes: int, bits: int, size: int, start: int
) -> Icon:
    if data.startswith(_PNG_START, start):
        width, height = struct.unpack_from(">II", data, start + 16)
        return Icon(width, height, 32, lambda: PngImagePlugin.PngImageFile(BytesIO(data[start : start + size])))
    header, wide, high = struct.unpack_from("<Iii", data, start)
    if header == 12:  # OS/2 bitmap: 16 bit sides
        wide, high = struct.unpack_from("<HH", data, start + 4)
    # Twice the height is stored: the colours, then the mask.
    entry = _DIRECTORY.pack(width, height, colours, 0, planes, bits, size, 6 + _DIRECTORY.size)

    def open_alone() -> ImageFile.ImageFile:
        alone = b"\0\0\1\0\1\0" + entry + data[start : start + size]
        return IcoImagePlugin.IcoImageFile(BytesIO(alone))

    return Icon(wide, abs(high) // 2, bits, open_alone)
