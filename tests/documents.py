"""Documents for tests: multi-page TIFF and PDF with a known word on each page."""

from __future__ import annotations

import io

from PIL import Image

from pictures import drawn


def tiff(words: list[str], **options: object) -> bytes:
    """One page a word."""
    pages = [drawn([word], size=(400, 120)) for word in words]
    buffer = io.BytesIO()
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:], **options)
    return buffer.getvalue()


def scanned_pdf(words: list[str], size: tuple[int, int] = (850, 1100), dpi: int = 100) -> bytes:
    """One page a word, each a picture; 8.5 x 11 inches by default."""
    pages = [drawn([word], size=size, font_size=40) for word in words]
    buffer = io.BytesIO()
    pages[0].save(buffer, "PDF", save_all=True, append_images=pages[1:], resolution=dpi)
    return buffer.getvalue()


def text_pdf(text: str, media_box: str = "0 0 612 792", padding: int = 0) -> bytes:
    """One page with a line of real text, written by hand; `padding`: bytes of a stream that no page shows."""
    stream = f"BT /F1 24 Tf 72 700 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [{media_box}] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>".encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        *([b"<< /Length %d >>\nstream\n%s\nendstream" % (padding, bytes(padding))] if padding else []),
    ]
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, 2)
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for offset in offsets:
        out.write(b"%010d 00000 n \n" % offset)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


def image_of(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))
