"""Every mode, container and orientation comes out as upright RGB with the right values."""

from __future__ import annotations

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from readstone.domain.refusals import Reason, Refusal
from readstone.intake.decode import ImageLimits, decode, judge

ALL = frozenset({"Jpeg", "Png", "Gif", "Bmp", "Webp", "Ico", "Tiff", "Mpo"})
LIMITS = ImageLimits(ALL, 50, 4200, 4200 * 4200)
WIDE, HIGH = 70, 60


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def picture() -> Image.Image:
    """Different in every corner, so that no two turns look alike."""
    rows, columns = np.mgrid[0:HIGH, 0:WIDE]
    return Image.fromarray(np.dstack([columns * 3, rows * 4, (columns + rows) * 15 // 10]).astype(np.uint8))


def plain(colour: object, mode: str) -> Image.Image:
    return Image.new(mode, (WIDE, HIGH), colour)  # type: ignore[arg-type]


def pixels(data: bytes) -> np.ndarray:
    return decode(data, LIMITS).pixels


def colour_of(data: bytes) -> tuple[int, ...]:
    """The one colour of a plain picture."""
    found = np.unique(pixels(data).reshape(-1, 3), axis=0)
    assert len(found) == 1
    return tuple(int(value) for value in found[0])


def refusal(data: bytes, limits: ImageLimits = LIMITS) -> tuple[Reason, str]:
    with pytest.raises(Refusal) as caught:
        decode(data, limits)
    return caught.value.reason, caught.value.message


NOT_AN_IMAGE = (Reason.IMAGE_FORMAT, "Input data is not a valid image.")


@pytest.mark.parametrize(
    ("kind", "options", "name"),
    [
        ("PNG", {}, "Png"),
        ("BMP", {}, "Bmp"),
        ("WEBP", {"lossless": True}, "Webp"),
        ("WEBP", {"lossless": True, "save_all": True, "append_images": [plain(0, "RGB")]}, "Webp"),
        ("TIFF", {}, "Tiff"),
        *(
            ("TIFF", {"compression": packing}, "Tiff")
            for packing in ("tiff_lzw", "packbits", "tiff_adobe_deflate", "tiff_deflate", "lzma", "zstd")
        ),
        ("TIFF", {"save_all": True, "append_images": [plain(0, "RGB")]}, "Tiff"),
        ("PNG", {"save_all": True, "append_images": [plain(0, "RGB")]}, "Png"),
    ],
)
def test_lossless_containers_keep_every_value(kind: str, options: dict[str, object], name: str) -> None:
    found = decode(saved(picture(), kind, **options), LIMITS)
    assert found.format == name
    assert found.pixels.flags.c_contiguous
    assert np.array_equal(found.pixels, np.asarray(picture()))


@pytest.mark.parametrize(
    ("kind", "options", "name"),
    [
        ("JPEG", {"quality": 95}, "Jpeg"),
        ("JPEG", {"quality": 95, "progressive": True, "subsampling": 0}, "Jpeg"),
        ("MPO", {"quality": 95, "save_all": True, "append_images": [plain(0, "RGB")]}, "Mpo"),
        ("WEBP", {"quality": 95}, "Webp"),
        ("TIFF", {"compression": "jpeg", "quality": 95}, "Tiff"),
    ],
)
def test_lossy_containers_come_close(kind: str, options: dict[str, object], name: str) -> None:
    found = decode(saved(picture(), kind, **options), LIMITS)
    assert found.format == name
    assert np.abs(found.pixels.astype(int) - np.asarray(picture())).mean() < 4


def test_an_animated_gif_gives_its_first_frame() -> None:
    first, second = picture().quantize(64), plain(0, "P")
    found = decode(saved(first, "GIF", save_all=True, append_images=[second]), LIMITS)
    assert found.format == "Gif"
    assert np.array_equal(found.pixels, np.asarray(first.convert("RGB")))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_undone(kind: str, orientation: int) -> None:
    upright = np.asarray(picture())
    # EXIF 2.32: which visible sides the stored row 0 and column 0 are.
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: upright.transpose(1, 0, 2)[::-1],
        7: upright.transpose(1, 0, 2)[::-1, ::-1],
        8: upright.transpose(1, 0, 2)[:, ::-1],
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(np.ascontiguousarray(stored))
    options = {"lossless": True} if kind == "WEBP" else {}
    assert np.array_equal(pixels(saved(image, kind, exif=exif, **options)), upright)


def test_turning_works_across_bands() -> None:
    upright = np.random.default_rng(1).integers(0, 256, (900, 1300, 3), np.uint8)
    exif = Image.Exif()
    for orientation, stored in (
        (3, upright[::-1, ::-1]),
        (6, upright.transpose(1, 0, 2)[::-1]),
        (7, upright.transpose(1, 0, 2)[::-1, ::-1]),
        (8, upright.transpose(1, 0, 2)[:, ::-1]),
    ):
        exif[0x0112] = orientation
        data = saved(Image.fromarray(np.ascontiguousarray(stored)), "PNG", exif=exif, compress_level=1)
        assert np.array_equal(pixels(data), upright)


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_an_orientation_that_is_none_means_no_turning(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert np.array_equal(pixels(saved(picture(), "PNG", exif=exif)), np.asarray(picture()))


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0garbage",
        b"Exif\0\0II*\0\xff\xff\xff\x7f",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff",
        # a resolution without a value, over which Pillow does not open the file
        b"Exif\0\0II*\0\x08\0\0\0\2\0" + struct.pack("<HHIIHHII", 0x128, 3, 1, 2, 0x11A, 5, 0, 0) + bytes(4),
    ],
)
def test_broken_exif_means_no_turning(exif: bytes) -> None:
    data = saved(picture(), "JPEG", quality=95)
    start = 2 + 2 + int.from_bytes(data[4:6], "big")  # without the JFIF block, whose resolution Pillow prefers
    broken = data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[start:]
    assert np.array_equal(pixels(broken), pixels(data))


@pytest.mark.parametrize(
    ("image", "kind", "expected"),
    [
        (plain((255, 0, 0, 0), "RGBA"), "PNG", (255, 255, 255)),
        (plain((10, 20, 30, 255), "RGBA"), "PNG", (10, 20, 30)),
        (plain((0, 0, 200, 128), "RGBA"), "PNG", (127, 127, 227)),
        (plain((0, 0, 200, 128), "RGBA"), "TIFF", (127, 127, 227)),
        (plain((0, 128), "LA"), "PNG", (127, 127, 127)),
        (plain((0, 0), "LA"), "TIFF", (255, 255, 255)),
        (plain(77, "L"), "PNG", (77, 77, 77)),
        (plain(1, "1"), "PNG", (255, 255, 255)),
        (plain(0, "1"), "BMP", (0, 0, 0)),
        (plain(1, "1"), "TIFF", (255, 255, 255)),
        (plain(0xABCD, "I;16"), "PNG", (0xAB, 0xAB, 0xAB)),
        (plain(0x12FF, "I;16"), "TIFF", (0x12, 0x12, 0x12)),
        (plain(65535, "I;16"), "PNG", (255, 255, 255)),
        (plain(200, "I"), "TIFF", (200, 200, 200)),
        (plain(40_000, "I"), "TIFF", (155, 155, 155)),
        (plain(0.5, "F"), "TIFF", (127, 127, 127)),
        (plain(90.0, "F"), "TIFF", (90, 90, 90)),
        (plain((0, 0, 0, 255), "CMYK"), "TIFF", (0, 0, 0)),
        (plain((255, 0, 0, 0), "CMYK"), "TIFF", (0, 255, 255)),
        (plain((255, 128, 128), "LAB"), "TIFF", None),
    ],
    ids=lambda value: f"{value.mode}" if isinstance(value, Image.Image) else None,
)
def test_modes(image: Image.Image, kind: str, expected: tuple[int, int, int] | None) -> None:
    found = colour_of(saved(image, kind))
    if expected is None:  # LAB: lightest, and Pillow keeps a and b as signed bytes
        assert found[1] == 255
    else:
        assert found == expected


def test_group_4_fax() -> None:
    page = np.zeros((HIGH, WIDE), bool)
    page[10:20, 5:40] = True
    found = pixels(saved(Image.fromarray(page), "TIFF", compression="group4"))
    assert np.array_equal(found[..., 1], page * np.uint8(255))


def test_cmyk_jpeg_is_inverted_as_adobe_stores_it() -> None:
    found = pixels(saved(plain((0, 255, 255, 0), "CMYK"), "JPEG", quality=95)).reshape(-1, 3)
    assert np.abs(found.astype(int) - (255, 0, 0)).max() < 8


def test_ycck_jpeg() -> None:
    # Photoshop stores inverted inks, and YCCK is the YCbCr of the inks themselves. Inks 0, 200, 200, 0
    # (red 255, 55, 55) are Y 140, Cb 162, Cr 28, K' 255; Pillow writes each sample inverted.
    data = bytearray(saved(plain((255 - 140, 255 - 162, 255 - 28, 0), "CMYK"), "JPEG", quality=100))
    data[data.index(b"Adobe") + 11] = 2  # transform: YCCK
    found = pixels(bytes(data)).reshape(-1, 3)
    assert np.abs(found.astype(int) - (255, 55, 55)).max() < 8


def test_palette_with_see_through_colours() -> None:
    image = Image.new("P", (WIDE, HIGH), 1)
    image.putpalette([255, 0, 0, 0, 0, 200, 0, 255, 0])
    image.paste(2, (0, 0, WIDE, 10))
    assert tuple(pixels(saved(image, "PNG", transparency=1))[20, 20]) == (255, 255, 255)
    assert tuple(pixels(saved(image, "GIF", transparency=1))[20, 20]) == (255, 255, 255)
    found = pixels(saved(image, "PNG", transparency=bytes([255, 128, 255])))
    assert tuple(found[20, 20]) == (127, 127, 227)
    assert tuple(found[5, 5]) == (0, 255, 0)


@pytest.mark.parametrize(
    ("mode", "colour", "clear", "expected"),
    [
        ("RGB", (1, 2, 3), (1, 2, 3), (255, 255, 255)),
        ("RGB", (1, 2, 3), (1, 2, 4), (1, 2, 3)),
        ("L", 9, 9, (255, 255, 255)),
        ("I;16", 0x1234, 0x1234, (255, 255, 255)),
        ("I;16", 0x1234, 0x1235, (0x12, 0x12, 0x12)),
    ],
)
def test_one_see_through_colour(mode: str, colour: object, clear: object, expected: tuple[int, ...]) -> None:
    assert colour_of(saved(plain(colour, mode), "PNG", transparency=clear)) == expected


def rgb16(red: int, green: int, blue: int, clear: tuple[int, int, int] | None = None) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + struct.pack(">HHH", red, green, blue) * WIDE) * HIGH
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDE, HIGH, 16, 2, 0, 0, 0))
        + (chunk(b"tRNS", struct.pack(">HHH", *clear)) if clear else b"")
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def test_rgb_of_16_bits_is_scaled() -> None:
    assert colour_of(rgb16(0xFFFF, 0x8000, 0x01FF)) == (255, 128, 1)
    assert colour_of(rgb16(0xFFFF, 0x8000, 0x01FF, (0xFFFF, 0x8000, 0x01FF))) == (255, 255, 255)


