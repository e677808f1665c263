"""The engines that the settings name: found, checked against what was accepted, loaded when first used."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from readstone.engines.large.held import Held
from readstone.engines.large.roles import EngineName, Origin, Role, engine_name
from readstone.engines.large.runtime import (
    HOW_TO_INSTALL,
    Device,
    Torch,
    json_in,
    missing_packages,
    release_memory,
    stay_offline,
)
from readstone.engines.large.shelf import AcceptedModel, Shelf
from readstone.engines.model_file import ModelUnusableError
from readstone.engines.protocols import Captioner, Detector, Embedder, LineRecogniser, Segmenter, Tagger

_log = logging.getLogger("readstone.engines")

_JOINT = frozenset({Role.TAGS, Role.VECTORS})
"""Roles that one model of one name does at once."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the settings say: `names` of engines by role, the `shelf`'s folder, names whose licence is `accepted` by a
    setting, `idle_seconds` after which an engine is dropped (0: never), cores (`threads`) and `device`."""

    names: Mapping[Role, str]
    shelf: Path
    accepted: frozenset[str] = frozenset()
    idle_seconds: float = 0.0
    threads: int = 1
    device: Device = Device.AUTO


class Plugged:
    """An engine for each role that has one; each is None where none was chosen."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._shelf = Shelf(choices.shelf)
        self._torch: Torch | None = None
        self._torch_lock = threading.Lock()
        self._held: dict[tuple[str, str], Held[Any]] = {}
        self.captioner: Held[Captioner] | None = self._hold(Role.CAPTION)
        self.tagger: Held[Tagger] | None = self._hold(Role.TAGS)
        self.embedder: Held[Embedder] | None = self._hold(Role.VECTORS)
        self.detector: Held[Detector] | None = self._hold(Role.OBJECTS)
        self.background: Held[Segmenter] | None = self._hold(Role.BACKGROUND)
        self.handwriting: Held[LineRecogniser] | None = self._hold(Role.HANDWRITING)
        if self._held:
            # Before anything else in this process imports the libraries, which look at this once.
            stay_offline()

    def check(self) -> None:
        """Log each engine with its licence. Raises ModelUnusableError that names everything that is wrong, all at once.

        Files are looked at in full only when a model is loaded.
        """
        sound, faults = self.introduced()
        for sentence in sound:
            _log.info("engine %s", sentence)
        if faults:
            raise ModelUnusableError("; ".join(faults))

    def introduced(self) -> tuple[list[str], list[str]]:
        """Each engine with its licence in a line, and what is wrong with the others."""
        sound, faults = [], []
        for role, name in sorted(self._choices.names.items()):
            try:
                sound.append(f"{role.value}: {self._introduced(role, name)}")
            except ModelUnusableError as fault:
                faults.append(f"{role.setting}: {fault}")
        return sound, faults

    def close(self) -> None:
        """Drop every engine, once nobody uses it, and let none be watched any longer."""
        for held in self._held.values():
            held.close()

    def _hold(self, role: Role) -> Held[Any] | None:
        name = self._choices.names.get(role)
        if name is None:
            return None
        known = engine_name(name)
        joint = role in _JOINT and known.origin is not Origin.ENTRY_POINT
        key = ("joint" if joint else role.value, known.text)
        if key not in self._held:

            def load() -> Any:
                return self._loaded(role, known)

            self._held[key] = Held(f"{key[0]} {known.text}", load, self._choices.idle_seconds, release_memory)
        return self._held[key]

    def _introduced(self, role: Role, value: str) -> str:
        """What the log says of an engine before its first use."""
        known = engine_name(value)
        if known.origin is Origin.ENTRY_POINT:
            _entry(role, known.text)
            return f"{known.text}, of an installed package"
        if role is not Role.BACKGROUND and (missing := missing_packages()):
            raise ModelUnusableError(f"{', '.join(missing)} not installed: {HOW_TO_INSTALL}")
        model = self._accepted(known)
        if model is None:
            return f"{known.text}, accepted by READSTONE_ENGINE_ACCEPT"
        if not self._shelf.path_of(model).is_dir():
            raise ModelUnusableError(f"{self._shelf.path_of(model)} is gone")
        return f"{model.name}, licence {model.licence}, accepted {model.accepted}"

    def _accepted(self, known: EngineName) -> AcceptedModel | None:
        """Its record; None for a folder that a setting accepts. Raises ModelUnusableError when nobody accepted it."""
        model = self._shelf.find(known.text)
        if model is not None:
            return model
        if known.origin is Origin.FOLDER:
            if not Path(known.text).is_dir():
                raise ModelUnusableError(f"{known.text} is no folder")
            if known.text in self._choices.accepted:
                return None
        what = "accepted" if known.origin is Origin.FOLDER else "pulled and accepted"
        raise ModelUnusableError(
            f"{known.text} is not {what} yet: `readstone models pull {known.text}` shows its licence and asks"
        )

    def _loaded(self, role: Role, known: EngineName) -> Any:
        """The engine; its files are checked first. Raises ModelUnusableError, and what a package's factory raises."""
        threads = self._choices.threads
        if known.origin is Origin.ENTRY_POINT:
            return _entry(role, known.text)(threads=threads)
        model = self._accepted(known)
        if model is None:
            model = self._shelf.described(known.text, Path(known.text))
        else:
            self._shelf.verify(model)
        folder = self._shelf.path_of(model)
        if role is Role.BACKGROUND:
            from readstone.engines.large.matte import Matte

            return Matte(folder, self._choices.device, threads)
        return _MAKERS[role](folder, self._runtime(), model, self._choices.shelf / ".cache")

    def _runtime(self) -> Torch:
        with self._torch_lock:
            if self._torch is None:
                self._torch = Torch(self._choices.device, self._choices.threads)
            return self._torch


