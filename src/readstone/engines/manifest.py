"""Which model files there are, where they come from, and whether they are the ones we know.

The weights arrive inside packages from the ordinary package registry and are read in place: nothing is
downloaded at run time, and the packages that carry them are not imported.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path


class ModelUnusableError(Exception):
    """A model file is missing or is not the file this release was measured with."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of weights inside an installed distribution.

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


TEXT_LANGUAGES = (
    "zh-Hans", "zh-Hant", "ja", "en", "cs", "da", "de", "es", "fi", "fr", "hu", "it", "nb", "nl", "pl", "pt",
    "ro", "sk", "sr-Latn", "sv", "tr",
)  # fmt: skip

TEXT_DETECTOR = ModelFile(
    name="text-detector",
    distribution="rapidocr",
    version="3.10.0",
    path="rapidocr/models/PP-OCRv6_det_small.onnx",
    sha256="090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    licence="Apache-2.0",
    languages=(),
    purpose="finds lines of text: PP-OCRv6 small, differentiable binarisation",
)

TEXT_RECOGNISER = ModelFile(
    name="text-recogniser",
    distribution="rapidocr",
    version="3.10.0",
    path="rapidocr/models/PP-OCRv6_rec_small.onnx",
    sha256="6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
    licence="Apache-2.0",
    languages=TEXT_LANGUAGES,
    purpose="reads one line of text: PP-OCRv6 small, CTC over 18,708 characters",
)

DEFAULT_MODELS: tuple[ModelFile, ...] = (TEXT_DETECTOR, TEXT_RECOGNISER)
"""Every file that the default engines load."""
