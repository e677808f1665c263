"""From the bytes of an image file to upright RGB, judged before a pixel is decoded.

`decode` is what a request wants; `judge` and `Judged.upright` are its two halves, for the decoder's child
process (`readstone.intake.decoder_child`), which sets tighter limits on itself between them.

Decisions (contract section 8, [P] where the contract is silent):
- Truncated files are refused, a JPEG short of its last rows too: half a page read as if it were whole is
  worse for a caller than a refusal.
- Colour profiles are ignored: no engine here can tell the difference, and running a stranger's profile
  through a colour engine is one more parser for a hostile file to break.
- Animations and multi-page files give their first frame, icons their largest.

Not thread-safe: Pillow's warnings and its global size guard are switched off while a file is open.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from typing import IO

import numpy as np

# Importing the plugins registers them; without this Pillow imports all of its 45 at the first WEBP.
from PIL import (  # noqa: F401
    BmpImagePlugin,
    GifImagePlugin,
    IcoImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from readstone.domain.picture import Picture, RgbPixels
from readstone.domain.refusals import Reason, Refusal
from readstone.intake.icon import largest_icon
from readstone.intake.upright import Upright, upright

NOT_AN_IMAGE = "Input data is not a valid image."

# Address space that decoding takes at most, bytes a pixel: Pillow's copy (4), a second one where the plugin
# turns or blends (4), libjpeg's coefficients (8), libwebp's two canvases (8) and their copy (4), libtiff's
# strip (8).
_BYTES_PER_PIXEL = {
    "Jpeg": 12,
    "Mpo": 12,
    "Png": 8,
    "Gif": 8,
    "Bmp": 12,
    "Webp": 24,
    "Ico": 24,
    "Tiff": 24,
}
# Measured, processor seconds a megapixel: 0.02 for progressive JPEG and WEBP, at most 0.18 for bitmaps with
# run-length coding, which Pillow decodes in Python.
_SECONDS = 1.0
_SECONDS_PER_MEGAPIXEL = 0.4
_PILLOW_NAMES = {"Jpeg": "JPEG", "Mpo": "JPEG", "Png": "PNG", "Gif": "GIF", "Bmp": "BMP", "Tiff": "TIFF"}
_CONTRACT_NAMES = {"JPEG": "Jpeg", "MPO": "Mpo", "PNG": "Png", "GIF": "Gif", "BMP": "Bmp", "TIFF": "Tiff"}

# Each scan of a progressive JPEG passes over the whole image, and a scan may be 20 bytes: cameras and
# optimisers write about ten, libjpeg's own fuzzing stops at 500.
_MAX_JPEG_SCANS = 100
_EXIF = b"Exif\0\0"


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What a route accepts (contract section 8)."""

    formats: frozenset[str]
    """Containers, in the contract's spelling: Jpeg Png Gif Bmp Webp Ico Tiff Mpo."""
    min_side: int
    """Pixels, both axes, inclusive."""
    max_side: int
    """Pixels, both axes, inclusive."""
    max_pixels: int
    """Width times height, inclusive."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A file whose header is within the limits; its pixels are not decoded yet."""

    format: str
    width: int
    height: int
    open: Callable[[], ImageFile.ImageFile]

    @property
    def bytes_needed(self) -> int:
        """The most address space, in bytes, that an honest file of this size needs for decoding."""
        return self.width * self.height * _BYTES_PER_PIXEL[self.format]

    @property
    def seconds_needed(self) -> float:
        """The most processor time that decoding an honest file of this size takes."""
        return _SECONDS + _SECONDS_PER_MEGAPIXEL * self.width * self.height / 1e6

    def upright(self) -> Upright:
        """Decode and turn upright. Raises Refusal(IMAGE_FORMAT) when the data does not decode to the end."""
        with _faults_refused():
            found = upright(self.open())
        return replace(found, bands=_bands_or_refusal(found.bands))


def decode(data: bytes, limits: ImageLimits) -> Picture:
    """Decode in this process; only for files known to be harmless, else use `DecoderPool.decode`.

    Raises Refusal: IMAGE_FORMAT, then IMAGE_TOO_SMALL or IMAGE_DIMENSION (order of contract 6.1).
    """
    judged = judge(data, limits)
    found = judged.upright()
    pixels = np.empty((found.height, found.width, 3), np.uint8)
    filled = 0
    for band in found.bands:
        pixels[filled : filled + len(band)] = band
        filled += len(band)
    return Picture(pixels, judged.format)


