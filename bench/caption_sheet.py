"""A sheet of pictures with the captions that they get, to be read by a person.

    python bench/caption_sheet.py [--data DIR] [--out build/artefacts/captions.png]

Whether a caption would do is nothing that a program can say: look at the sheet.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from readstone.domain.picture import Picture
from readstone.domain.scene import Feature, SceneOptions
from readstone.engines.registry import create_viewer

REPOSITORY = Path(__file__).resolve().parent.parent
COLUMNS, WIDTH, HEIGHT, TEXT = 6, 300, 220, 34


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data" / "vision")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "build" / "artefacts" / "captions.png")
    chosen = parser.parse_args()
    files = [json.loads(line)["file"] for line in (chosen.data / "labels.jsonl").read_text("utf-8").splitlines()]
    viewer = create_viewer(threads=1)
    asked = SceneOptions(frozenset({Feature.DESCRIPTION}))
    rows = -(-len(files) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * WIDTH, rows * (HEIGHT + TEXT)), "white")
    draw = ImageDraw.Draw(sheet)
    for at, file in enumerate(files):
        with Image.open(chosen.data / file) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
        scene = viewer.see(Picture(np.ascontiguousarray(np.asarray(upright)), "Jpeg"), asked)
        captions = scene.description.captions if scene.description else ()
        x, y = at % COLUMNS * WIDTH, at // COLUMNS * (HEIGHT + TEXT)
        sheet.paste(ImageOps.contain(upright, (WIDTH - 6, HEIGHT - 6)), (x + 3, y + 3))
        for caption in captions[:1]:
            draw.text((x + 4, y + HEIGHT), f"{caption.text} ({caption.confidence:.2f})", "black")
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(chosen.out)
    print(f"{len(files)} pictures in {chosen.out}")


if __name__ == "__main__":
    main()
