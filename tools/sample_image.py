"""Draws src/readstone/api/sample.png: the picture that the greeting's curl line reads.

Our own drawing with the font that Pillow carries (Aileron, CC0). Run: python tools/sample_image.py
"""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

TARGET = Path(__file__).parent.parent / "src/readstone/api/sample.png"
LINES = (
    ("READSTONE", 54),
    ("A reading stone was the polished", 26),
    ("crystal laid on a page before", 26),
    ("spectacles existed.", 26),
)


def main() -> None:
    image = Image.new("L", (520, 230), 250)
    draw = ImageDraw.Draw(image)
    top = 20
    for text, size in LINES:
        draw.text((28, top), text, fill=20, font=ImageFont.load_default(size))
        top += round(size * 1.45)
    image.save(TARGET, optimize=True)


if __name__ == "__main__":
    main()
