"""Documents: what kind, how many pages, how large, and the right pixels of each page."""

from __future__ import annotations

import io
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from descriptors import descriptors, left_open
from readstone.domain.document import Sheet, Unit
from readstone.domain.refusals import Reason, Refusal
from readstone.intake.decoder_process import DecoderPool
from readstone.intake.document import DocumentInfo, DocumentLimits, inspect, render
from security.hostile_pdfs import (
    CATALOG,
    LETTER,
    ONE_PAGE,
    document,
    encrypted,
    image_page,
    many_pages,
    page,
    stream,
    text_page,
)

READ = DocumentLimits(frozenset({"Jpeg", "Png", "Bmp", "Pdf", "Tiff"}), 50, 10_000, 10_000 * 10_000, 17.0, 2000)
V1 = DocumentLimits(frozenset({"Jpeg", "Png", "Bmp"}), 40, 3200, 3200 * 3200, 17.0, 1)
RED = b"1 0 0 rg 0 0 72 72 re f"  # the lower left square inch


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def picture(width: int = 90, height: int = 70, seed: int = 1) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


def tiff(*images: Image.Image, **options: object) -> bytes:
    return saved(images[0], "TIFF", save_all=True, append_images=images[1:], **options)


def refusal(data: bytes, limits: DocumentLimits = READ, number: int | None = None) -> tuple[Reason, str]:
    with pytest.raises(Refusal) as caught:
        inspect(data, limits) if number is None else render(data, number, limits)
    return caught.value.reason, caught.value.message


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    pool = DecoderPool(1)
    pool.start()
    yield pool
    pool.close()


# --- images


@pytest.mark.parametrize("kind", ["Png", "Bmp", "Tiff"])
def test_an_image_is_a_document_of_one_page(kind: str) -> None:
    data = saved(picture(), kind)
    assert inspect(data, READ) == DocumentInfo(kind, 1)
    found, sheet = render(data, 1, READ)
    assert np.array_equal(found.pixels, np.asarray(picture()))
    assert found.format == kind
    assert sheet == Sheet(1, Unit.PIXEL, 90, 70, 1.0)


def test_a_turned_photo_is_measured_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    found, sheet = render(saved(picture(), "JPEG", exif=exif), 1, READ)
    assert (sheet.width, sheet.height) == (found.width, found.height) == (70, 90)


def test_what_is_no_image_at_all() -> None:
    for data in (b"", b"hello", b"BMW is a brand", bytes(3000)):
        assert refusal(data) == (Reason.IMAGE_FORMAT, "Input data is not a valid image.")


def test_a_known_format_that_the_route_does_not_take() -> None:
    for kind in ("GIF", "WEBP", "ICO"):
        reason, message = refusal(saved(picture(), kind))
        assert reason is Reason.UNSUPPORTED_IMAGE_FORMAT
        assert message.endswith("Supported are JPEG, PNG, BMP, PDF, TIFF.")
    for data in (page(), saved(picture(), "TIFF"), b"\0\0\0\x1cftypheic" + bytes(20)):
        assert refusal(data, V1)[0] is Reason.UNSUPPORTED_IMAGE_FORMAT


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "TIFF"])
def test_a_damaged_image_is_told_from_no_image(kind: str) -> None:
    data = saved(picture(), kind)
    assert refusal(data[:26])[0] is Reason.INVALID_IMAGE
    assert refusal(data[:-60], number=1)[0] is Reason.INVALID_IMAGE


def test_sizes_out_of_range() -> None:
    small = "Image dimension (90*40) is out of range. "
    small += "Image dimensions should be in the range of 50 x 50 and 10000 x 10000."
    assert refusal(saved(picture(90, 40), "PNG")) == (Reason.IMAGE_DIMENSION, small)
    assert refusal(saved(Image.new("L", (3201, 50)), "PNG"), V1)[0] is Reason.IMAGE_DIMENSION
    assert inspect(saved(picture(50, 50), "PNG"), READ).page_count == 1