def plugged_names() -> dict[Role, tuple[str, ...]]:
    """The engines that installed packages bring, by role."""
    return {role: tuple(sorted({entry.name for entry in entry_points(group=role.group)})) for role in Role}


def _entry(role: Role, name: str) -> Callable[..., Any]:
    for entry in entry_points(group=role.group, name=name):
        factory: Callable[..., Any] = entry.load()
        return factory
    names = ", ".join(plugged_names()[role]) or "none"
    raise ModelUnusableError(f"no installed package brings an engine {name!r} (group {role.group}); installed: {names}")


def _captioner(folder: Path, runtime: Torch, _model: AcceptedModel, _cache: Path) -> Captioner:
    if json_in(folder, "config.json").get("model_type") == "florence2":
        from readstone.engines.large.florence import Florence

        return Florence(folder, runtime)
    from readstone.engines.large.blip import Blip

    return Blip(folder, runtime)


def _joint(folder: Path, runtime: Torch, model: AcceptedModel, cache: Path) -> Embedder:
    from readstone.engines.large.joint import JointModel

    return JointModel(folder, runtime, f"{Path(model.name).name}@{model.digest}", cache)


def _detector(folder: Path, runtime: Torch, _model: AcceptedModel, _cache: Path) -> Detector:
    from readstone.engines.large.detr import DetrDetector

    return DetrDetector(folder, runtime)


def _line_recogniser(folder: Path, runtime: Torch, _model: AcceptedModel, _cache: Path) -> LineRecogniser:
    from readstone.engines.large.trocr import TrOcr

    return TrOcr(folder, runtime)


_MAKERS: Mapping[Role, Callable[[Path, Torch, AcceptedModel, Path], Any]] = {
    Role.CAPTION: _captioner,
    Role.TAGS: _joint,
    Role.VECTORS: _joint,
    Role.OBJECTS: _detector,
    Role.HANDWRITING: _line_recogniser,
}
"""Imported one by one and late: each wants torch."""
