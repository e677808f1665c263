"""The printed fonts that lines in Latin letters are drawn with, and how to get them.

    python tools/train/latin_fonts.py FOLDER

fetches the packages (@fontsource) through npm and writes FOLDER/FAMILY-WEIGHT.ttf (400 and 700), the letters of
Western and of Central Europe in one file. All are OFL-1.1, Apache-2.0 or UFL-1.0, which is checked; only pictures
drawn with them are trained on, no font is passed on.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fontTools.ttLib import TTFont
from script_fonts import UNMERGEABLE, family_of, fetch, merged

TYPED = """
anonymous-pro b612-mono courier-prime cousine cutive cutive-mono fira-mono fragment-mono ibm-plex-mono lekton nixie-one
old-standard-tt overpass-mono oxygen-mono pt-mono sometype-mono special-elite
""".split()
"""Typewriters' fonts and others with letters of one width."""

WORN = ("special-elite", "courier-prime", "cutive-mono", "cutive", "nixie-one")
"""Those of TYPED that are drawn most: they look like a typewriter's."""

PRINTED = """
alegreya archivo-narrow arimo crimson-pro dm-sans dotgothic16 eb-garamond fira-sans fira-sans-condensed gelasio
gentium-plus ibm-plex-sans ibm-plex-serif im-fell-english inconsolata inter lato libre-baskerville libre-caslon-text
libre-franklin merriweather montserrat mulish noto-sans noto-serif nunito open-sans pt-sans-narrow public-sans roboto
share-tech-mono source-serif-4 spectral stix-two-text tinos ubuntu-mono vollkorn vt323 work-sans
""".split()

SHOWN = """
abril-fatface aleo alfa-slab-one allerta-stencil anton arvo azeret-mono barlow-condensed bebas-neue bitter
black-ops-one bungee cormorant-garamond crete-round dm-mono dosis exo-2 glegoo goudy-bookletter-1911 josefin-slab kanit
kode-mono kurale league-gothic limelight linden-hill lobster major-mono-display martian-mono orbitron oswald
playfair-display poppins press-start-2p quicksand raleway red-hat-mono righteous roboto-slab rokkitt rosarivo
russo-one rye saira-extra-condensed saira-stencil-one sancreek share-tech silkscreen slabo-13px slabo-27px smokum
solway sorts-mill-goudy source-code-pro space-mono spline-sans-mono staatliches stardos-stencil syne-mono teko trykker
ultra wallpoet zilla-slab
""".split()
"""Of signs and titles."""

HELD_OUT = ("cardo", "fjalla-one", "lora", "nova-mono", "xanh-mono")
"""Never drawn with in training: lines in these tell how it goes with unknown fonts."""

_NEEDED = frozenset(map(chr, range(33, 127))) - set("@[\\]^_`{|}~<>*+=#$%") | set("àáâäçèéêëíîñóôöúûü")


def build(folder: Path) -> None:
    """Fetch and write all families, and say what is left out."""
    packages = folder / "packages"
    families = list(dict.fromkeys([*TYPED, *PRINTED, *SHOWN, *HELD_OUT]))
    with ThreadPoolExecutor(4) as pool:
        reasons = pool.map(lambda name: fetch(packages / name, name), families)
        for family, reason in zip(families, reasons, strict=True):
            said = reason or "; ".join(filter(None, (_written(packages, family, w, folder) for w in ("400", "700"))))
            if said:
                print(f"{family}: {said}", flush=True)


def _written(packages: Path, family: str, weight: str, folder: Path) -> str:
    """Write the merged file of one weight; the reason why there is none, or ""."""
    parts = [packages / family / f"{family}-{part}-{weight}-normal.woff2" for part in ("latin", "latin-ext")]
    if not parts[0].exists():
        return "" if weight == "700" else "no such weight"
    try:
        font: TTFont = merged([part for part in parts if part.exists()])
    except UNMERGEABLE as error:
        return f"{weight} does not merge: {type(error).__name__}"
    if lacking := "".join(sorted(letter for letter in _NEEDED if ord(letter) not in font.getBestCmap())):
        return f"{weight} lacks {lacking}"
    font.save(folder / f"{family}-{weight}.ttf")
    return ""


def faces(folder: Path, families: tuple[str, ...] | list[str]) -> list[Path]:
    """The files of these families below `folder`."""
    return [path for path in sorted(folder.glob("*.ttf")) if family_of(path) in families]


if __name__ == "__main__":
    build(Path(sys.argv[1]))
