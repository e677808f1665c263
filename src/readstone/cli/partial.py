"""Pages of a long document that have been read already, so that an interrupted `readstone read` can go on."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from readstone import __version__
from readstone.domain.document import Sheet
from readstone.domain.text import Page


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page with its place in the document."""

    sheet: Sheet
    page: Page


_FORM = TypeAdapter(ReadPage)


class PartialResults:
    """Keeps the pages of one document, read with one set of options, in a folder of its own.

    The folder's name is made from the document's bytes, the options and our version: another file, another
    option or another release starts anew.
    """

    def __init__(self, folder: Path, data: bytes, options: str) -> None:
        digest = hashlib.sha256(f"{__version__}\n{options}\n".encode())
        digest.update(data)
        self._folder = folder / digest.hexdigest()[:32]

    def find(self, number: int) -> ReadPage | None:
        """A page kept by an earlier run."""
        try:
            return _FORM.validate_json(self._path(number).read_bytes())
        except (OSError, ValidationError):
            return None

    def keep(self, number: int, page: ReadPage) -> None:
        """Keep a page; whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(number)
        temporary = path.with_suffix(".part")
        temporary.write_bytes(_FORM.dump_json(page))
        temporary.replace(path)

    def count(self) -> int:
        """How many pages are kept."""
        return len(list(self._folder.glob("*.json")))

    def discard(self) -> None:
        """The document is done: nothing needs to be kept."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.json"
