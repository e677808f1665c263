"""Models from a hub, by huggingface_hub; the one place here that connects to anything, and only when asked to.

What is fetched can only be read, never run: configurations, vocabularies, cards, and weights as safetensors or ONNX.
Pickled weights and code of the repository's own are left where they are.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path
from typing import Any

from readstone.engines.large.card import UNKNOWN, licence_of
from readstone.engines.large.runtime import HOW_TO_INSTALL
from readstone.engines.model_file import ModelUnusableError

_TEXTS = ("*.json", "*.txt", "*.model", "README.md", "LICENSE*", "LICENCE*", "NOTICE*")
_ONNX = ("*.onnx", "*.onnx_data", "onnx/model.onnx", "onnx/model.onnx_data")
_NEVER = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle", "*.py", "*.msgpack", "*.h5")
_CARDS = ("README.md", "LICENSE*", "LICENCE*", "NOTICE*")


class FetchError(Exception):
    """The hub has no such model, or cannot be reached."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A model as the hub has it: its commit, and the files that would be fetched with their sizes in bytes."""

    name: str
    revision: str
    files: dict[str, int]

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return sum(self.files.values())


class Hub:
    """A hub at `endpoint`, None for huggingface_hub's own; a token is taken from HF_TOKEN, as that does.

    Raises FetchError where huggingface_hub is not installed.
    """

    def __init__(self, endpoint: str | None) -> None:
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        if endpoint:
            os.environ["HF_ENDPOINT"] = endpoint  # for the parts of the library that know no other way
        try:
            self._library: Any = import_module("huggingface_hub")
        except ModuleNotFoundError:
            raise FetchError(f"huggingface_hub is not installed: {HOW_TO_INSTALL}") from None
        self._endpoint = endpoint

    def offer(self, name: str, revision: str | None = None, more: Iterable[str] = ()) -> Offer:
        """What there is to fetch of `name`; `more`: patterns of further files. Raises FetchError."""
        try:
            said = self._library.HfApi(endpoint=self._endpoint).model_info(name, revision=revision, files_metadata=True)
        except Exception as fault:  # the library raises its own errors and those of its HTTP client
            raise FetchError(f"{name}: {_first_line(fault)}") from None
        sizes = {file.rfilename: int(file.size or 0) for file in said.siblings or ()}
        wanted = chosen(sizes, tuple(more))
        if not any(path.endswith((".safetensors", ".onnx")) for path in wanted):
            raise FetchError(f"{name} has no weights as safetensors or ONNX")
        return Offer(name, str(said.sha), {path: sizes[path] for path in wanted})

    def cards(self, offer: Offer, folder: Path) -> str:
        """Fetch the model's card and licence files into `folder`. Returns the licence that they name."""
        cards = [path for path in offer.files if _fits(path, _CARDS)]
        if cards:
            self._download(offer, folder, cards)
        return licence_of(folder) if cards else UNKNOWN

    def fetch(self, offer: Offer, folder: Path) -> None:
        """Fetch all files into `folder`; what is there already is not fetched again. Raises FetchError."""
        self._download(offer, folder, list(offer.files))
        absent = [path for path in offer.files if not (folder / path).is_file()]
        if absent:
            raise FetchError(f"{offer.name}: {', '.join(absent[:3])} did not arrive")

    def _download(self, offer: Offer, folder: Path, paths: list[str]) -> None:
        try:
            self._library.snapshot_download(
                offer.name,
                revision=offer.revision,
                local_dir=folder,
                allow_patterns=[_literally(path) for path in paths],
                endpoint=self._endpoint,
            )
        except Exception as fault:  # as above
            raise FetchError(f"{offer.name}: {_first_line(fault)}") from None


def chosen(paths: Iterable[str], more: tuple[str, ...] = ()) -> list[str]:
    """The files of a repository that are fetched, in order: texts and safetensors at its top, ONNX where there are no
    safetensors, and those that a pattern of `more` names; never what may run."""
    every = sorted(paths)
    top = [path for path in every if "/" not in path]
    weights = [path for path in top if path.endswith(".safetensors")]
    if not weights and not more:
        weights = [path for path in every if _fits(path, _ONNX) and (path in top or path.startswith("onnx/model.onnx"))]
    wanted = {path for path in top if _fits(path, _TEXTS)} | set(weights)
    wanted |= {path for path in every if _fits(path, more)}
    return sorted(path for path in wanted if not _fits(path.rpartition("/")[2], _NEVER) and ".." not in path.split("/"))


def _fits(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)


def _literally(path: str) -> str:
    """A pattern that fits this path alone."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in path)


def _first_line(fault: Exception) -> str:
    lines = [line.strip() for line in str(fault).splitlines() if line.strip()]
    return lines[0] if lines else type(fault).__name__


def folder_of(name: str) -> str:
    """The folder below the shelf in which a hub's model is put."""
    if "/" not in name or ".." in name:
        raise ModelUnusableError(f"{name} is no hub id")
    return name.replace("/", "--")
