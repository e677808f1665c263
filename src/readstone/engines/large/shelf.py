"""The models that a user accepted: a folder of them, and the record of what was accepted, file by file.

`manifest.json` of the folder holds, for each model, its name, licence, revision, when it was accepted, and size and
SHA-256 of every file. A model is used only while its files are those.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from readstone.engines.large.card import licence_of
from readstone.engines.model_file import ModelUnusableError

MANIFEST = "manifest.json"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class StoredFile:
    """`size` in bytes, `sha256` in lower-case hex."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class AcceptedModel:
    """A model whose licence somebody accepted.

    `name`: hub id or absolute path; `folder`: where it lies, absolute or relative to the shelf; `revision`: the hub's
    commit, empty for a folder of one's own; `accepted`: ISO 8601 time in UTC; `files` by path below `folder`.
    """

    name: str
    folder: str
    revision: str
    licence: str
    accepted: str
    files: Mapping[str, StoredFile]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())

    @property
    def digest(self) -> str:
        """Eight hex digits that change when any file does."""
        listed = "".join(f"{path} {file.sha256}\n" for path, file in sorted(self.files.items()))
        return hashlib.sha256(listed.encode()).hexdigest()[:8]


class Shelf:
    """The folder of accepted models. Writers lock and replace the manifest whole; it may be read-only for a server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def models(self) -> tuple[AcceptedModel, ...]:
        """All that were accepted, in order of their names. Raises ModelUnusableError for a manifest that is none."""
        try:
            said = json.loads((self.folder / MANIFEST).read_text("utf-8"))
            return tuple(_model(each) for each in said["models"])
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, KeyError, TypeError) as broken:
            raise ModelUnusableError(f"{self.folder / MANIFEST} cannot be read: {broken}") from None

    def find(self, name: str) -> AcceptedModel | None:
        """The model of that name, None when it was not accepted."""
        return next((model for model in self.models() if model.name == name), None)

    def path_of(self, model: AcceptedModel) -> Path:
        """Where its files lie."""
        return self.folder / model.folder

    def accept(self, name: str, folder: Path, *, revision: str = "", licence: str = "") -> AcceptedModel:
        """Record the files of `folder`, as they are now, as the model `name`; in place of an earlier record."""
        model = self.described(name, folder, revision=revision, licence=licence)
        with self._locked():
            self._write([*(each for each in self.models() if each.name != name), model])
        return model

    def replace_all(self, models: Iterable[AcceptedModel]) -> None:
        """Let these be the whole record."""
        with self._locked():
            self._write(models)

    def described(self, name: str, folder: Path, *, revision: str = "", licence: str = "") -> AcceptedModel:
        """What would be recorded of the files of `folder`, as they are now. Raises OSError."""
        inside = folder.resolve().is_relative_to(self.folder.resolve())
        return AcceptedModel(
            name=name,
            folder=str(folder.resolve().relative_to(self.folder.resolve()) if inside else folder.resolve()),
            revision=revision,
            licence=licence or licence_of(folder),
            accepted=datetime.now(UTC).isoformat(timespec="seconds"),
            files=stored_files(folder),
        )

    def verify(self, model: AcceptedModel) -> None:
        """Raises ModelUnusableError unless every file of `model` is there and is the one that was accepted."""
        folder = self.path_of(model)
        for path, known in model.files.items():
            try:
                found = stored_file(folder / path)
            except OSError:
                raise ModelUnusableError(f"model {model.name}: {path} is missing or cannot be read") from None
            if found != known:
                raise ModelUnusableError(
                    f"model {model.name}: {path} is not the file that was accepted (sha256 {found.sha256}, "
                    f"accepted was {known.sha256}); pull it again"
                )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.folder / "manifest.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _write(self, models: Iterable[AcceptedModel]) -> None:
        written = [asdict(model) for model in sorted(models, key=lambda model: model.name)]
        temporary = self.folder / f"{MANIFEST}.new"
        with temporary.open("w", encoding="utf-8") as file:
            json.dump({"models": written}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.folder / MANIFEST)


def stored_files(folder: Path) -> dict[str, StoredFile]:
    """Every file below `folder` by its path with forward slashes, but for hidden ones (a download's bookkeeping)."""
    found: dict[str, StoredFile] = {}
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in below.parts):
            found[below.as_posix()] = stored_file(path)
    return found


def stored_file(path: Path) -> StoredFile:
    """Size and checksum of a file. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return StoredFile(size, digest.hexdigest())


def _model(said: Mapping[str, Any]) -> AcceptedModel:
    files = {path: StoredFile(int(file["size"]), str(file["sha256"])) for path, file in said["files"].items()}
    texts = {name: str(said[name]) for name in ("name", "folder", "revision", "licence", "accepted")}
    return AcceptedModel(**texts, files=files)