def test_pages_that_an_image_does_not_have() -> None:
    for number in (0, 2, -1):
        assert refusal(saved(picture(), "PNG"), number=number)[0] is Reason.PAGE_RANGE


# --- TIFF


@pytest.mark.parametrize(
    ("mode", "codec", "big"),
    [
        *itertools.product(("L", "RGB"), ("raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "zstd", "lzma"), (0, 1)),
        *itertools.product(("1",), ("group3", "group4", "tiff_ccitt"), (0,)),
        ("RGB", "jpeg", 0),
        ("CMYK", "tiff_lzw", 0),
        ("P", "raw", 0),
    ],
)
def test_every_page_of_a_tiff(mode: str, codec: str, big: int) -> None:
    images = [picture(60 + 10 * seed, 55, seed).convert(mode) for seed in range(3)]
    data = tiff(*images, compression=codec, big_tiff=bool(big))
    assert inspect(data, READ) == DocumentInfo("Tiff", 3)
    with Image.open(io.BytesIO(data)) as expected:
        for number in (3, 1, 2):
            expected.seek(number - 1)
            found, sheet = render(data, number, READ)
            assert np.array_equal(found.pixels, np.asarray(expected.convert("RGB")))
            assert sheet == Sheet(number, Unit.PIXEL, 50 + 10 * number, 55, 1.0)
    assert refusal(data, number=4)[0] is Reason.PAGE_RANGE


def test_each_page_of_a_tiff_is_judged() -> None:
    data = tiff(picture(), picture(90, 40), picture())
    info = inspect(data, READ)
    assert info == DocumentInfo("Tiff", 3, (2,))
    info.require((1, 3), READ)
    with pytest.raises(Refusal, match=r"The size of page 2 is out of range\. Image dimensions should be") as caught:
        info.require((1, 2), READ)
    assert caught.value.reason is Reason.IMAGE_DIMENSION
    assert refusal(data, number=2)[0] is Reason.IMAGE_DIMENSION
    assert render(data, 3, READ)[1].number == 3
    assert refusal(tiff(picture(90, 40), picture(80, 40)))[1].startswith("Image dimension (90*40)")


def test_a_thumbnail_is_no_page() -> None:
    thumbnail = picture(50, 50)
    thumbnail.encoderinfo = {"tiffinfo": {254: 1}}
    assert inspect(tiff(picture(), thumbnail, picture()), READ).page_count == 2


def test_a_tiff_short_of_its_last_pages() -> None:
    data = tiff(picture(), picture(), picture())
    assert refusal(data[: len(data) // 2])[0] is Reason.INVALID_IMAGE


# --- PDF


def test_pdf_pages_are_measured_in_inches() -> None:
    data = page(LETTER, RED)
    assert inspect(data, READ) == DocumentInfo("Pdf", 1)
    found, sheet = render(data, 1, READ)
    assert (sheet.number, sheet.unit, sheet.width, sheet.height) == (1, Unit.INCH, 8.5, 11.0)
    assert found.format == "Pdf"
    assert found.width * sheet.units_per_pixel == pytest.approx(8.5, abs=0.003)
    assert found.height * sheet.units_per_pixel == pytest.approx(11, abs=1e-9)
    inch = round(1 / sheet.units_per_pixel)
    assert found.pixels[-5, 5].tolist() == [255, 0, 0]
    assert found.pixels[-inch + 5, inch - 5].tolist() == [255, 0, 0]
    assert found.pixels[-inch - 5, 5].tolist() == [255, 255, 255]


def test_crop_box_and_rotation() -> None:
    found, sheet = render(page(b"/MediaBox[0 0 612 792]/CropBox[0 0 216 144]/Rotate 90", RED), 1, READ)
    assert (sheet.width, sheet.height) == (2.0, 3.0)
    assert found.height > found.width
    assert found.pixels[5, 5].tolist() == [255, 0, 0]


def test_page_sizes_out_of_range() -> None:
    reason, message = refusal(page(b"/MediaBox[0 0 1296 720]"))
    assert reason is Reason.IMAGE_DIMENSION
    assert message == "Page size (18 x 10 inches) is out of range. PDF pages should be at most 17 x 17 inches."
    assert inspect(page(b"/MediaBox[0 0 1224 1224]"), READ).page_count == 1
    wide = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 2000 99]>>"
    plain = b"<</Type/Page/Parent 2 0 R%s>>" % LETTER
    two = document([CATALOG, b"<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]>>", plain, wide])
    info = inspect(two, READ)
    assert (info.page_count, info.unfit) == (2, (2,))
    with pytest.raises(Refusal, match=r"The size of page 2 is out of range\. PDF pages should be at most 17"):
        info.require((2,), READ)
    assert render(two, 1, READ)[1].width == 8.5
    assert refusal(two, number=2)[0] is Reason.IMAGE_DIMENSION


def test_pages_and_numbers() -> None:
    data = many_pages(10_000)
    assert inspect(data, READ).page_count == 10_000
    assert render(data, 10_000, READ)[1].number == 10_000
    for number in (0, 10_001):
        assert refusal(data, number=number)[0] is Reason.PAGE_RANGE


def test_a_count_that_promises_too_much() -> None:
    lying = document([CATALOG, b"<</Type/Pages/Count 7/Kids[3 0 R]>>", b"<</Type/Page/Parent 2 0 R%s>>" % LETTER])
    assert inspect(lying, READ).page_count == 1
    assert refusal(document([CATALOG, b"<</Type/Pages/Count 0/Kids[]>>"]))[0] is Reason.INVALID_IMAGE


def test_encryption() -> None:
    assert refusal(encrypted(b"secret")) == (Reason.INVALID_IMAGE, "Input data is password protected.")
    assert refusal(encrypted(b"secret"), number=1)[0] is Reason.INVALID_IMAGE
    assert inspect(encrypted(b""), READ).page_count == 1
    assert render(encrypted(b""), 1, READ)[1].width == 8.5


def test_a_damaged_pdf() -> None:
    assert refusal(b"%PDF-1.4\nand then nothing")[0] is Reason.INVALID_IMAGE
    good = page(LETTER, RED)
    assert inspect(good[: good.rindex(b"xref")], READ).page_count == 1, "every viewer repairs that"


def test_filled_forms_are_drawn() -> None:
    catalog = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>"
    field = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(x)/F 4/Rect[0 0 72 72]/AP<</N 5 0 R>>>>"
    look = stream(b"0 0 1 rg 0 0 72 72 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 72 72]")
    filled = document([catalog, ONE_PAGE, b"<</Type/Page/Parent 2 0 R%s/Annots[4 0 R]>>" % LETTER, field, look])
    found, _ = render(filled, 1, READ)
    assert found.pixels[-20, 20].tolist() != [255, 255, 255]


def resolution(data: bytes) -> float:
    return 1 / render(data, 1, READ)[1].units_per_pixel


def test_resolution_follows_the_text() -> None:
    words = ["Some words of text"] * 9
    assert resolution(text_page(words, 12)) == pytest.approx(200, abs=0.1)
    assert resolution(text_page(words, 4)) == pytest.approx(250, abs=0.1)
    assert resolution(text_page(words, 1)) == pytest.approx(4200 / 11, abs=0.1)
    assert resolution(text_page(words, 1, mode=3)) == pytest.approx(200, abs=0.1), "nobody sees it"
    small = text_page(words, 12, b"/MediaBox[0 0 144 72]")
    assert resolution(small) == pytest.approx(320, abs=0.1)


@pytest.mark.parametrize(("scan", "drawn"), [(150, 150), (300, 300), (600, 300), (400, 200), (100, 128)])
def test_a_scan_keeps_its_own_pixels(scan: int, drawn: int) -> None:
    image = picture(4 * scan, 5 * scan)
    colours = b"/ColorSpace/DeviceRGB/BitsPerComponent 8"
    data = image_page(saved(image, "JPEG"), b"DCTDecode", image.size, colours, (288, 360))
    found, _ = render(data, 1, READ)
    assert (found.width, found.height) == (4 * drawn, 5 * drawn)
    if scan == drawn:
        with Image.open(io.BytesIO(saved(image, "JPEG"))) as decoded:
            apart = np.abs(np.asarray(decoded.convert("RGB")).astype(int) - found.pixels)
        assert apart.mean() < 1


def test_no_page_is_drawn_larger_than_the_cap() -> None:
    found, _ = render(text_page(["x"], 1, b"/MediaBox[0 0 1224 1224]"), 1, READ)
    assert (found.width, found.height) == (4200, 4200)


# --- through the pool


def test_the_pool_gives_the_same(pool: DecoderPool, tmp_path: Path) -> None:
    documents = [
        text_page(["one", "two"]),
        many_pages(3),
        tiff(picture(), picture(80, 60, 2), compression="tiff_lzw"),
        saved(picture(), "JPEG"),
    ]
    for data in documents:
        path = tmp_path / "document"
        path.write_bytes(data)
        for given in (data, path):
            info = pool.inspect(given, READ)
            assert info == inspect(data, READ)
            for number in range(1, info.page_count + 1):
                found, sheet = pool.page(given, number, READ)
                expected, expected_sheet = render(data, number, READ)
                assert np.array_equal(found.pixels, expected.pixels)
                assert (found.format, sheet) == (expected.format, expected_sheet)


def test_the_pool_refuses_the_same(pool: DecoderPool, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    for given, reason in (
        (b"", Reason.IMAGE_FORMAT),
        (empty, Reason.IMAGE_FORMAT),
        (b"%PDF-nothing", Reason.INVALID_IMAGE),
        (saved(picture(), "GIF"), Reason.UNSUPPORTED_IMAGE_FORMAT),
        (saved(picture(20, 20), "PNG"), Reason.IMAGE_DIMENSION),
    ):
        with pytest.raises(Refusal) as caught:
            pool.inspect(given, READ)
        assert caught.value.reason is reason
    with pytest.raises(Refusal) as caught:
        pool.page(saved(picture(), "PNG"), 2, READ)
    assert caught.value.reason is Reason.PAGE_RANGE
    with pytest.raises(FileNotFoundError):
        pool.page(tmp_path / "gone", 1, READ)


def test_two_thousand_unfit_pages_are_told(pool: DecoderPool) -> None:
    wide = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 2000 99]>>"
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(1999))
    tree = b"<</Type/Pages/Count 1999/Kids[%s]%s>>" % (kids, LETTER)
    data = document([CATALOG, tree, *[wide] * 1998, b"<</Type/Page/Parent 2 0 R>>"])
    assert pool.inspect(data, READ).unfit == tuple(range(1, 1999))


def test_paths_leave_no_descriptor(pool: DecoderPool, tmp_path: Path) -> None:
    path = tmp_path / "document"
    path.write_bytes(text_page(["x"]))
    child = psutil.Process(pool.pids()[0])
    pool.page(path, 1, READ)
    before, childs_before, maps_before = descriptors(), child.num_fds(), len(child.memory_maps(grouped=False))
    for _ in range(30):
        pool.inspect(path, READ)
        pool.page(path, 1, READ)
    assert descriptors() == before
    assert left_open(child, childs_before) <= childs_before
    assert len(child.memory_maps(grouped=False)) < maps_before + 15


def test_documents_and_images_share_the_pool(pool: DecoderPool) -> None:
    data = text_page(["x"])
    faults: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(5):
                assert pool.page(data, 1, READ)[0].height == 2200
                assert pool.inspect(data, READ).page_count == 1
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