def judge(data: bytes, limits: ImageLimits) -> Judged:
    """Recognise the container and hold its size against the limits; no pixel memory is allocated.

    The size judged is the stored one, before EXIF turning; the limits are square.
    Raises Refusal: IMAGE_FORMAT, then IMAGE_TOO_SMALL or IMAGE_DIMENSION (order of contract 6.1).
    """
    with _faults_refused():
        judged = _recognised(data, limits.formats)
    width, height = judged.width, judged.height
    if min(width, height) < limits.min_side:
        side = limits.min_side
        raise Refusal(
            Reason.IMAGE_TOO_SMALL, f"Image must be at least {side} pixels in width and height"
        )  # contract 6.6
    if max(width, height) > limits.max_side or width * height > limits.max_pixels:
        low, high = limits.min_side, limits.max_side
        raise Refusal(
            Reason.IMAGE_DIMENSION,  # contract 6.4, recorded from the live service
            f"Image dimension ({width}*{height}) is out of range. "
            f"Image dimensions should be in the range of {low} x {low} and {high} x {high}.",
        )
    return judged


def judge_tiff(file: IO[bytes]) -> Judged:
    """The first page of a TIFF, of whatever size; no pixel memory is allocated. Raises Refusal(IMAGE_FORMAT)."""
    with _faults_refused():
        image = Image.open(file, formats=["TIFF"])
        return Judged("Tiff", image.width, image.height, lambda: image)


def _recognised(data: bytes, formats: frozenset[str]) -> Judged:
    if data.startswith(b"RIFF") and "Webp" in formats:
        # Pillow allocates the whole canvas on opening, so the header is read here.
        width, height = _webp_size(data)
        return Judged("Webp", width, height, lambda: WebPImagePlugin.WebPImageFile(BytesIO(data)))
    if data.startswith(b"\0\0\1\0") and "Ico" in formats:
        icon = largest_icon(data)  # Pillow decodes an icon on opening
        return Judged("Ico", icon.width, icon.height, icon.open)
    if data.startswith(b"\xff\xd8") and data.count(b"\xff\xda") > _MAX_JPEG_SCANS:
        raise ValueError("too many scans")
    image = _opened(data, sorted({_PILLOW_NAMES[name] for name in formats if name in _PILLOW_NAMES}))
    found = _CONTRACT_NAMES[image.format or ""]
    if found == "Mpo" and found not in formats:
        found = "Jpeg"  # its first frame is a complete JPEG
    if found not in formats:
        raise ValueError("not an accepted format")
    return Judged(found, image.width, image.height, lambda: image)


def _opened(data: bytes, names: list[str]) -> ImageFile.ImageFile:
    try:
        return Image.open(BytesIO(data), formats=names)
    except UnidentifiedImageError:
        # Pillow looks for a JPEG's resolution in its EXIF block and gives up on a broken one, which is no
        # fault of the picture's: once more, with the block's name made unknown.
        if not data.startswith(b"\xff\xd8") or _EXIF not in data:
            raise
        return Image.open(BytesIO(data.replace(_EXIF, _EXIF.lower(), 1)), formats=names)


def _webp_size(data: bytes) -> tuple[int, int]:
    """Canvas (width, height) by RFC 9649, sections 2.5 to 2.7 and RFC 6386 section 9.1."""
    kind, head = data[8:16], data[20:30]
    if len(head) == 10 and kind == b"WEBPVP8X":
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    if len(head) == 10 and kind == b"WEBPVP8L" and head[0] == 0x2F:
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if len(head) == 10 and kind == b"WEBPVP8 " and head[3:6] == b"\x9d\x01\x2a":
        width, height = int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("no WEBP header")


def _bands_or_refusal(bands: Iterator[RgbPixels]) -> Iterator[RgbPixels]:
    while True:
        with _faults_refused():
            band = next(bands, None)
        if band is None:
            return
        yield band


@contextmanager
def _faults_refused() -> Iterator[None]:
    """Turn whatever Pillow raises into the one refusal; silence what it warns of.

    Pillow's own size guard is off meanwhile: it knows no route, and hides the size from the refusal.
    """
    guard, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Refusal:
        raise
    except Exception as fault:  # Pillow raises nearly every kind on a broken file, MemoryError included
        raise Refusal(Reason.IMAGE_FORMAT, NOT_AN_IMAGE) from fault
    finally:
        Image.MAX_IMAGE_PIXELS = guard
