"""Broken and hostile documents, made here, the same for the same seed.

`damaged_documents`: many small PDF and TIFF files with something cut, flipped or spliced. `hostile_documents`:
those built to exhaust time, memory or the stack, PDF by hand in `hostile_pdfs`, TIFF here.
"""

from __future__ import annotations

import io
import random
import struct

from PIL import Image, ImageDraw

from security.hostile_images import DAMAGES
from security.hostile_pdfs import document, hostile_pdfs, image_page, many_pages, text_page

__all__ = ["damaged_documents", "good_documents", "hostile_documents"]


def damaged_documents(seed: int, count: int) -> list[tuple[str, bytes]]:
    """`count` files as (name, bytes); a name is `number-damage-kind`."""
    dice = random.Random(seed)
    good = good_documents(dice)
    files = []
    for number in range(count):
        kind, data = good[number % len(good)]
        damage = list(DAMAGES)[number // len(good) % len(DAMAGES)]
        files.append((f"{number:05d}-{damage}-{kind}", DAMAGES[damage](dice, data, dice.choice(good)[1])))
    return files


def good_documents(dice: random.Random) -> list[tuple[str, bytes]]:
    """One valid file of each main variety as (kind, bytes)."""
    picture = Image.frombytes("RGB", (20, 20), dice.randbytes(1200)).resize((150, 110))
    ImageDraw.Draw(picture).text((8, 20), "Readstone", fill=(255, 255, 255))
    jpeg = _saved(picture.copy(), "JPEG")  # Pillow leaves its encoder's settings on a picture it has saved
    rest = [picture.rotate(90), picture.convert("L")]
    scans = [image.copy() for image in rest]
    colours = b"/ColorSpace/DeviceRGB/BitsPerComponent 8"
    return [
        ("pdf", text_page(["Readstone reads", "this page"])),
        ("pdf", image_page(jpeg, b"DCTDecode", picture.size, colours, (612, 792))),
        ("pdf", many_pages(5)),
        ("pdf", _saved(picture.copy(), "PDF", save_all=True, append_images=scans)),
        ("tiff", _saved(picture, "TIFF", save_all=True, append_images=rest)),
        ("tiff", _saved(picture, "TIFF", save_all=True, append_images=rest, compression="tiff_lzw")),
        ("tiff", _saved(picture, "TIFF", save_all=True, append_images=rest, big_tiff=True)),
        ("tiff", _saved(picture.convert("1"), "TIFF", save_all=True, append_images=[], compression="group4")),
    ]


def hostile_documents() -> list[tuple[str, bytes]]:
    """Each as (name, bytes); all are under 10 MB."""
    return [
        *((f"pdf-{name}", data) for name, data in hostile_pdfs()),
        ("tiff-pages-1e5", _tiff_chain(100_000)),
        ("tiff-circle", _tiff_chain(3, last=8)),
        ("tiff-itself", _tiff_chain(1, last=8)),
        ("tiff-out-of-file", _tiff_chain(2, last=0x7FFFFFFF)),
        ("tiff-entries", b"II*\0\x08\0\0\0\xff\xff" + bytes(40)),
        ("tiff-second-huge", _tiff_chain(2, size=60_000)),
        ("tiff-big-offset", b"II+\0\x08\0\0\0" + struct.pack("<Q", 1 << 63)),
        ("tiff-empty", b"II*\0\0\0\0\0"),
        ("empty-pdf", document([])),
    ]


def _tiff_chain(count: int, last: int = 0, size: int = 64) -> bytes:
    """`count` directories of one grey page each, all of the same pixels; the first is 64 x 64, others `size`."""
    each = 2 + 12 * 8 + 4
    pixels = 8 + each * count
    out = bytearray(b"II*\0\x08\0\0\0")
    for number in range(count):
        side = size if number else 64
        tags = ((256, side), (257, side), (258, 8), (259, 1), (262, 1), (273, pixels), (278, side), (279, 4096))
        following = 8 + each * (number + 1) if number + 1 < count else last
        out += struct.pack("<H", 8) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
        out += struct.pack("<I", following)
    return bytes(out) + bytes(range(64)) * 64


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()
