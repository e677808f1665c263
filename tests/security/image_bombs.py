"""Files of a few kilobytes to 4 MB that are valid enough to try to exhaust a decoder's time or memory."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache

from PIL import Image

_SIDE = 4200  # within the limits the bombs are tried with: decoding begins
_PNG = b"\x89PNG\r\n\x1a\n"
_MEGABYTE = 1 << 20
_BYTES = 3_900_000  # of the largest files


def may_decode_bomb(name: str) -> bool:
    """Whether the bomb may be taken for a valid picture of at most 4200 x 4200."""
    return name in _MAY_DECODE


@cache
def bombs() -> list[tuple[str, bytes]]:
    """(name, bytes) of every bomb; names begin with `bomb-`."""
    made = {**_png(), **_gif(), **_bmp(), **_jpeg(), **_tiff(), **_others()}
    return [(f"bomb-{name}", data) for name, data in made.items()]


# Hostile only in what surrounds a picture of allowed size, so it may be read; the rest is surely refused.
_MAY_DECODE = frozenset(
    "bomb-" + name
    for name in (
        "png-one-colour png-endless-idat png-many-empty-chunks png-empty-chunks-at-end png-exif-loop "
        "png-apng-frames gif-100000-frames gif-comments gif-one-colour bmp-rle-deltas bmp-rle-short-lines "
        "jpeg-one-colour-progressive jpeg-segments jpeg-fill-bytes jpeg-junk jpeg-exif-loop "
        "jpeg-exif-huge-tag jpeg-icc-pieces tiff-ifd-loop tiff-page-chain tiff-sub-ifd-loop tiff-deflate "
        "tiff-lzw tiff-huge-tag tiff-many-tags webp-frames webp-metadata ico-entries mpo-frames"
    ).split()
)


def _deflated_zeros(size: int) -> bytes:
    """A zlib stream of so many zeros, made without compressing them all."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(_MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    rest = zlib.compressobj(9, zlib.DEFLATED, -15)
    last = rest.compress(bytes(size % _MEGABYTE)) + rest.flush()
    return b"\x78\xda" + block * (size // _MEGABYTE) + last + struct.pack(">I", size % 65521 << 16 | 1)


def _chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png_file(
    width: int, height: int, bits: int, colour: int, idat: bytes, before: bytes = b"", after: bytes = b"", lace: int = 0
) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, lace)
    return _PNG + _chunk(b"IHDR", head) + before + _chunk(b"IDAT", idat) + after + _chunk(b"IEND")


def _exif_loop(count: int = 1) -> bytes:
    """A TIFF block whose directory points to itself, as sub-directory and as successor."""
    tags = struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<HHII", 0x8825, 4, 1, 8)
    tags += struct.pack("<HHII", 0x0112, 3, count, 6)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", 3) + tags + struct.pack("<I", 8)