def test_ranges_without_a_scale_are_stretched() -> None:
    values = np.linspace(-1000, 100_000, WIDE, dtype=np.float32) * np.ones((HIGH, 1), np.float32)
    values[0, 0] = np.nan
    found = pixels(saved(Image.fromarray(values), "TIFF"))
    assert found[5, 0, 0] == 0
    assert found[5, -1, 0] == 255
    assert found[0, 0, 0] == 0


def test_white_is_zero_is_heeded_for_16_bits() -> None:
    image = plain(0x1234, "I;16")
    assert colour_of(saved(image, "TIFF", tiffinfo={262: 0})) in {(255 - 0x12,) * 3, (0x12,) * 3}
    data = bytearray(saved(image, "TIFF"))
    at = data.index(struct.pack("<HHIH", 262, 3, 1, 1))
    data[at + 8] = 0
    assert colour_of(bytes(data)) == (255 - 0x12,) * 3


def test_an_icon_gives_its_largest_image() -> None:
    image = picture().resize((64, 64)).convert("RGBA")
    for packing in ("png", "bmp"):
        data = saved(image, "ICO", sizes=[(52, 52), (64, 64)], bitmap_format=packing)
        found = decode(data, LIMITS)
        assert (found.format, found.width, found.height) == ("Ico", 64, 64)
        assert np.array_equal(found.pixels, np.asarray(image.convert("RGB")))


