"""Tesseract, where its language data are installed: reads lines in scripts that the recogniser does not know.

Library and language data are the administrator's choice, from the packages of his system (on Debian `libtesseract5`,
`tesseract-ocr-rus`, `tesseract-ocr-ara` and so on).
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from readstone.domain.picture import RgbPixels
from readstone.engines.read.libtesseract import Engine, LanguageDataError, Part, Read, library
from readstone.engines.read.tokens import Token, TokenLine

_SUFFIX = ".traineddata"
_USUAL = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)
_IDLE = 8  # engines kept for the next line, 5 to 15 MB each
_ABOVE, _BESIDE = 8, 12  # rows and columns of paper put around a line: without, its first letters are lost


def data_folder(chosen: Path | None = None) -> Path | None:
    """The folder of tesseract's language data: `chosen`, TESSDATA_PREFIX, or a usual one; None without any."""
    named = os.environ.get("TESSDATA_PREFIX")
    if chosen is not None:
        folders = [chosen]
    else:
        folders = [Path(named), Path(named, "tessdata")] if named else []
        folders += map(Path, _USUAL)
    return next((folder for folder in folders if any(folder.glob("*" + _SUFFIX))), None)


def packs_in(folder: Path) -> frozenset[str]:
    """Names of the language data in a folder, as tesseract takes them: "rus", "script/Cyrillic"."""
    return frozenset(
        path.relative_to(folder).as_posix().removesuffix(_SUFFIX)
        for pattern in ("*", "script/*")
        for path in folder.glob(pattern + _SUFFIX)
    )


def installed(chosen: Path | None = None) -> Tesseract | None:
    """Tesseract with the language data of `data_folder(chosen)`; None where the library or the data are absent."""
    folder = data_folder(chosen)
    return Tesseract(folder) if folder is not None and library() is not None else None


class Tesseract:
    """Reads single lines with the language data of one folder. Re-entrant.

    An engine holds one language and serves one thread at a time; it is loaded when needed and a few idle ones are
    kept. While it reads, other threads run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.packs = packs_in(folder)
        self._lock = threading.Lock()
        self._idle: OrderedDict[int, tuple[str, Engine]] = OrderedDict()
        self._made = 0
        # Engines that are never freed make the library complain at the end of the process.
        weakref.finalize(self, _close, self._idle)

    def read(self, line: RgbPixels, pack: str) -> TokenLine:
        """Read a line image (RGB uint8, about 48 rows) with the data called `pack`.

        Nothing is read where the data are unusable.
        """
        grey = cv2.cvtColor(line, cv2.COLOR_RGB2GRAY)
        grey = cv2.copyMakeBorder(grey, _ABOVE, _ABOVE, _BESIDE, _BESIDE, cv2.BORDER_REPLICATE)
        with self._engine(pack) as engine:
            # Its own search for the line is the better one, and now and then finds nothing at all.
            for raw in (False, True):
                if engine is None:
                    break
                found = _tokens(engine.read(np.asarray(grey, np.uint8), raw=raw), line.shape[1])
                if found.tokens:
                    return found
        return TokenLine()

    @contextmanager
    def _engine(self, pack: str) -> Iterator[Engine | None]:
        """An engine for one thread, None where the data are unusable."""
        engine = self._taken(pack)
        try:
            yield engine
        finally:
            if engine is not None:
                self._put_back(pack, engine)

    def _taken(self, pack: str) -> Engine | None:
        with self._lock:
            for key, (name, engine) in reversed(self._idle.items()):
                if name == pack:
                    del self._idle[key]
                    return engine
        try:
            return Engine(self.folder, pack)
        except LanguageDataError:
            self.packs -= {pack}
            return None

    def _put_back(self, pack: str, engine: Engine) -> None:
        with self._lock:
            self._made += 1
            self._idle[self._made] = pack, engine
            surplus = [self._idle.popitem(last=False) for _ in range(len(self._idle) - _IDLE)]
        for _, (_, old) in surplus:
            old.close()


def _close(idle: OrderedDict[int, tuple[str, Engine]]) -> None:
    for _, engine in idle.values():
        engine.close()
    idle.clear()


def _tokens(read: Read, columns: int) -> TokenLine:
    """What was read, in columns of the line without the paper put around it."""
    texts = read.text.split()
    parts = [part._replace(text="".join(part.text.split())) for part in read.parts]
    if not texts:
        return TokenLine()
    if sum(len(part.text) for part in parts) != sum(map(len, texts)):
        return TokenLine(_spread(texts, columns, read.confidence), read.confidence)
    tokens = []
    # Thai and Korean come in parts that are smaller than what stands between spaces.
    rest = iter(parts)
    for text in texts:
        mine: list[Part] = []
        while sum(len(part.text) for part in mine) < len(text):
            mine.append(next(rest))
        if sum(len(part.text) for part in mine) > len(text):
            return TokenLine(_spread(texts, columns, read.confidence), read.confidence)
        left = min(max(min(part.left for part in mine) - _BESIDE, 0), columns - 1)
        right = min(max(max(part.right for part in mine) - _BESIDE, left + 1), columns)
        confidence = sum(len(part.text) * part.confidence for part in mine) / len(text)
        tokens.append(Token(text, left, right, confidence))
    return TokenLine(tuple(tokens), read.confidence)


def _spread(texts: list[str], columns: int, confidence: float) -> tuple[Token, ...]:
    """The tokens laid out evenly from left to right, where tesseract does not say where they are."""
    step = columns / (sum(map(len, texts)) + len(texts) - 1)
    tokens, at = [], 0.0
    for text in texts:
        tokens.append(Token(text, at, at + len(text) * step, confidence))
        at += (len(text) + 1) * step
    return tuple(tokens)
