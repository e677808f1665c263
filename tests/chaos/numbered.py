"""Documents that say numbers nobody else says, and how their results are checked: what all chaos tests share."""

from __future__ import annotations

import io

from PIL import Image


def picture_of(number: int) -> Image.Image:
    """A page that says `number`."""
    return Image.new("RGB", (60, 60), (number >> 16 & 255, number >> 8 & 255, number & 255))


def document(numbers: list[int], size: int = 0) -> bytes:
    """A TIFF that says one number a page, at least `size` bytes long."""
    buffer = io.BytesIO()
    pages = [picture_of(number) for number in numbers]
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    return buffer.getvalue().ljust(size, b"\0")


def said(body: dict[str, object]) -> list[int]:
    """The numbers of a result, page by page."""
    result = body["analyzeResult"]
    assert isinstance(result, dict)
    return [int(page["lines"][0]["text"]) for page in result["readResults"]]
