"""`readstone keys create|list|revoke`: who may call. A running server follows at once."""

from __future__ import annotations

import argparse
import sys

from readstone.access.keys import KeyFile
from readstone.cli.configuration import add_flags, settings_of


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the command."""
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    create = actions.add_parser("create", help="make a key and print it, this once")
    create.add_argument("name", nargs="?", default="", help="whom or what it is for")
    listing = actions.add_parser("list", help="list keys; the keys themselves are not stored")
    revoke = actions.add_parser("revoke", help="make a key worthless")
    revoke.add_argument("id", help="the id that `list` shows")
    for action in (create, listing, revoke):
        add_flags(action, ["data_dir"])
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do one of the three."""
    keys = KeyFile(settings_of(arguments).data_dir)
    if arguments.action == "create":
        record, key = keys.create(arguments.name)
        print(key)
        print(f"id {record.id}; this is the only time the key is shown", file=sys.stderr)
        return 0
    if arguments.action == "list":
        for record in keys.records():
            print(f"{record.id}  {record.created}  {record.name}")
        return 0
    if not keys.revoke(arguments.id):
        print(f"readstone: no key has the id {arguments.id}", file=sys.stderr)
        return 1
    return 0
