"""The printed fonts that lines of scripts other than Latin are drawn with, and how to get them.

    python tools/train/script_fonts.py FOLDER [SCRIPT ...]

fetches the packages (@fontsource; Debian's for Korean) through npm and apt and writes FOLDER/SCRIPT/FAMILY-WEIGHT.ttf
(400 and 700; FAMILY-400-italic.ttf for Cyrillic, Greek and Vietnamese), each a script's letters and ASCII in one
file: a package cuts a family in one file for each range of characters, and a line has both. All are OFL-1.1,
Apache-2.0 or UFL-1.0, which is checked; only pictures drawn with them are trained on, no font is passed on. Left out
on purpose: handwriting, and every Noto font, because those measure the result (merged in FOLDER/../noto/SCRIPT).
"""

from __future__ import annotations

import io
import json
import re
import struct
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fontTools.merge import Merger
from fontTools.ttLib import TTFont, TTLibError
from fontTools.ttLib.scaleUpem import scale_upem
from fontTools.ttLib.tables.DefaultTable import DefaultTable
from fontTools.ttLib.tables.otBase import OTLOffsetOverflowError
from PIL import ImageFont

FAMILIES = {
    "cyrillic": """
alegreya alegreya-sans alice andika anonymous-pro arimo arsenal bitter bona-nova brygada-1918 carlito comfortaa
commissioner cormorant cormorant-garamond cousine cuprum didact-gothic eb-garamond exo-2 fira-code fira-mono fira-sans
fira-sans-condensed forum gentium-plus geologica golos-text ibm-plex-mono ibm-plex-sans ibm-plex-serif inter istok-web
jetbrains-mono jura kurale ledger literata lora manrope marmelad merriweather montserrat montserrat-alternates mulish
nunito nunito-sans old-standard-tt onest open-sans oranienbaum oswald overpass philosopher piazzolla play
playfair-display podkova prata pt-mono pt-sans pt-sans-caption pt-sans-narrow pt-serif raleway roboto roboto-condensed
roboto-mono roboto-serif roboto-slab rubik russo-one scada sofia-sans source-code-pro source-sans-3 source-serif-4
spectral stix-two-text tenor-sans tinos ubuntu ubuntu-condensed ubuntu-mono unbounded victor-mono vollkorn
wix-madefor-text yanone-kaffeesatz yeseva-one
""".split(),
    "greek": """
advent-pro alegreya alegreya-sans anonymous-pro arimo cardo carlito caudex comfortaa commissioner cousine
didact-gothic eb-garamond fira-code fira-mono fira-sans fira-sans-condensed gentium-plus gfs-didot ibm-plex-sans inter
jetbrains-mono jura literata m-plus-1p manrope open-sans piazzolla play roboto roboto-condensed roboto-mono
roboto-serif roboto-slab sofia-sans source-code-pro source-sans-3 source-serif-4 stix-two-text tinos ubuntu
ubuntu-condensed ubuntu-mono victor-mono vollkorn
""".split(),
    "vietnamese": """
alegreya archivo arimo asap athiti barlow be-vietnam-pro bitter cabin carlito cormorant-garamond cousine crimson-pro
cuprum dosis eb-garamond exo-2 fira-sans ibm-plex-mono ibm-plex-sans ibm-plex-serif inconsolata inter jetbrains-mono
josefin-sans kanit lexend libre-franklin literata lora manrope manuale merriweather montserrat mulish newsreader
noticia-text nunito old-standard-tt open-sans oswald petrona philosopher play playfair-display plus-jakarta-sans prata
public-sans quicksand raleway roboto roboto-condensed roboto-mono roboto-serif roboto-slab rosario saira sarabun
signika source-sans-3 source-serif-4 space-grotesk spectral taviraj tinos vollkorn work-sans
""".split(),
    "hebrew": """
alef arimo assistant bellefair bona-nova cardo cousine david-libre frank-ruhl-libre fredoka google-sans heebo
ibm-plex-sans-hebrew libertinus-serif lunasima m-plus-1p m-plus-rounded-1c miriam-libre open-sans rubik secular-one
tinos varela-round
""".split(),
    "thai": """
anuphan athiti bai-jamjuree chakra-petch chonburi fahkwang google-sans ibm-plex-sans-thai ibm-plex-sans-thai-looped
k2d kanit kodchasan koho krub maitree mitr niramit pridi prompt sarabun taviraj trirong
""".split(),
    "arabic": """
alexandria almarai amiri baloo-bhaijaan-2 beiruti cairo changa el-messiri fustat harmattan ibm-plex-sans-arabic
katibeh kufam lalezar lateef lemonada mada marhey markazi-text mirza readex-pro rubik scheherazade-new tajawal
vazirmatn zain
""".split(),
    "devanagari": """
akshar amiko anek-devanagari annapurna-sil arya baloo-2 cambay eczar glegoo google-sans gotu halant hind
ibm-plex-sans-devanagari inknut-antiqua jaldi kadwa karma khand khula laila martel martel-sans mukta palanquin
palanquin-dark poppins pragati-narrow rajdhani rhodium-libre rozha-one sahitya sarala sarpanch sumana teko
tiro-devanagari-hindi tiro-devanagari-marathi tiro-devanagari-sanskrit vesper-libre yantramanav yatra-one
""".split(),
    "hangul": """
black-han-sans do-hyeon dongle gothic-a1 gowun-batang gowun-dodum hahmlet ibm-plex-sans-kr jua nanum-barun-gothic
nanum-gothic nanum-gothic-coding nanum-myeongjo nanum-square nanum-square-round orbit pretendard song-myung
sunflower
""".split(),
}
"""The families asked for, by script; one whose files lack the script, or do not merge, is left out and said."""