def test_an_icon_is_judged_by_the_image_inside() -> None:
    inside = saved(plain(0, "L").resize((300, 300)), "PNG")
    icon = struct.pack("<HHHBBBBHHII", 0, 1, 1, 64, 64, 0, 0, 1, 32, len(inside), 22) + inside
    assert refusal(icon, ImageLimits(ALL, 50, 200, 40_000))[0] is Reason.IMAGE_DIMENSION
    assert decode(icon, LIMITS).width == 300


def test_mpo_where_only_jpeg_is_accepted_is_a_jpeg() -> None:
    data = saved(picture(), "MPO", save_all=True, append_images=[picture()])
    assert decode(data, ImageLimits(frozenset({"Jpeg"}), 50, 4200, 10**7)).format == "Jpeg"
    assert refusal(saved(picture(), "JPEG"), ImageLimits(frozenset({"Mpo"}), 50, 4200, 10**7)) == NOT_AN_IMAGE


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "ICO", "MPO"])
def test_a_container_the_route_does_not_accept_is_refused_before_its_size(kind: str) -> None:
    data = saved(plain(0, "RGB").resize((16, 16)), kind)
    others = ALL - {kind.capitalize()} - ({"Jpeg"} if kind == "MPO" else set())
    assert refusal(data, ImageLimits(others, 50, 100, 10_000)) == NOT_AN_IMAGE
    assert refusal(data, ImageLimits(ALL, 50, 100, 10_000))[0] is Reason.IMAGE_TOO_SMALL


