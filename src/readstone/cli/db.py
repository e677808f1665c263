"""`readstone db upgrade|status`: the tables in the database that `READSTONE_DATABASE` names."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable

from readstone.cli.configuration import add_flags, settings_of
from readstone.operations.choice import missing_package
from readstone.operations.errors import StoreUnusableError


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the command."""
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    upgrade = actions.add_parser("upgrade", help="bring the tables to this release; safe twice, and by two at once")
    upgrade.add_argument(
        "--finish",
        action="store_true",
        help="also take away what only older releases used; once no older process runs any more",
    )
    status = actions.add_parser("status", help="what the database has and lacks; 1 when it is not of this release")
    for action in (upgrade, status):
        add_flags(action, ["database"])
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do one of the two. 1 when it cannot be done, or `status` finds work; 2 when there is no database to do it to."""
    database = settings_of(arguments).database
    if database is None:
        print("readstone: READSTONE_DATABASE is not set; without it the tables keep themselves", file=sys.stderr)
        return 2
    url = database.get_secret_value()
    if arguments.action == "upgrade":
        return _told(lambda: _upgrade(url, arguments.finish))
    return _told(lambda: _status(url))


def _told(work: Callable[[], Awaitable[int]]) -> int:
    """The status of `work`; why it could not be done goes to stderr, in one line."""
    try:
        import psycopg

        from readstone.operations.postgres.schema import sentence
    except ImportError as fault:
        print(f"readstone: {missing_package(fault)}", file=sys.stderr)
        return 1

    async def main() -> int:
        return await work()

    try:
        return asyncio.run(main())
    except StoreUnusableError as fault:
        print(f"readstone: {fault}", file=sys.stderr)
    except psycopg.Error as fault:
        print(f"readstone: the database says: {sentence(fault)}", file=sys.stderr)
    return 1


async def _upgrade(url: str, finish: bool) -> int:
    from readstone.operations.postgres.schema import migrate, status

    for name in await migrate(url, finish=finish):
        print(f"made {name}")
    left = (await status(url)).unfinished
    print("the database is up to date" if not left else f"up to date, but for --finish: {', '.join(left)}")
    return 0


async def _status(url: str) -> int:
    from readstone.operations.postgres.schema import status

    found = await status(url)
    theirs = [name for name in found.applied if name.startswith("procrastinate ")]
    ours = [name for name in found.applied if name not in theirs]
    for title, names in (
        ("applied", (*ours, *theirs[-1:])),  # Procrastinate's history is long: where it stands is enough
        ("pending", found.pending),
        ("for --finish", found.unfinished),
        ("unknown", found.unknown),
    ):
        for name in names:
            print(f"{title:13} {name}")
    found.check()
    return 1 if found.pending else 0