HELD_OUT = (
    *("lora", "manrope", "source-serif-4", "commissioner"),
    *("david-libre", "assistant", "alef"),
    *("trirong", "niramit", "prompt"),
    *("mirza", "almarai", "harmattan"),
    *("karma", "sarala", "yantramanav"),
    *("gowun-batang", "gothic-a1"),
)
"""Never drawn with in training, whatever the script: lines in these tell how it goes with unknown fonts."""

NOTO = {
    "hebrew": ("noto-sans-hebrew", "noto-serif-hebrew"),
    "thai": ("noto-sans-thai", "noto-serif-thai"),
    "arabic": ("noto-sans-arabic", "noto-naskh-arabic"),
    "devanagari": ("noto-sans-devanagari", "noto-serif-devanagari"),
    "hangul": ("noto-sans-kr", "noto-serif-kr"),
}
"""The evaluation's families where Noto Sans and Noto Serif themselves lack the script."""

SUBSETS = {
    "cyrillic": ("cyrillic", "cyrillic-ext"),
    "vietnamese": ("vietnamese", "latin-ext"),
    "hangul": ("korean",),
}
"""The package's names of a script's ranges, where they are not the script's own."""

DEBIAN = ("fonts-nanum", "fonts-nanum-extra", "fonts-nanum-coding")
PRETENDARD = "pretendard@1.3.9"
WHOLE = {
    "nanum-barun-gothic": ("NanumBarunGothic", "NanumBarunGothicBold"),
    "nanum-gothic": ("NanumGothic", "NanumGothicBold"),
    "nanum-gothic-coding": ("NanumGothicCoding", "NanumGothicCodingBold"),
    "nanum-myeongjo": ("NanumMyeongjo", "NanumMyeongjoBold"),
    "nanum-square": ("NanumSquareR", "NanumSquareB"),
    "nanum-square-round": ("NanumSquareRoundR", "NanumSquareRoundB"),
    "pretendard": ("Pretendard-Regular", "Pretendard-Bold"),
}
"""Korean families (OFL-1.1) that Debian's packages, or their own on npm, have whole: the files of 400 and 700."""

