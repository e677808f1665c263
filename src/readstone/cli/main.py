"""The `readstone` command: one module a subcommand, each imported only when it is called."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from readstone import __version__

_COMMANDS = {
    "serve": "start the server",
    "worker": "read pages that servers have accepted, on this machine or another",
    "read": "print the text of images",
    "analyze": "print what images show: caption, tags, objects, faces, colours",
    "keys": "create, list, limit and revoke access keys",
    "usage": "print what each key used, by day and operation",
    "models": "list, pull, verify and bundle models",
    "db": "create and upgrade the tables of READSTONE_DATABASE, or say what they lack",
    "doctor": "show the effective settings and models, and what is wrong with them",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns its exit status: 0 done, 1 something failed, 2 wrongly asked or configured."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        prog="readstone", description="A self-hosted server for the Azure Computer Vision REST API."
    )
    parser.add_argument("--version", action="version", version=f"readstone {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    # The flags of a command are only known to its module; asking for one command loads just that one.
    asked = next((a for a in arguments if a in _COMMANDS), None)
    for name, summary in _COMMANDS.items():
        sub = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if name == asked:
            importlib.import_module(f"readstone.cli.{name}").configure(sub)
    parsed = parser.parse_args(arguments)
    try:
        status: int = parsed.run(parsed)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `readstone read … | head`
        sys.stderr.close()
        return 1
    return status