@pytest.mark.parametrize("kind", ["PPM", "PCX", "TGA", "JPEG2000", "AVIF", "SGI"])
def test_other_containers_that_pillow_knows_are_refused(kind: str) -> None:
    assert refusal(saved(picture(), kind)) == NOT_AN_IMAGE


@pytest.mark.parametrize("data", [b"", b"x", b"hello " * 99, b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM"])
def test_what_is_no_image_is_refused(data: bytes) -> None:
    assert refusal(data) == NOT_AN_IMAGE


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "WEBP", "TIFF"])
def test_truncated_files_are_refused(kind: str) -> None:
    data = saved(picture(), kind)
    assert refusal(data[: len(data) * 2 // 3]) == NOT_AN_IMAGE


def test_sizes_are_inclusive_and_their_sentences_exact() -> None:
    limits = ImageLimits(ALL, 50, 60, 60 * 55)
    assert decode(saved(Image.new("L", (50, 60)), "PNG"), limits).height == 60
    assert refusal(saved(Image.new("L", (49, 60)), "PNG"), limits) == (
        Reason.IMAGE_TOO_SMALL,
        "Image must be at least 50 pixels in width and height",
    )
    for width, height in ((61, 50), (60, 60)):
        assert refusal(saved(Image.new("L", (width, height)), "BMP"), limits) == (
            Reason.IMAGE_DIMENSION,
            f"Image dimension ({width}*{height}) is out of range. "
            "Image dimensions should be in the range of 50 x 50 and 60 x 60.",
        )


def test_nothing_is_decoded_to_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.Image.core.new", never)
    for kind in ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"):
        assert judge(SAVED[kind], LIMITS).width == WIDE


SAVED = {kind: saved(picture(), kind) for kind in ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF")}


def test_pillows_guard_and_warnings_stay_as_they_were() -> None:
    guard = Image.MAX_IMAGE_PIXELS
    info = PngImagePlugin.PngInfo()
    info.add(b"eXIf", b"broken")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decode(saved(picture(), "PNG", pnginfo=info), LIMITS)
    assert guard == Image.MAX_IMAGE_PIXELS