ITALIC = ("cyrillic", "greek", "vietnamese")
UNMERGEABLE = (
    *(TTLibError, OTLOffsetOverflowError, struct.error),
    *(AssertionError, AttributeError, KeyError, NotImplementedError, TypeError, ValueError),
)
"""What the merger raises for tables it can not put together."""

RULES = ("GSUB", "GPOS", "GDEF")
"""The tables that say how letters join, move and stand in for each other."""

NEEDLESS = (
    *("fpgm", "prep", "cvt ", "gasp", "hdmx", "VDMX", "LTSH"),
    *("DSIG", "STAT", "MATH", "meta", "BASE", "vhea", "vmtx", "VORG"),
)
"""Tables of hints, of vertical text and of other uses that a drawn line has no need for."""

BITMAPS = ("EBDT", "EBLC", "EBSC", "kern")
LICENCES = ("OFL-1.1", "Apache-2.0", "UFL-1.0")


def _span(*bounds: str) -> str:
    return "".join(chr(code) for pair in bounds for code in range(ord(pair[0]), ord(pair[1]) + 1))


_TONED = "áàảãạăắằẳẵặâấầẩẫậđéèẻẽẹêếềểễệíìỉĩịóòỏõọôốồổỗộơớờởỡợúùủũụưứừửữựýỳỷỹỵ"
LETTERS = {
    "cyrillic": _span("ЁЌ", "Ўя", "ёќ", "ўџ") + "Ґґ",
    "greek": _span("ΑΡ", "Σώ"),
    "vietnamese": _TONED + _TONED.upper(),
    "hebrew": _span("את"),
    "thai": _span("กฺ", "เํ", "๐๙"),
    "arabic": _span("ءغ", "فْ") + "،؛؟",
    "devanagari": _span("अऋ", "एऐ", "ओन", "पर", "वह", "ाृ", "ेै", "ो्", "।।", "०९") + "लंःँॉ़",
    # The syllables of the standard KS X 1001: the codec spells out all others, in eight bytes.
    "hangul": "".join(char for char in _span("가힣") if len(char.encode("euc_kr")) == 2),
}
"""What a file must hold besides ASCII to be used for a script."""

JOINED = {"arabic": ("السلام",), "devanagari": ("क्षत्रिय", "र्क", "श्री")}
"""Words that are shorter shaped than letter by letter: where one is not, the shaping rules lack or were lost."""


