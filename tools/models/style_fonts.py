"""The fonts that train_style.py draws lines with: which, how to get them, and what each can write.

    python tools/models/style_fonts.py FOLDER

fetches the packages (about 250 MB unpacked) through the ordinary npm client. All are OFL-1.1, Apache-2.0
or UFL. Left out on purpose: every font named in the labels of data/ocr/handwriting_fonts and the ones of
printed_rendered, because those sets measure the result; Noto Sans, which printed_languages is set in; and
faces that people would call neither (Pacifico, Playpen).
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from fontTools.ttLib import TTFont

HAND = """
alex-brush allura amatic-sc annie-use-your-telescope bad-script birthstone cookie corinthia courgette
covered-by-your-grace damion delicious-handrawn delius ephesis gaegu gloria-hallelujah gochi-hand great-vibes handlee
herr-von-muellerhoff italianno kaushan-script licorice liu-jian-mao-cao long-cang ma-shan-zheng mansalva
monsieur-la-doulaise montecarlo mr-de-haviland ms-madi nanum-pen-script neucha oooh-baby parisienne patrick-hand
permanent-marker pinyon-script poor-story rochester rock-salt satisfy schoolbell shadows-into-light short-stack smooch
sue-ellen-francisco swanky-and-moo-moo tangerine the-girl-next-door twinkle-star whisper yellowtail yomogi
zen-kurenaido zhi-mang-xing
""".split()

PRINT = """
abril-fatface alfa-slab-one amiri anonymous-pro anton antonio archivo-narrow arimo arvo audiowide b612-mono
barlow-condensed bebas-neue big-shoulders-display biz-udgothic bitter black-ops-one bodoni-moda cabin cairo cardo
carlito catamaran chakra-petch cinzel clear-sans comfortaa comic-neue cormorant-garamond courier-prime cousine
crimson-text dejavu-sans dm-serif-display dosis dotgothic16 doto eb-garamond fira-sans fjalla-one frank-ruhl-libre
fredoka gelasio gfs-didot gothic-a1 gowun-batang heebo hind ibm-plex-mono ibm-plex-sans-jp ibm-plex-serif
im-fell-english im-fell-english-sc inconsolata inter iosevka josefin-sans kosugi-maru league-gothic lekton
libre-baskerville libre-caslon-text lilita-one lobster luckiest-guy medievalsharp merriweather montserrat
nanum-gothic nanum-myeongjo norwester noto-serif-sc nunito old-standard-tt open-sans orbitron oswald
playfair-display poppins press-start-2p pt-serif quicksand raleway righteous rokkitt rubik saira-stencil-one sarabun
share-tech-mono shippori-mincho silkscreen sorts-mill-goudy source-sans-3 space-mono special-elite staatliches
tajawal tinos ubuntu ubuntu-mono uncial-antiqua unifrakturmaguntia urbanist varela-round vollkorn vt323
yanone-kaffeesatz zcool-qingke-huangyou zcool-xiaowei zen-kaku-gothic-new zilla-slab
""".split()

TYPEWRITERS = {
    "anonymous-pro", "b612-mono", "courier-prime", "cousine", "ibm-plex-mono", "inconsolata", "lekton", "space-mono",
    "special-elite", "ubuntu-mono",
}  # fmt: skip
TILLS = {"dotgothic16", "doto", "vt323", "share-tech-mono", "silkscreen", "b612-mono", "inconsolata", "cousine"}

VERSION = "5.3.0"
VERSIONS = {"ma-shan-zheng": "5.3.1", "montecarlo": "5.2.8", "source-sans-3": "5.3.1"}

OTHER_SCRIPTS = ("cyrillic", "greek", "arabic", "hebrew", "devanagari", "thai", "tamil")
_MOST_CHUNKS = 40  # files of one ideographic font: each holds some hundred characters


@dataclass(frozen=True, slots=True)
class Face:
    """One font file: `letters` is empty for Latin, else the characters that texts are made of."""

    family: str
    path: Path
    letters: str


def fetch(folder: Path) -> None:
    """Get what is missing below `folder`, one package after another."""
    for name in (*HAND, *PRINT):
        target = folder / name
        if target.exists():
            continue
        target.mkdir(parents=True)
        done = subprocess.run(
            ["npm", "pack", "--silent", f"@fontsource/{name}@{VERSIONS.get(name, VERSION)}"],
            cwd=target, capture_output=True, check=True, text=True,
        )  # fmt: skip
        packed = target / done.stdout.split()[-1]
        with tarfile.open(packed) as archive:
            for member in archive:
                parts = Path(member.name).parts[1:]
                if member.isfile() and (parts[-1].endswith(".woff2") or parts[-1] in ("LICENSE", "package.json")):
                    content = archive.extractfile(member)
                    assert content is not None
                    out = target.joinpath(*parts)
                    out.parent.mkdir(exist_ok=True)
                    out.write_bytes(content.read())
        packed.unlink()


def faces(folder: Path, families: list[str]) -> dict[str, list[Face]]:
    """The usable files of every family: Latin in regular, bold and italic, other scripts in regular."""
    found: dict[str, list[Face]] = {}
    for family in families:
        files = folder / family / "files"
        latin = [p for style in ("400-normal", "400-italic", "700-normal", "300-normal", "900-normal")
                 for p in sorted(files.glob(f"{family}-latin-{style}.woff2"))]  # fmt: skip
        others = [p for script in OTHER_SCRIPTS for p in sorted(files.glob(f"{family}-{script}-400-normal.woff2"))]
        chunks = [p for p in sorted(files.glob("*-400-normal.woff2")) if p.name[len(family) + 1].isdigit()]
        others += chunks[:: max(1, len(chunks) // _MOST_CHUNKS)]
        found[family] = [Face(family, path, "") for path in latin]
        for path in others:
            letters = "".join(chr(c) for c in TTFont(path).getBestCmap() if c > 0x2FF and chr(c).isalpha())
            if len(letters) >= 20:
                found[family].append(Face(family, path, letters))
    return {family: got for family, got in found.items() if got}


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
