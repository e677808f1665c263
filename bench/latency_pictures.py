"""The pictures that latency_ocr.py times, drawn here so that they are the same everywhere."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

PROSE = (
    "The harbour lay quiet under the morning mist while the first boats came in with their nets full of "
    "silver fish and the gulls wheeled above the quay crying for their share of the catch as old men sat "
    "on the wall and spoke of storms that nobody else remembered and of ships that never came home again "
).split()


def pictures(folder: Path) -> dict[str, Path]:
    """A poster, a strip, a screenshot, a receipt and a scanned page, written as PNG into `folder`."""
    drawn = {
        "poster": _drawn((338, 451), ["GRAND", "SUMMER", "FAIR", "12 August", "Old Town", "Free entry"], 48, 70),
        "strip": _drawn((800, 154), ["The quick brown fox jumps"], 56, 70),
        "1080p": _drawn((1920, 1080), _lines(60, 26), 14, 17.5),
        "receipt": _drawn((620, 1400), _receipt(), 24, 33),
        "a4-300dpi": _drawn((2480, 3508), _lines(50, 14), 46, 66),
    }
    paths = {}
    for name, image in drawn.items():
        paths[name] = folder / f"{name}.png"
        image.save(paths[name])
    return paths


def _lines(count: int, words: int) -> list[str]:
    return [" ".join(PROSE[(i * 7 + j) % len(PROSE)] for j in range(words)) for i in range(count)]


def _receipt() -> list[str]:
    """A head, thirty items with their prices, and a foot."""
    items = [f"{1 + i % 3} x {PROSE[i * 5 % len(PROSE)].title()} {PROSE[i * 7 % len(PROSE)]}" for i in range(30)]
    rows = [f"{item:<24}{(i * 137 % 4000 + 95) / 100:>9.2f}" for i, item in enumerate(items)]
    head = ["HARBOUR STORES LTD", "14 Quay Street, Old Town", "Tel. 020 7946 0123", "21/11/2026 14:05  No 004711"]
    return [*head, *rows, "", "TOTAL  EUR  612.35", "CASH   EUR  620.00", "CHANGE EUR    7.65", "Thank you!"]


def _drawn(size: tuple[int, int], lines: list[str], height: int, pitch: float) -> Image.Image:
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(height)
    for i, line in enumerate(lines):
        pen.text((size[0] // 24, size[1] // 40 + i * pitch), line, fill="black", font=font)
    return image
