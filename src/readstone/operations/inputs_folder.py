"""Inputs in a folder that all machines have mounted."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from os import scandir
from pathlib import Path

from readstone.operations.blobs import Blobs
from readstone.operations.durable_folder import make_folder
from readstone.operations.errors import StoreUnavailableError, StoreUnusableError
from readstone.operations.inputs import unavailable

_NAMES_AT_ONCE = 500
_MARK = ".readstone-inputs"


class FolderInputs:
    """An `InputStore` in `folder`. Over a network is well: a file is complete under its name, and no lock is taken.

    A mark in the folder tells it from the empty folder that is there while nothing is mounted: without it a
    document would be written where no other machine sees it, and one that is merely out of reach given up.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._blobs = Blobs(folder)

    def open(self) -> None:
        """Make the folder and try it. Raises StoreUnusableError, StoreUnavailableError."""
        make_folder(self._folder)
        try:
            (self._folder / _MARK).touch(mode=0o600)
            (self._folder / self._blobs.put(b"")).unlink()
        except OSError as fault:
            raise StoreUnusableError(f"The folder for inputs cannot be used: {fault.strerror}.") from fault

    def close(self) -> None:
        """Nothing is held."""

    def put(self, document: bytes | Path) -> str:
        """Keep a document. Raises StoreFullError, StoreUnavailableError."""
        self._check_mark()
        return self._blobs.adopt(document) if isinstance(document, Path) else self._blobs.put(document)

    def get(self, name: str) -> Path | None:
        """The file itself, or None. Raises StoreUnavailableError."""
        path = self._blobs.path(name)
        try:
            path.stat()
        except FileNotFoundError:
            self._check_mark()
            return None
        except OSError as fault:
            raise unavailable(fault) from fault
        return path

    def delete(self, name: str) -> None:
        """Remove it, if it is there."""
        self._blobs.delete(name)

    def names(self) -> Iterator[tuple[str, ...]]:
        """All names, some hundred at a time. Raises StoreUnavailableError."""
        try:
            with scandir(self._folder) as entries:
                documents = (entry.name for entry in entries if entry.name != _MARK)
                while batch := tuple(islice(documents, _NAMES_AT_ONCE)):
                    yield batch
        except OSError as fault:
            raise unavailable(fault) from fault

    def _check_mark(self) -> None:
        try:
            (self._folder / _MARK).stat()
        except OSError as fault:
            raise StoreUnavailableError("The folder for inputs is not mounted.") from fault
