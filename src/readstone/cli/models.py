"""`readstone models list|pull|verify|bundle`: which weights there are, their licences, and whether they are sound."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from readstone.cli.configuration import settings_of
from readstone.cli.model_bundle import make_bundle
from readstone.cli.model_pull import pull
from readstone.engines.large.plugged import plugged_names
from readstone.engines.large.shelf import Shelf
from readstone.engines.manifest import DEFAULT_MODELS, ModelUnusableError
from readstone.settings import Settings

_ACTIONS = {
    "list": "all models: where they come from, licence, size, checksums, state",
    "pull": "fetch a model from the hub, or take one in that lies in a folder, once you accept its licence",
    "verify": "check every file of every model against its checksum",
    "bundle": "make a folder of the accepted models for machines without a network",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the command; without an action it lists."""
    parser.set_defaults(run=_list)
    actions = parser.add_subparsers(dest="action", metavar="action")
    listing, pulling, verifying, bundling = (
        actions.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        for name, summary in _ACTIONS.items()
    )
    listing.set_defaults(run=_list)
    verifying.set_defaults(run=_verify)
    pulling.add_argument("name", help="hub id (owner/model) or folder (/models/blip)")
    pulling.add_argument("--accept", action="store_true", help="accept the model's licence without being asked")
    pulling.add_argument("--revision", help="commit, tag or branch of the hub's model; default: its main branch")
    pulling.add_argument(
        "--file", action="append", default=[], metavar="PATTERN", help="a further file, such as onnx/model_fp16.onnx"
    )
    pulling.add_argument("--hub", dest="setting_hub", metavar="URL", help="the hub, in place of READSTONE_HUB")
    pulling.set_defaults(run=_pull)
    bundling.add_argument("folder", type=Path, help="folder to make")
    bundling.add_argument("name", nargs="*", help="models to put in; default: all that were accepted")
    bundling.set_defaults(run=_bundle)
    for each in (listing, pulling, verifying, bundling):
        each.add_argument("--data-dir", dest="setting_data_dir", metavar="DATA_DIR", help="in place of the setting")
        each.add_argument("--models", dest="setting_models", metavar="MODELS", help="in place of the setting")


def _pull(arguments: argparse.Namespace) -> int:
    return pull(arguments, settings_of(arguments))


def _bundle(arguments: argparse.Namespace) -> int:
    return make_bundle(arguments, settings_of(arguments))


def _list(arguments: argparse.Namespace) -> int:
    return _show(settings_of(arguments), verify=False)


def _verify(arguments: argparse.Namespace) -> int:
    return _show(settings_of(arguments), verify=True)


def _show(settings: Settings, *, verify: bool) -> int:
    """Print every model, checked against its record with `verify`; 1 when one is not what it should be."""
    sound = [_default_models(verify=verify), _accepted_models(settings, verify=verify)]
    chosen = settings.engines
    if chosen:
        print("Engines that the settings choose")
        for role, name in sorted(chosen.items()):
            print(f"  {role.setting:28} {name}")
    for role, names in plugged_names().items():
        if names:
            print(f"Engines for {role.value} that installed packages bring: {', '.join(names)}")
    return 0 if all(sound) else 1


def _default_models(*, verify: bool) -> bool:
    sound = True
    for model in DEFAULT_MODELS:
        print(f"{model.name}: {model.purpose}")
        print(f"  from      {model.distribution} {model.version}, {model.path}")
        print(f"  licence   {model.licence}")
        if model.languages:
            print(f"  languages {' '.join(model.languages)}")
        print(f"  sha256    {model.sha256}")
        try:
            print(f"  size      {megabytes(model.locate().stat().st_size)}")
            if verify:
                model.verify()
                print("  state     intact")
            else:
                print("  state     there")
        except (OSError, ModelUnusableError) as error:
            sound = False
            print(f"  state     UNUSABLE: {error}", file=sys.stderr)
    return sound


def _accepted_models(settings: Settings, *, verify: bool) -> bool:
    shelf = Shelf(settings.models_dir)
    try:
        models = shelf.models()
    except ModelUnusableError as error:
        print(f"readstone: {error}", file=sys.stderr)
        return False
    sound = True
    for model in models:
        print(f"{model.name}: plugged in")
        print(f"  from      {shelf.path_of(model)}{f', commit {model.revision}' if model.revision else ''}")
        print(f"  licence   {model.licence}, accepted {model.accepted}")
        print(f"  size      {megabytes(model.size)}")
        for path, file in model.files.items():
            print(f"  sha256    {file.sha256}  {path}")
        try:
            if verify:
                shelf.verify(model)
                print("  state     intact")
            elif shelf.path_of(model).is_dir():
                print("  state     there")
            else:
                raise ModelUnusableError("its folder is gone")
        except ModelUnusableError as error:
            sound = False
            print(f"  state     UNUSABLE: {error}", file=sys.stderr)
    return sound


def megabytes(size: int) -> str:
    """A number of bytes for people."""
    return f"{size / 1e6:.1f} MB"
