"""One file of weights: where it comes from, and whether it is the one we know."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path

OURS = "readstone"
"""Distribution of the models that are kept in this package, below `readstone/models`."""


class ModelUnusableError(Exception):
    """A model file is missing or is not the file this release was measured with."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of weights inside an installed distribution, or, with `distribution` OURS, in this package.

    `path` is relative to the distribution's root, with forward slashes; `sha256` is in lower-case hex;
    `languages` are BCP-47 codes, empty where a model knows no language.
    """

    name: str
    distribution: str
    version: str
    path: str
    sha256: str
    licence: str
    languages: tuple[str, ...]
    purpose: str

    def locate(self) -> Path:
        """Where the file lies on this machine. Raises ModelUnusableError when it is not installed."""
        if self.distribution == OURS:
            # Asked of the package, not of its list of files: an editable install has none.
            return Path(str(resources.files(OURS))).parent / self.path
        try:
            files = metadata.distribution(self.distribution).files or ()
        except metadata.PackageNotFoundError as absent:
            raise ModelUnusableError(
                f"model {self.name}: package {self.distribution} {self.version} is not installed"
            ) from absent
        for file in files:
            if file.as_posix() == self.path:
                return Path(str(file.locate()))
        raise ModelUnusableError(f"model {self.name}: package {self.distribution} carries no {self.path}")

    def verified(self) -> bytes:
        """The file's bytes. Raises ModelUnusableError when it is missing or its checksum is another."""
        try:
            content = self.locate().read_bytes()
        except OSError as unreadable:
            raise ModelUnusableError(f"model {self.name}: {self.path} cannot be read") from unreadable
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            raise ModelUnusableError(
                f"model {self.name}: {self.path} has checksum {found}, but {self.distribution} "
                f"{self.version} has {self.sha256}; reinstall the locked version"
            )
        return content

    def verify(self) -> None:
        """Raises ModelUnusableError unless the file is there and is the one we know."""
        self.verified()
