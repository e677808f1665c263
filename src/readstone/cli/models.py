"""`readstone models list|verify`: which weights there are, under which licence, and whether they are intact."""

from __future__ import annotations

import argparse
import sys

from readstone.engines.manifest import DEFAULT_MODELS, ModelUnusableError


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the command."""
    parser.add_argument("action", choices=("list", "verify"), nargs="?", default="list")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the manifest, or check every file against it."""
    failed = False
    for model in DEFAULT_MODELS:
        print(f"{model.name}: {model.purpose}")
        print(f"  from      {model.distribution} {model.version}, {model.path}")
        print(f"  licence   {model.licence}")
        if model.languages:
            print(f"  languages {' '.join(model.languages)}")
        print(f"  sha256    {model.sha256}")
        if arguments.action == "verify":
            try:
                model.verify()
                print("  intact")
            except ModelUnusableError as error:
                failed = True
                print(f"  UNUSABLE: {error}", file=sys.stderr)
    return 1 if failed else 0
