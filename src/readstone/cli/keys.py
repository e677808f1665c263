"""`readstone keys create|list|limit|revoke`: who may call, and how often. A running server follows at once."""

from __future__ import annotations

import argparse
import sys

from readstone.access.keys import KeyFile
from readstone.access.rate import parse_rates
from readstone.cli.configuration import add_flags, settings_of


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the command."""
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    create = actions.add_parser("create", help="make a key and print it, this once")
    create.add_argument("name", nargs="?", default="", help="whom or what it is for")
    create.add_argument("--rate", type=_rate, help="its own limits in place of the server's: " + _RATE)
    create.add_argument("--admin", action="store_true", help="let it see at /readstone/usage what all keys used")
    listing = actions.add_parser("list", help="list keys; the keys themselves are not stored")
    limit = actions.add_parser("limit", help="give a key other limits of its own")
    limit.add_argument("id", help="the id that `list` shows")
    limit.add_argument("rate", type=_rate, nargs="?", help=f"{_RATE}; left out: as the server's")
    revoke = actions.add_parser("revoke", help="make a key worthless")
    revoke.add_argument("id", help="the id that `list` shows")
    for action in (create, listing, limit, revoke):
        add_flags(action, ["data_dir"])
    parser.set_defaults(run=run)


_RATE = "10/s, 20/min, 1000/day, several with commas, `none` for no limit"


def _rate(text: str) -> str:
    try:
        parse_rates(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(str(fault)) from None
    return text


def run(arguments: argparse.Namespace) -> int:
    """Do one of the four."""
    keys = KeyFile(settings_of(arguments).data_dir)
    if arguments.action == "create":
        record, key = keys.create(arguments.name, rate=arguments.rate or "", admin=arguments.admin)
        print(key)
        print(f"id {record.id}; this is the only time the key is shown", file=sys.stderr)
        return 0
    if arguments.action == "list":
        for record in keys.records():
            more = [f"rate {record.rate}"] * bool(record.rate) + ["admin"] * record.admin
            print("  ".join((record.id, record.created, record.name, *more)))
        return 0
    limiting = arguments.action == "limit"
    if not (keys.limit(arguments.id, arguments.rate or "") if limiting else keys.revoke(arguments.id)):
        print(f"readstone: no key has the id {arguments.id}", file=sys.stderr)
        return 1
    return 0