def fetch(folder: Path, name: str) -> str:
    """Get what is missing of the package `name`; the reason why it is not to be used, or ""."""
    if not (folder / "metadata.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        call = ["npm", "pack", "--silent", f"@fontsource/{name}"]
        done = subprocess.run(call, cwd=folder, capture_output=True, check=False, text=True)
        if done.returncode:
            return f"not fetched: {' '.join(done.stderr.split())[:120]}"
        packed = folder / done.stdout.split()[-1]
        with tarfile.open(packed) as archive:
            for member in archive:
                file = Path(member.name).name
                wanted = re.search(r"-(400-normal|700-normal|400-italic)\.woff2$", file) or file == "LICENSE"
                if wanted:
                    content = archive.extractfile(member)
                    assert content is not None
                    (folder / file).write_bytes(content.read())
            about = archive.extractfile("package/metadata.json")
            assert about is not None
            # Written last: its being there says that the package is whole.
            (folder / "metadata.json").write_bytes(about.read())
        packed.unlink()
    said = json.loads((folder / "metadata.json").read_text())
    if said["category"] == "handwriting":
        return "handwriting"
    # The oldest packages hold a web address here and no licence text.
    licence = said["license"]["type"] if isinstance(said["license"], dict) else "unnamed"
    return "" if licence in LICENCES else f"licence {licence}"


def merged(parts: list[Path], rules_of_first: bool = False) -> TTFont:
    """One font with the glyphs of all `parts`; what two of them hold is drawn as in the first.

    Hints are dropped: they call the program of their own part, and one file has one program. With `rules_of_first`
    the first part's kerning, ligatures and joined forms are taken over byte for byte (its glyphs keep their numbers)
    and the others' are dropped: SIL's Arabic families have more rules than the merger can write again.
    """
    taken: set[int] = set()
    files: list[io.BytesIO] = []
    units = 0
    for part in parts:
        font = TTFont(part)
        font.flavor = None
        units = units or font["head"].unitsPerEm
        if font["head"].unitsPerEm != units:
            scale_upem(font, units)
        for table in font["cmap"].tables:
            table.cmap = {code: glyph for code, glyph in table.cmap.items() if code not in taken}
        taken |= set(font.getBestCmap() or ())
        for glyph in font["glyf"].glyphs.values():
            glyph.removeHinting()
        for tag in (*NEEDLESS, *(RULES if rules_of_first else ())):
            if tag in font:
                del font[tag]
        files.append(io.BytesIO())
        font.save(files[-1])
    whole = Merger().merge(files)
    first = TTFont(parts[0])
    for tag in RULES if rules_of_first else ():
        if tag in first:
            whole[tag] = DefaultTable(tag)
            whole[tag].data = first.reader[tag]
    return whole


def fetch_whole(folder: Path) -> None:
    """Get the packages of the families `WHOLE`, unpacked in `folder`."""
    if not (folder / "usr").exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", *DEBIAN], cwd=folder, check=True, capture_output=True)
        for packed in folder.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", packed.name, "."], cwd=folder, check=True)
    if not (folder / "package").exists():
        subprocess.run(["npm", "pack", "--silent", PRETENDARD], cwd=folder, check=True, capture_output=True)
        for packed in folder.glob("pretendard-*.tgz"):
            with tarfile.open(packed) as archive:
                wanted = [member for member in archive if re.search(r"/Pretendard-(Regular|Bold)\.ttf$", member.name)]
                archive.extractall(folder, wanted, filter="data")
            packed.unlink()


def with_added(parts: list[Path]) -> TTFont:
    """The first part, whose hints stay, with the letters that only the others have; no rules of shaping.

    For Korean, which needs no rules: the merger takes minutes for its thousands of syllables, this takes seconds.
    """
    whole = TTFont(parts[0], lazy=True)
    whole.flavor = None
    for tag in (*RULES, *NEEDLESS[NEEDLESS.index("hdmx") :], *BITMAPS):
        if tag in whole:
            del whole[tag]
    for number, part in enumerate(parts[1:]):
        font = TTFont(part)
        if font["head"].unitsPerEm != whole["head"].unitsPerEm:
            scale_upem(font, whole["head"].unitsPerEm)
        held = whole.getBestCmap()
        added = {code: glyph for code, glyph in font.getBestCmap().items() if code not in held}
        names, seen = set(added.values()), set[str]()
        while names - seen:
            name = (names - seen).pop()
            seen.add(name)
            glyph = font["glyf"][name]
            glyph.removeHinting()
            for piece in glyph.components if glyph.isComposite() else ():
                names.add(piece.glyphName)
                piece.glyphName = f"added{number}.{piece.glyphName}"
            whole["glyf"][f"added{number}.{name}"] = glyph
            whole["hmtx"].metrics[f"added{number}.{name}"] = font["hmtx"].metrics[name]
        for table in whole["cmap"].tables:
            if table.isUnicode() and table.format in (4, 12):
                table.cmap.update({code: f"added{number}.{name}" for code, name in added.items() if code < 0x10000})
    whole["post"].formatType = 3.0  # the names of the added glyphs are of no use to anyone
    return whole


def fault(path: Path, script: str) -> str:
    """Why the font file is not fit to draw lines of `script` with, or ""."""
    held = TTFont(path).getBestCmap()
    needed = _span(" ~") + LETTERS[script]
    if script == "hangul":
        needed = needed.replace("`", "")  # many Korean families lack it
    lacking = [letter for letter in needed if ord(letter) not in held and letter.isprintable()]
    if lacking:
        return f"lacks {''.join(lacking[:8])} ({len(lacking)})"
    basic, raqm = (ImageFont.truetype(str(path), 64, layout_engine=layout) for layout in ImageFont.Layout)
    loose = [word for word in JOINED.get(script, ()) if raqm.getlength(word) > 0.97 * basic.getlength(word)]
    return f"does not join {' '.join(loose)}" if loose else ""


def write(packages: Path, script: str, family: str, target: Path) -> str:
    """Write the merged files of `family` below `target`; the reason why one is missing, or ""."""
    faults = []
    for face in ("400-normal", "700-normal", *(["400-italic"] if script in ITALIC else [])):
        path = target / f"{family}-{face.removesuffix('-normal')}.ttf"
        parts = [packages / family / f"{family}-{name}-{face}.woff2" for name in SUBSETS.get(script, (script,))]
        if family in WHOLE and script == "hangul":
            file = WHOLE[family][face == "700-normal"]
            parts = list((packages / "whole").rglob(f"{file}.ttf"))
        if path.exists() or not parts[0].exists():
            continue
        latin = packages / family / f"{family}-latin-{face}.woff2"
        if not latin.exists() and family.startswith("noto-"):
            latin = packages / "noto-sans" / f"noto-sans-latin-{face}.woff2"
        there = [part for part in (*parts, latin) if part.exists()]
        target.mkdir(parents=True, exist_ok=True)
        unchecked = path.with_suffix(".part")
        try:
            font = with_added(there) if script == "hangul" else merged(there, rules_of_first=script in JOINED)
            font.save(unchecked)
        except UNMERGEABLE as error:
            faults.append(f"{face} does not merge: {type(error).__name__}: {error}")
            unchecked.unlink(missing_ok=True)
            continue
        if found := fault(unchecked, script):
            faults.append(f"{face} {found}")
            unchecked.unlink()
        else:
            unchecked.rename(path)
    if not faults and not list(target.glob(f"{family}-[47]00*.ttf")):
        return f"no {script} at these weights"
    return "; ".join(faults)


def family_of(path: Path) -> str:
    """The family that a file written here is of."""
    return re.sub(r"-[47]00(-italic)?$", "", path.stem)


def faces(folder: Path, script: str, held_out: bool) -> list[Path]:
    """The merged files of `script` below `folder`: those to draw with, or those of HELD_OUT."""
    return [path for path in sorted((folder / script).glob("*.ttf")) if (family_of(path) in HELD_OUT) == held_out]


def build(folder: Path, script: str) -> None:
    """Fetch and write the families of `script`, and say what is left out."""
    packages = folder / "packages"
    noto = ("noto-sans", "noto-serif", *NOTO.get(script, ()))
    wanted = [*FAMILIES[script], *noto]
    reasons = {}
    if script == "hangul":
        fetch_whole(packages / "whole")
        reasons = dict.fromkeys(WHOLE, "")
        wanted = [name for name in wanted if name not in WHOLE]
    with ThreadPoolExecutor(4) as pool:
        reasons |= zip(wanted, pool.map(lambda name: fetch(packages / name, name), wanted), strict=True)
    for family, reason in reasons.items():
        if not reason and (family not in noto or script not in NOTO or family in NOTO[script]):
            root = folder.parent / "noto" if family in noto else folder
            reason = write(packages, script, family, root / script)
        if reason:
            print(f"{script}: {family}: {reason}", flush=True)
    for held_out in (False, True):
        paths = faces(folder, script, held_out)
        families = len({family_of(path) for path in paths})
        print(f"{script}: {len(paths)} files, {families} families{', held out' * held_out}", flush=True)


if __name__ == "__main__":
    for wanted_script in sys.argv[2:] or FAMILIES:
        build(Path(sys.argv[1]), wanted_script)