def _png() -> dict[str, bytes]:
    small = zlib.compress(bytes(100 * 101))
    square = _deflated_zeros(_SIDE * (3 * _SIDE + 1))
    text = _chunk(b"zTXt", b"Comment\0\0" + _deflated_zeros(1000 * _MEGABYTE))
    frame = struct.pack(">IIIIHHBB", 100, 100, 0, 0, 1, 10, 0, 0)
    tiny = zlib.compress(bytes(100 * 101), 9)
    frames = b"".join(
        _chunk(b"fcTL", struct.pack(">I", 2 * n - 1) + frame) + _chunk(b"fdAT", struct.pack(">I", 2 * n) + tiny)
        for n in range(1, 30_000)
    )
    return {
        "png-64k-square": _png_file(65535, 65535, 1, 0, _deflated_zeros(65535 * 8193)),
        "png-64k-square-rgb": _png_file(65535, 65535, 8, 2, _deflated_zeros(3000 * _MEGABYTE)),
        "png-64k-interlaced": _png_file(65535, 65535, 8, 6, _deflated_zeros(3000 * _MEGABYTE), lace=1),
        "png-2-billion": _png_file(2**31 - 1, 2**31 - 1, 8, 2, small),
        "png-a-line": _png_file(2**31 - 1, 100, 1, 0, small),
        "png-no-area": _png_file(0, 100, 8, 0, small),
        "png-cut-short": _png_file(_SIDE, _SIDE, 16, 6, zlib.compress(bytes(5000))),
        "png-one-colour": _png_file(_SIDE, _SIDE, 8, 2, square),
        "png-endless-idat": _png_file(100, 100, 8, 0, _deflated_zeros(3000 * _MEGABYTE)),
        "png-ztxt": _png_file(100, 100, 8, 0, small, before=text),
        "png-itxt": _png_file(
            100, 100, 8, 0, small, before=_chunk(b"iTXt", b"k\0\1\0\0\0" + _deflated_zeros(1000 * _MEGABYTE))
        ),
        "png-text-chunks": _png_file(
            100, 100, 8, 0, small, after=_chunk(b"zTXt", b"k\0\0" + _deflated_zeros(_MEGABYTE - 9)) * 3000
        ),
        "png-iccp": _png_file(
            100, 100, 8, 0, small, before=_chunk(b"iCCP", b"k\0\0" + _deflated_zeros(1000 * _MEGABYTE))
        ),
        "png-many-empty-chunks": _png_file(100, 100, 8, 0, small, before=_chunk(b"abCd") * (_BYTES // 12)),
        "png-empty-chunks-at-end": _png_file(100, 100, 8, 0, small, after=_chunk(b"abCd") * (_BYTES // 12)),
        "png-lying-length": _PNG + b"\x7f\xff\xff\xffIHDR" + bytes(40),
        "png-exif-loop": _png_file(100, 100, 8, 0, small, before=_chunk(b"eXIf", _exif_loop())),
        "png-apng-frames": _png_file(
            100,
            100,
            8,
            0,
            tiny,
            before=_chunk(b"acTL", struct.pack(">II", 30_000, 0)) + _chunk(b"fcTL", bytes(4) + frame),
            after=frames,
        ),
    }


def _gif_head(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF0, 0, 0) + b"\0\0\0\xff\xff\xff"


def _gif() -> dict[str, bytes]:
    tiny = b"\x2c" + struct.pack("<HHHHB", 0, 0, 100, 100, 0) + b"\2\2\x44\1\0"
    one_colour = io.BytesIO()
    Image.new("P", (_SIDE, _SIDE)).save(one_colour, "GIF")
    good = io.BytesIO()
    Image.new("P", (100, 100)).save(good, "GIF")
    whole = good.getvalue()
    image = whole[whole.index(b"\x2c") :]
    return {
        "gif-100000-frames": whole[:-1] + tiny * 100_000 + b";",
        "gif-huge-screen": _gif_head(65535, 65535) + image,
        "gif-frame-beyond-screen": _gif_head(100, 100)
        + b"\x2c"
        + struct.pack("<HHHHB", 65000, 65000, 500, 500, 0)
        + image[10:],
        "gif-comments": _gif_head(100, 100) + (b"!\xfe" + b"\2ab" * 600_000 + b"\0") * 2 + image,
        "gif-extensions": _gif_head(100, 100) + b"!\xf9\0" * (_BYTES // 3) + image,
        "gif-one-colour": one_colour.getvalue(),
        "gif-no-end": _gif_head(100, 100) + b"\x2c" + struct.pack("<HHHHB", 0, 0, 100, 100, 0) + b"\2" + b"\1\0" * 99,
    }


def _bmp_file(width: int, height: int, bits: int, packing: int, colours: int, data: bytes) -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, packing, len(data), 0, 0, colours, 0)
    palette = b"\1\2\3\0" * min(colours, 256)
    start = 14 + len(head) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + head + palette + data


def _bmp() -> dict[str, bytes]:
    return {
        "bmp-lying-size": _bmp_file(2**31 - 1, 2**31 - 1, 24, 0, 0, bytes(600)),
        "bmp-64k": _bmp_file(65535, 65535, 1, 0, 2, bytes(600)),
        "bmp-negative": _bmp_file(-100, -(2**31), 24, 0, 0, bytes(600)),
        "bmp-cut-short": _bmp_file(_SIDE, _SIDE, 32, 0, 0, bytes(600)),
        "bmp-rle-huge": _bmp_file(65535, 65535, 8, 1, 256, b"\xff\0" * 500),
        "bmp-rle-deltas": _bmp_file(_SIDE, _SIDE, 8, 1, 256, b"\0\2\xff\xff" * 500 + b"\0\1"),
        "bmp-rle-empty-runs": _bmp_file(_SIDE, _SIDE, 8, 1, 256, b"\1\0" * (_BYTES // 2)),
        "bmp-rle-short-lines": _bmp_file(_SIDE, _SIDE, 4, 2, 16, b"\1\0\0\0" * 4300),
        "bmp-palette": _bmp_file(100, 100, 8, 0, 2**32 - 1, bytes(10_000)),
    }


def _jpeg_of(side: int, **options: object) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (side, side), (90, 120, 30)).save(written, "JPEG", **options)
    return written.getvalue()


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def _jpeg() -> dict[str, bytes]:
    small = _jpeg_of(100)
    start, rest = small[:2], small[2:]
    size_at = small.index(b"\xff\xc0") + 5
    huge = small[:size_at] + struct.pack(">HH", 65500, 65500) + small[size_at + 4 :]
    progressive = _jpeg_of(_SIDE, progressive=True, quality=1)
    last_scan = progressive[progressive.rindex(b"\xff\xda") : -2]
    profile = b"".join(_segment(0xE2, b"ICC_PROFILE\0" + bytes([n, 255]) + bytes(15_000)) for n in range(1, 256))
    return {
        "jpeg-65500": huge,
        "jpeg-500-scans": progressive[:-2] + last_scan * 500 + b"\xff\xd9",
        "jpeg-one-colour-progressive": progressive,
        "jpeg-cut-short": _jpeg_of(_SIDE)[:2000],
        "jpeg-segments": start + b"\xff\xe5\0\2" * (_BYTES // 4) + rest,
        "jpeg-fill-bytes": start + b"\xff" * _BYTES + rest,
        "jpeg-junk": start + b"\xff\xe5\0\2" + b"\0" * _BYTES + rest,
        "jpeg-exif-loop": start + _segment(0xE1, b"Exif\0\0" + _exif_loop()) + rest,
        "jpeg-exif-huge-tag": start + _segment(0xE1, b"Exif\0\0" + _exif_loop(2**32 - 1)) + rest,
        "jpeg-icc-pieces": start + profile + rest,
        "jpeg-no-scan": start + _segment(0xC0, b"\x08\xff\xdc\xff\xdc\3\1\x22\0\2\x11\1\3\x11\1"),
    }


def _tiff_file(tags: list[tuple[int, int, int, int]], data: bytes = b"", following: int = 0) -> bytes:
    """`data` lies at byte 8, the directory behind it; a tag is (number, type, count, value)."""
    data += bytes(len(data) % 2)
    packed = b"".join(
        struct.pack("<HHII", *tag) if tag[1] == 4 else struct.pack("<HHIHH", *tag, 0) for tag in sorted(tags)
    )
    return (
        b"II*\0"
        + struct.pack("<I", 8 + len(data))
        + data
        + struct.pack("<H", len(tags))
        + packed
        + struct.pack("<I", following)
    )


def _tiff_tags(width: int, height: int, packing: int, size: int) -> list[tuple[int, int, int, int]]:
    return [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, packing),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (277, 3, 1, 1),
        (278, 4, 1, height),
        (279, 4, 1, size),
    ]


def _tiff() -> dict[str, bytes]:
    grey = bytes(100 * 100)
    directory_at = 8 + len(grey)
    plain = _tiff_tags(100, 100, 1, len(grey))
    zeros = _deflated_zeros(_SIDE * _SIDE)
    lzw = io.BytesIO()
    Image.new("L", (_SIDE, _SIDE)).save(lzw, "TIFF", compression="tiff_lzw")
    chain = _tiff_file(plain, grey, directory_at + 2 + 12 * len(plain) + 4)
    step = 2 + 12 + 4
    chain += b"".join(struct.pack("<HHHIII", 1, 256, 4, 1, 100, len(chain) + step * (n + 1)) for n in range(100_000))
    return {
        "tiff-ifd-loop": _tiff_file(plain, grey, directory_at),
        "tiff-page-chain": chain,
        "tiff-sub-ifd-loop": _tiff_file([*plain, (330, 4, 1, directory_at), (34665, 4, 1, directory_at)], grey),
        "tiff-64k": _tiff_file(_tiff_tags(65535, 65535, 8, len(zeros)), zeros),
        "tiff-2-billion": _tiff_file(_tiff_tags(2**31 - 1, 2**31 - 1, 1, 100), grey),
        "tiff-deflate": _tiff_file(_tiff_tags(_SIDE, _SIDE, 8, len(zeros)), zeros),
        "tiff-deflate-cut": _tiff_file(_tiff_tags(_SIDE, _SIDE, 8, 500), zeros[:500]),
        "tiff-lzw": lzw.getvalue(),
        "tiff-huge-tag": _tiff_file([*plain, (700, 1, 2**32 - 1, 8)], grey),
        "tiff-many-tags": _tiff_file([*plain, *((n, 4, 1, 7) for n in range(1000, 60_000))], grey),
        "tiff-many-strips": _tiff_file(
            [tag for tag in plain if tag[0] not in (273, 278, 279)] + [(273, 4, 2**28, 8), (278, 4, 1, 1)], grey
        ),
        "tiff-samples": _tiff_file([*plain[:6], (277, 3, 1, 65535), *plain[7:]], grey),
        "tiff-tile": _tiff_file([*plain[:5], (322, 4, 1, 2**31), (323, 4, 1, 2**31), (324, 4, 1, 8)], grey),
        "tiff-no-rows-a-strip": _tiff_file([*plain[:7], (278, 4, 1, 0), plain[8]], grey),
    }


def _riff(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _riff_chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def _canvas(width: int, height: int, flags: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return _riff_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + sides)


def _others() -> dict[str, bytes]:
    written = io.BytesIO()
    Image.new("RGB", (100, 100), (1, 2, 3)).save(written, "WEBP", lossless=True)
    lossless = written.getvalue()[12:]
    animation = _riff_chunk(b"ANIM", bytes(6))
    place = bytes(6) + (99).to_bytes(3, "little") * 2 + (50).to_bytes(3, "little") + b"\0"
    frame = _riff_chunk(b"ANMF", place + lossless)
    huge_png = _png_file(50_000, 50_000, 8, 6, _deflated_zeros(1000 * _MEGABYTE))
    icon = struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 64, 64, 0, 0, 1, 32, len(huge_png), 22)
    dib = struct.pack("<IiiHHIIiiII", 40, 60_000, 120_000, 1, 32, 0, 0, 0, 0, 0, 0)
    small_png = _png_file(100, 100, 8, 0, zlib.compress(bytes(100 * 101)))
    entry = struct.pack("<BBBBHHII", 100, 100, 0, 0, 1, 8, len(small_png), 6 + 16 * 65_535)
    jpeg = _jpeg_of(100)
    count = 200_000
    index = struct.pack("<HHII", 0xB001, 4, 1, count) + struct.pack("<HHII", 0xB002, 7, 16 * count, 50)
    mpf = b"MPF\0II*\0\x08\0\0\0" + struct.pack("<H", 2) + index + struct.pack("<I", 0) + bytes(60_000)
    return {
        "webp-huge-canvas": _riff(_canvas(2**24, 255, 2), animation, frame),
        "webp-16k-lossless": _riff(
            _riff_chunk(b"VP8L", b"\x2f" + struct.pack("<I", 0x3FFF | 0x3FFF << 14) + bytes(60))
        ),
        "webp-cut-short": _riff(
            _riff_chunk(b"VP8L", b"\x2f" + struct.pack("<I", (_SIDE - 1) | (_SIDE - 1) << 14) + bytes(60))
        ),
        "webp-frames": _riff(_canvas(100, 100, 2), animation, frame * (_BYTES // len(frame))),
        "webp-metadata": _riff(_canvas(100, 100, 0x2C), lossless, *[_riff_chunk(b"EXIF", _exif_loop())] * 40_000),
        "webp-canvas-larger": _riff(_canvas(_SIDE, _SIDE, 0x10), lossless),
        "ico-huge-png": icon + huge_png,
        "ico-huge-bitmap": struct.pack("<HHH", 0, 1, 1)
        + struct.pack("<BBBBHHII", 64, 64, 0, 0, 1, 32, 4000, 22)
        + dib
        + bytes(4000),
        "ico-entries": struct.pack("<HHH", 0, 1, 65_535) + entry * 65_535 + small_png,
        "mpo-frames": jpeg[:2] + _segment(0xE2, mpf) + jpeg[2:],
    }
