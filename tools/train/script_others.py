"""Lines of which the recogniser of other scripts must say nothing: scripts that it does not know, print upside down.

    python tools/train/script_others.py FOLDER

fetches the fonts (@fontsource, OFL-1.1) through the ordinary npm client. A recogniser that was shown nothing but lines
that it can read is sure of itself on any other: Georgian upside down was Thai to it.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import unicodedata
from pathlib import Path

import numpy as np

Random = np.random.Generator

BLOCKS = {
    "armenian": (0x0531, 0x0587),
    "bengali": (0x0985, 0x09CD),
    "ethiopic": (0x1200, 0x135A),
    "georgian": (0x10D0, 0x10FF),
    "gujarati": (0x0A85, 0x0ACD),
    "gurmukhi": (0x0A05, 0x0A4D),
    "kannada": (0x0C85, 0x0CCD),
    "khmer": (0x1780, 0x17D3),
    "lao": (0x0E81, 0x0ECD),
    "malayalam": (0x0D05, 0x0D4D),
    "myanmar": (0x1000, 0x104F),
    "sinhala": (0x0D85, 0x0DDF),
    "tamil": (0x0B85, 0x0BCD),
    "telugu": (0x0C05, 0x0C4D),
}
"""First and last code point of the letters of each script."""


SANS_ONLY = ("ethiopic", "gurmukhi", "kannada")
"""Scripts of which the registry has no Noto Serif."""


def fetch(folder: Path) -> None:
    """Get the fonts that are missing below `folder`: FOLDER/<script>-<style>.woff2."""
    for script in BLOCKS:
        for style in ("sans",) if script in SANS_ONLY else ("sans", "serif"):
            name = f"noto-{style}-{script}"
            target = folder / f"{script}-{style}.woff2"
            if target.exists():
                continue
            folder.mkdir(parents=True, exist_ok=True)
            command = ["npm", "pack", "--silent", f"@fontsource/{name}"]
            done = subprocess.run(command, cwd=folder, capture_output=True, check=True, text=True)
            packed = folder / done.stdout.split()[-1]
            with tarfile.open(packed) as archive:
                content = archive.extractfile(f"package/files/{name}-{script}-400-normal.woff2")
                assert content is not None
                target.write_bytes(content.read())
            packed.unlink()


def faces(folder: Path) -> list[tuple[str, Path]]:
    """Script and font file of all that `fetch` got."""
    return [(path.stem.split("-")[0], path) for path in sorted(folder.glob("*.woff2"))]


def said(rng: Random, script: str, letters: frozenset[str]) -> str:
    """Words of letters in chance order, as far as `letters` has them."""
    first, last = BLOCKS[script]
    known = [chr(code) for code in range(first, last + 1) if chr(code) in letters]
    bases = [char for char in known if unicodedata.category(char)[0] == "L"]
    marks = [char for char in known if unicodedata.category(char)[0] == "M"]
    words = []
    for _ in range(int(rng.integers(1, 6))):
        word = ""
        for _ in range(int(rng.integers(2, 9))):
            word += str(rng.choice(bases)) + (str(rng.choice(marks)) if marks and rng.random() < 0.35 else "")
        words.append(word)
    return " ".join(words)


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
