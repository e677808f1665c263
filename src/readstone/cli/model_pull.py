"""`readstone models pull`: fetch a model, or take one in that is there; its licence is shown and accepted first."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from readstone.engines.large.card import UNKNOWN, licence_of
from readstone.engines.large.fetch import FetchError, Hub, Offer, folder_of
from readstone.engines.large.roles import Origin, engine_name
from readstone.engines.large.shelf import AcceptedModel, Shelf
from readstone.engines.model_file import ModelUnusableError
from readstone.settings import Settings

_NOT_STATED = "unknown: its files do not say; ask who made it"


def pull(arguments: argparse.Namespace, settings: Settings) -> int:
    """0 done, 1 not fetched or not accepted, 2 wrongly asked."""
    try:
        known = engine_name(arguments.name)
    except ValueError as fault:
        print(f"readstone: {arguments.name} {fault}", file=sys.stderr)
        return 2
    shelf = Shelf(settings.models_dir)
    try:
        if known.origin is Origin.FOLDER:
            return _take_in(Path(known.text), shelf, arguments)
        if known.origin is Origin.HUB:
            hub = Hub(settings.hub)
            offer = hub.offer(known.text, arguments.revision, arguments.file)
            return _fetch(hub, offer, shelf, arguments)
    except (FetchError, ModelUnusableError, OSError) as fault:
        print(f"readstone: {fault}", file=sys.stderr)
        return 1
    print(f"readstone: {known.text} is neither a folder nor a hub id (owner/model)", file=sys.stderr)
    return 2


def _take_in(folder: Path, shelf: Shelf, arguments: argparse.Namespace) -> int:
    if not folder.is_dir():
        raise FetchError(f"{folder} is no folder")
    licence = licence_of(folder)
    if not _accepted(str(folder), licence, arguments, folder):
        return 1
    return _done(shelf.accept(str(folder), folder, licence=licence), shelf)


def _fetch(hub: Hub, offer: Offer, shelf: Shelf, arguments: argparse.Namespace) -> int:
    folder = shelf.folder / folder_of(offer.name)
    print(f"{offer.name}, commit {offer.revision}: {len(offer.files)} files, {offer.size / 1e6:.1f} MB")
    licence = hub.cards(offer, folder)
    if not _accepted(offer.name, licence, arguments, folder):
        return 1  # the card stays, to be read
    hub.fetch(offer, folder)
    _clear(folder, set(offer.files))
    return _done(shelf.accept(offer.name, folder, revision=offer.revision, licence=licence), shelf)


def _clear(folder: Path, wanted: set[str]) -> None:
    """Away with what an earlier commit had and this one has not, and with the library's bookkeeping."""
    shutil.rmtree(folder / ".cache", ignore_errors=True)
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if path.relative_to(folder).as_posix() not in wanted:
            path.unlink()


def _accepted(name: str, licence: str, arguments: argparse.Namespace, folder: Path) -> bool:
    """Show the licence, then take the flag or the answer of who sits there for an acceptance."""
    print(f"Licence of {name}: {_NOT_STATED if licence == UNKNOWN else licence}")
    texts = sorted(path.name for path in folder.glob("LICEN[SC]E*"))
    if texts or (folder / "README.md").is_file():
        print(f"Read it before you accept: {', '.join(texts or ['README.md'])} in {folder}")
    print("Whether you may use the model for what you do, you have to judge yourself.")
    if arguments.accept:
        return True
    if not sys.stdin.isatty():
        print("readstone: not accepted; --accept says that you do", file=sys.stderr)
        return False
    return input("Do you accept this licence? [y/N] ").strip().lower() in ("y", "yes")


def _done(model: AcceptedModel, shelf: Shelf) -> int:
    print(f"{model.name}: accepted, {len(model.files)} files, {model.size / 1e6:.1f} MB, in {shelf.path_of(model)}")
    return 0
