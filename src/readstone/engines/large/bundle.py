"""A folder to carry to machines without a network: the accepted models, their record, and what to install."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from dataclasses import replace
from importlib import metadata
from pathlib import Path

from readstone.engines.large.shelf import AcceptedModel, Shelf
from readstone.engines.model_file import OURS, ModelUnusableError

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[([^\]]*)\])?")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([\w.-]+)['\"]")
_READ_ME = """Models for Readstone
====================

This folder is complete: on a machine without a network, set READSTONE_MODELS to it and name the engines as before
(READSTONE_ENGINE_CAPTION and so on). `readstone models verify` checks every file against manifest.json.

requirements.txt lists the packages that Readstone needs, in the versions of the machine that made this folder. With a
network, `pip download -r requirements.txt -d wheels` gets them; without, `pip install --no-index --find-links wheels
-r requirements.txt` installs them.

Each model has its own licence, which was accepted when it was pulled:

"""


def bundle(shelf: Shelf, target: Path, names: Iterable[str] = ()) -> tuple[AcceptedModel, ...]:
    """Copy the models of `names`, or all, and their record into `target`. Returns what is in it.

    Raises ModelUnusableError for a name that was not accepted, files that are not what was accepted, and a `target`
    that holds something else.
    """
    wanted = tuple(names)
    models = shelf.models()
    if unknown := sorted(set(wanted) - {model.name for model in models}):
        raise ModelUnusableError(f"not accepted: {', '.join(unknown)}")
    if target.exists() and any(target.iterdir()) and not (target / "manifest.json").is_file():
        raise ModelUnusableError(f"{target} is not empty, and no bundle")
    made = Shelf(target)
    kept: list[AcceptedModel] = []
    taken: set[str] = set()
    for model in models:
        if wanted and model.name not in wanted:
            continue
        shelf.verify(model)
        folder = _free_name(model, taken)
        _copy(shelf.path_of(model), target / folder, model)
        kept.append(replace(model, folder=folder))
    made.replace_all(kept)
    (target / "requirements.txt").write_text("\n".join(installed_closure(OURS, {"large"})) + "\n", "utf-8")
    listed = "\n".join(f"- {model.name}: {model.licence} (folder {model.folder})" for model in kept)
    (target / "README.txt").write_text(_READ_ME + listed + "\n", "utf-8")
    return tuple(kept)


def _free_name(model: AcceptedModel, taken: set[str]) -> str:
    plain = re.sub(r"[^\w.-]+", "-", Path(model.folder).name).strip("-.") or "model"
    name = next(each for each in (plain, *(f"{plain}-{at}" for at in range(2, 1000))) if each not in taken)
    taken.add(name)
    return name


def _copy(source: Path, target: Path, model: AcceptedModel) -> None:
    """The accepted files alone; what else lies beside them stays."""
    for path in model.files:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / path, target / path)


def installed_closure(distribution: str, extras: Iterable[str]) -> list[str]:
    """`name==version` of everything that a distribution needs and that is installed here, in alphabetical order."""
    found: dict[str, str] = {}
    edge = [(distribution, frozenset(extras))]
    seen: set[tuple[str, frozenset[str]]] = set()
    while edge:
        name, wanted = edge.pop()
        key = (re.sub(r"[-_.]+", "-", name).lower(), wanted)
        if key in seen:
            continue
        seen.add(key)
        try:
            known = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # needed elsewhere: on another system, another Python
        found[key[0]] = known.version
        for requirement in known.requires or ():
            condition = _EXTRA.search(requirement.partition(";")[2])
            needed = _REQUIREMENT.match(requirement)
            if needed and (condition is None or condition[1] in wanted):
                more = frozenset(part.strip() for part in (needed[2] or "").split(",") if part.strip())
                edge.append((needed[1], more))
    return [f"{name}=={version}" for name, version in sorted(found.items()) if name != distribution]
