"""`readstone models bundle`: a folder of the accepted models for machines without a network."""

from __future__ import annotations

import argparse
import sys

from readstone.engines.large.bundle import bundle
from readstone.engines.large.roles import engine_name
from readstone.engines.large.shelf import Shelf
from readstone.engines.model_file import ModelUnusableError
from readstone.settings import Settings


def make_bundle(arguments: argparse.Namespace, settings: Settings) -> int:
    """0 done, 1 when something is wrong with the models or the folder."""
    try:
        names = [engine_name(name).text for name in arguments.name]
        models = bundle(Shelf(settings.models_dir), arguments.folder, names)
    except (ModelUnusableError, ValueError, OSError) as fault:
        print(f"readstone: {fault}", file=sys.stderr)
        return 1
    for model in models:
        print(f"{model.name}: {model.licence}, {model.size / 1e6:.1f} MB, in {model.folder}")
    print(f"{len(models)} models in {arguments.folder}; there, set READSTONE_MODELS to it (README.txt says the rest).")
    return 0
