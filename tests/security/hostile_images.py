"""Broken and hostile image files, made here, the same for the same seed.

`hostile_images`: many small damaged files. `bombs`: the few dozen that are valid enough to try to exhaust
time or memory; each is under 4 MB, so that they reach the decoder of every route. `may_decode` says of a
name whether the file can possibly be a valid picture (a benign flip, garbage after the end): a test over
HTTP takes 200 for those, and 4xx for every one.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable

from PIL import Image, ImageDraw

from security.image_bombs import bombs, may_decode_bomb

__all__ = ["bombs", "hostile_images", "may_decode"]

_NEVER = {"empty", "byte", "text", "html", "zip", "pdf", "elf", "svg", "json", "nulls", "magic"}


def may_decode(name: str) -> bool:
    """Whether the file of that name, from either list, might be a valid picture of allowed size."""
    if name.startswith("bomb-"):
        return may_decode_bomb(name)
    return name.split("-")[1] not in _NEVER


def hostile_images(seed: int, count: int) -> list[tuple[str, bytes]]:
    """`count` files as (name, bytes); a name is `number-kind` or `number-damage-format`."""
    dice = random.Random(seed)
    fixed = _never_images(dice)
    good = _good_images(dice)
    files = fixed[:count]
    damages = list(DAMAGES)
    while len(files) < count:
        index = len(files) - len(fixed)
        kind, data = good[index % len(good)]
        damage = damages[index // len(good) % len(damages)]
        files.append((f"{damage}-{kind}", DAMAGES[damage](dice, data, dice.choice(good)[1])))
    return [(f"{number:05d}-{name}", data) for number, (name, data) in enumerate(files)]


def _never_images(dice: random.Random) -> list[tuple[str, bytes]]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as archived:
        archived.writestr("page.png", b"not really")
    magics = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"BM", b"RIFF\x10\0\0\0WEBPVP8 ", b"II*\0"]
    magics += [b"MM\0*", b"\0\0\1\0", b"\0\0\1\0\1\0", b"RIFF", b"\xff\xd8", b"II+\0\x08\0\0\0"]
    return [
        ("empty", b""),
        ("byte", b"\0"),
        ("byte", b"\xff"),
        ("text", b"Dear server, this is a letter.\n" * 40),
        ("html", b"<!DOCTYPE html><html><body><img src='x.png'></body></html>"),
        ("zip", archive.getvalue()),
        ("pdf", b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"),
        ("elf", b"\x7fELF\2\1\1" + bytes(9) + b"\2\0\x3e\0" + dice.randbytes(300)),
        ("svg", b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="99" height="99"/></svg>'),
        ("json", b'{"url":"https://example.com/a.png"}'),
        ("nulls", bytes(5000)),
        *(("magic", magic) for magic in magics),
    ]


def _good_images(dice: random.Random) -> list[tuple[str, bytes]]:
    """One valid file per format and main variant, 60 to 120 pixels a side."""
    wide, high = dice.randint(60, 120), dice.randint(60, 120)
    picture = Image.frombytes("RGB", (20, 20), dice.randbytes(1200)).resize((wide, high))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((5, 5, wide - 9, high - 9), fill=(200, 30, 60))
    pen.text((8, 20), "Readstone", fill=(255, 255, 255))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Maker"
    clear = picture.copy()
    clear.putalpha(Image.linear_gradient("L").resize(picture.size))
    for_icons = clear.resize((max(wide, 64), max(high, 64)))  # Pillow writes no icon larger than its picture
    palette = picture.quantize(32)
    frames = [palette.rotate(90 * turn) for turn in range(1, 4)]
    made: list[tuple[str, Image.Image, dict[str, object]]] = [
        ("JPEG", picture, {"exif": exif}),
        ("JPEG", picture, {"progressive": True, "icc_profile": dice.randbytes(400)}),
        ("JPEG", picture.convert("CMYK"), {}),
        ("JPEG", picture.convert("L"), {}),
        ("PNG", picture, {}),
        ("PNG", clear, {"exif": exif}),
        ("PNG", palette, {"transparency": 3}),
        ("PNG", picture.convert("L").convert("I;16"), {}),
        ("PNG", palette, {"save_all": True, "append_images": frames}),
        ("GIF", palette, {"transparency": 1, "comment": b"made by nobody"}),
        ("GIF", palette, {"save_all": True, "append_images": frames, "loop": 0}),
        ("BMP", picture, {}),
        ("BMP", palette, {}),
        ("BMP", picture.convert("1"), {}),
        ("WEBP", picture, {"exif": exif}),
        ("WEBP", clear, {"lossless": True}),
        ("WEBP", picture, {"save_all": True, "append_images": [picture.rotate(90)]}),
        ("TIFF", picture, {}),
        ("TIFF", picture, {"compression": "tiff_lzw"}),
        ("TIFF", clear, {"compression": "tiff_adobe_deflate", "exif": exif}),
        ("TIFF", picture, {"compression": "jpeg"}),
        ("TIFF", picture.convert("1"), {"compression": "group4"}),
        # Its planes named anew: converted to them, a byte differs from one time to the next.
        ("TIFF", Image.merge("LAB", picture.split()), {"compression": "packbits"}),
        ("TIFF", palette, {"save_all": True, "append_images": frames}),
        ("ICO", for_icons, {"sizes": [(64, 64)]}),
        ("ICO", for_icons, {"sizes": [(64, 64), (56, 56)], "bitmap_format": "bmp"}),
        ("MPO", picture, {"save_all": True, "append_images": [picture.rotate(180)]}),
    ]
    files = []
    for kind, image, options in made:
        written = io.BytesIO()
        image.save(written, kind, **options)
        files.append((kind.lower(), written.getvalue()))
    return files


_Damage = Callable[[random.Random, bytes, bytes], bytes]


def _truncate(dice: random.Random, data: bytes, _: bytes) -> bytes:
    return data[: dice.randrange(1, len(data))]


def _head(dice: random.Random, data: bytes, _: bytes) -> bytes:
    return data[: dice.randrange(2, min(200, len(data)))]


def _flip(dice: random.Random, data: bytes, _other: bytes) -> bytes:
    """1 to 64 bits, half the time near the start, where the structure is."""
    changed = bytearray(data)
    end = len(data) if dice.random() < 0.5 else min(len(data), 300)
    for _ in range(2 ** dice.randint(0, 6)):
        changed[dice.randrange(end)] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _extreme(dice: random.Random, data: bytes, _other: bytes) -> bytes:
    """A length, count or offset somewhere becomes one of those that overflow."""
    values = (0, 1, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
    changed = bytearray(data)
    for _ in range(dice.randint(1, 3)):
        form = dice.choice(("<H", ">H", "<I", ">I"))
        value = dice.choice(values) & (0xFFFF if form[1] == "H" else 0xFFFFFFFF)
        struct.pack_into(form, changed, dice.randrange(min(len(data) - 4, 400)), value)
    return bytes(changed)


def _splice(dice: random.Random, data: bytes, other: bytes) -> bytes:
    return data[: dice.randrange(1, len(data))] + other[dice.randrange(len(other)) :]


def _append(dice: random.Random, data: bytes, other: bytes) -> bytes:
    return data + (other if dice.random() < 0.3 else dice.randbytes(dice.randint(1, 3000)))


def _cut_out(dice: random.Random, data: bytes, _: bytes) -> bytes:
    start = dice.randrange(len(data))
    return data[:start] + data[start + dice.randint(1, 200) :]


def _repeat(dice: random.Random, data: bytes, _: bytes) -> bytes:
    start = dice.randrange(len(data))
    stop = start + dice.randint(1, 400)
    return data[:stop] + data[start:stop] * dice.randint(1, 50) + data[stop:]


def _noise(dice: random.Random, data: bytes, _: bytes) -> bytes:
    start = dice.randrange(len(data))
    size = min(dice.randint(1, 300), len(data) - start)
    return data[:start] + dice.randbytes(size) + data[start + size :]


DAMAGES: dict[str, _Damage] = {
    "truncate": _truncate,
    "flip": _flip,
    "splice": _splice,
    "append": _append,
    "head": _head,
    "extreme": _extreme,
    "cut": _cut_out,
    "repeat": _repeat,
    "noise": _noise,
}
