"""The C interface of the system's tesseract library, as far as it is needed to read one line.

Names, arguments and constants: tesseract's capi.h and publictypes.h, the same in versions 4 and 5. Calls through
ctypes let other threads run meanwhile.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, byref, c_char_p, c_float, c_int, c_void_p
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_NAMES = ("libtesseract.so.5", "libtesseract.so.4", "libtesseract.5.dylib", "/opt/homebrew/lib/libtesseract.5.dylib")
_NEURAL_NETWORK_ALONE = 1  # OEM_LSTM_ONLY
_SINGLE_LINE, _RAW_LINE = 7, 13  # PSM_*
_WORD = 3  # RIL_WORD

# name: (result, arguments)
_FUNCTIONS: dict[str, tuple[type | None, list[type]]] = {
    "TessVersion": (c_char_p, []),
    "TessDeleteText": (None, [c_void_p]),
    "TessBaseAPICreate": (c_void_p, []),
    "TessBaseAPIDelete": (None, [c_void_p]),
    "TessBaseAPIInit2": (c_int, [c_void_p, c_char_p, c_char_p, c_int]),
    "TessBaseAPISetVariable": (c_int, [c_void_p, c_char_p, c_char_p]),
    "TessBaseAPISetPageSegMode": (None, [c_void_p, c_int]),
    "TessBaseAPISetImage": (None, [c_void_p, c_void_p, c_int, c_int, c_int, c_int]),
    "TessBaseAPIRecognize": (c_int, [c_void_p, c_void_p]),
    "TessBaseAPIGetUTF8Text": (c_void_p, [c_void_p]),
    "TessBaseAPIMeanTextConf": (c_int, [c_void_p]),
    "TessBaseAPIGetIterator": (c_void_p, [c_void_p]),
    "TessBaseAPIClear": (None, [c_void_p]),
    "TessResultIteratorGetPageIterator": (c_void_p, [c_void_p]),
    "TessResultIteratorGetUTF8Text": (c_void_p, [c_void_p, c_int]),
    "TessResultIteratorConfidence": (c_float, [c_void_p, c_int]),
    "TessResultIteratorNext": (c_int, [c_void_p, c_int]),
    "TessResultIteratorDelete": (None, [c_void_p]),
    "TessPageIteratorBoundingBox": (c_int, [c_void_p, c_int, *[POINTER(c_int)] * 4]),
}


class LanguageDataError(Exception):
    """Language data are absent or damaged."""


class Part(NamedTuple):
    """What tesseract calls a word: its text, first and last + 1 column, confidence 0..1."""

    text: str
    left: int
    right: int
    confidence: float


class Read(NamedTuple):
    """What a line says, in the order in which it is read; confidence 0..1."""

    text: str
    parts: tuple[Part, ...]
    confidence: float


@cache
def library() -> ctypes.CDLL | None:
    """The library, None where it is not installed."""
    for name in _NAMES:
        try:
            found = ctypes.CDLL(name)
            for function, (result, arguments) in _FUNCTIONS.items():
                getattr(found, function).restype, getattr(found, function).argtypes = result, arguments
        except (OSError, AttributeError):
            continue
        return found
    return None


def version() -> str | None:
    """The library's version, None where it is not installed."""
    found = library()
    return found.TessVersion().decode() if found else None


@cache
def _openmp() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL("libgomp.so.1")
    except OSError:
        return None


class Engine:
    """One language, for one thread at a time. Raises LanguageDataError; there must be a library."""

    def __init__(self, folder: Path, pack: str) -> None:
        found = library()
        if found is None:
            raise LanguageDataError("there is no tesseract")
        self._library = found
        self._handle: int | None = found.TessBaseAPICreate()
        if found.TessBaseAPIInit2(self._handle, bytes(folder), pack.encode(), _NEURAL_NETWORK_ALONE):
            self.close()
            raise LanguageDataError(pack)
        # Or it guesses, and says so on the standard error of the server.
        found.TessBaseAPISetVariable(self._handle, b"user_defined_dpi", b"300")

    def read(self, grey: NDArray[np.uint8], *, raw: bool) -> Read:
        """Read a line image (rows x columns); `raw`: all of it, without a search for where in it the line lies."""
        one_thread = _openmp()
        if one_thread:
            # Lines are read side by side; threads of its own would only wait for each other.
            one_thread.omp_set_num_threads(1)
        found, handle = self._library, self._handle
        rows, columns = grey.shape
        pixels = np.ascontiguousarray(grey)
        found.TessBaseAPISetPageSegMode(handle, _RAW_LINE if raw else _SINGLE_LINE)
        found.TessBaseAPISetImage(handle, pixels.ctypes.data, columns, rows, 1, columns)
        try:
            if found.TessBaseAPIRecognize(handle, None):
                return Read("", (), 0.0)
            text = self._text(found.TessBaseAPIGetUTF8Text(handle))
            return Read(text, self._parts(), found.TessBaseAPIMeanTextConf(handle) / 100)
        finally:
            found.TessBaseAPIClear(handle)

    def _parts(self) -> tuple[Part, ...]:
        found = self._library
        at = found.TessBaseAPIGetIterator(self._handle)
        if not at:
            return ()
        parts = []
        left, top, right, bottom = c_int(), c_int(), c_int(), c_int()
        page = found.TessResultIteratorGetPageIterator(at)
        while True:
            text = self._text(found.TessResultIteratorGetUTF8Text(at, _WORD))
            if text and found.TessPageIteratorBoundingBox(
                page, _WORD, byref(left), byref(top), byref(right), byref(bottom)
            ):
                sure = found.TessResultIteratorConfidence(at, _WORD) / 100
                parts.append(Part(text, left.value, right.value, sure))
            if not found.TessResultIteratorNext(at, _WORD):
                break
        found.TessResultIteratorDelete(at)
        return tuple(parts)

    def _text(self, address: int | None) -> str:
        if not address:
            return ""
        text = ctypes.string_at(address).decode("utf-8", "replace")
        self._library.TessDeleteText(address)
        return text

    def close(self) -> None:
        """Free what it holds."""
        if self._handle is not None:
            self._library.TessBaseAPIDelete(self._handle)
            self._handle = None
