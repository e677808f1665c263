"""The handwriting fonts that lines are drawn with, and how to get them.

    python tools/train/fonts.py FOLDER

fetches the packages (@fontsource, about 60 MB unpacked) through the ordinary npm client. All are OFL-1.1 or
Apache-2.0; only pictures drawn with them are trained on, no font is passed on. Left out on purpose: every
font named in the labels of data/ocr/handwriting_fonts (architects-daughter, caveat, cedarville-cursive,
dancing-script, homemade-apple, indie-flower, kalam, marck-script, reenie-beanie, sacramento), because that
set measures the result.
"""

from __future__ import annotations

import functools
import subprocess
import sys
import tarfile
from pathlib import Path

from fontTools.ttLib import TTFont

JOINED = """
alex-brush allura birthstone condiment corinthia damion ephesis great-vibes herr-von-muellerhoff italianno
la-belle-aurore licorice meddon monsieur-la-doulaise montecarlo mr-de-haviland mrs-saint-delafield ms-madi
nothing-you-could-do oooh-baby over-the-rainbow parisienne pinyon-script playwrite-fr-moderne playwrite-fr-trad
playwrite-us-trad rochester satisfy tangerine whisper yellowtail zeyada bad-script cookie
""".split()
"""Letters that run into each other, as in letters and notebooks; drawn most often."""

LOOSE = """
amatic-sc annie-use-your-telescope courgette covered-by-your-grace delicious-handrawn delius gaegu
gloria-hallelujah gochi-hand handlee kaushan-script liu-jian-mao-cao long-cang ma-shan-zheng mansalva
nanum-pen-script neucha patrick-hand permanent-marker poor-story rock-salt schoolbell shadows-into-light
short-stack smooch sue-ellen-francisco swanky-and-moo-moo the-girl-next-door twinkle-star yomogi zen-kurenaido
zhi-mang-xing
""".split()

HELD_OUT = ("playwrite-us-trad", "patrick-hand", "mr-de-haviland")
"""Never drawn with in training: lines in these tell how it goes with unknown hands."""


def fetch(folder: Path) -> None:
    """Get what is missing below `folder`, one package after another."""
    for name in (*JOINED, *LOOSE):
        target = folder / name
        if (target / "files").exists():
            continue
        target.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["npm", "pack", "--silent", f"@fontsource/{name}"], cwd=target, capture_output=True, check=True, text=True
        )
        packed = target / done.stdout.split()[-1]
        with tarfile.open(packed) as archive:
            for member in archive:
                file = Path(member.name).name
                if member.isfile() and (file.endswith("-normal.woff2") or file == "LICENSE"):
                    content = archive.extractfile(member)
                    assert content is not None
                    (target / "files").mkdir(exist_ok=True)
                    (target / "files" / file).write_bytes(content.read())
        packed.unlink()


def faces(folder: Path, families: list[str]) -> list[Path]:
    """The regular and bold Latin files of `families`."""
    return [
        path
        for family in families
        for weight in ("400", "700")
        for path in sorted((folder / family / "files").glob(f"{family}-latin-{weight}-normal.woff2"))
    ]


@functools.cache
def letters_of(path: Path) -> frozenset[str]:
    """The characters that a font file can draw."""
    return frozenset(map(chr, TTFont(path).getBestCmap()))


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
