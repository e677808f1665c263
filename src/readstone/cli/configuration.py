"""Settings as flags: each field of `Settings` is a flag of the same name."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable

from readstone.cli import container_names
from readstone.settings import ConfigurationError, Settings, env_name, load


def add_flags(parser: argparse.ArgumentParser, names: Iterable[str] | None = None) -> None:
    """A flag for each field, or for those of `names`; what is not given comes from the environment."""
    wanted = set(Settings.model_fields if names is None else names)
    group = parser.add_argument_group("settings", "Each is also an environment variable: --port is READSTONE_PORT.")
    for name, field in Settings.model_fields.items():
        if name in wanted:
            group.add_argument(
                f"--{name.replace('_', '-')}",
                dest=f"setting_{name}",
                metavar=name.upper(),
                help=(field.description or "").replace("%", "%%"),
            )


def add_container_names(parser: argparse.ArgumentParser) -> None:
    """Arguments as Azure's own container takes them after the image's name."""
    parser.add_argument(
        "container",
        nargs="*",
        metavar="Name=Value",
        help="settings of Azure's own container under its names: ApiKey=..., Storage:TimeToLiveInDays=2",
    )


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The settings that flags, environment and, below both, the names of Azure's container give.

    Prints every fault and exits 2 when there is one.
    """
    prefix = "setting_"
    given = {n.removeprefix(prefix): v for n, v in vars(arguments).items() if n.startswith(prefix) and v is not None}
    try:
        container = container_names.given(getattr(arguments, "container", ()), os.environ)
        below = {name: value for name, value in container.settings.items() if env_name(name) not in os.environ}
        if container.ignored:
            names = ", ".join(container.ignored)
            print(f"readstone: settings of Azure's container that change nothing here: {names}", file=sys.stderr)
        return load({**below, **given})
    except ConfigurationError as error:
        print("readstone: the settings cannot be used:", file=sys.stderr)
        for fault in error.faults:
            name = fault.partition(":")[0]
            flag = next((f"--{n.replace('_', '-')}" for n in given if env_name(n) == name), None)
            print(f"  {fault}" + (f" (given as {flag})" if flag else ""), file=sys.stderr)
        raise SystemExit(2) from None
