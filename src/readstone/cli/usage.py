"""`readstone usage`: what all keys used, from the data folder or the database."""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import date

from readstone.access.keys import KeyFile
from readstone.access.metering import Metering
from readstone.access.usage import Usage
from readstone.api.usage import COLUMNS, as_csv, columns, days
from readstone.cli.configuration import add_flags, settings_of
from readstone.operations.choice import missing_package
from readstone.operations.errors import StoreUnavailableError
from readstone.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the command."""
    parser.add_argument("--from", dest="first", metavar="DAY", help="first day (UTC), YYYY-MM-DD; default: 30 days ago")
    parser.add_argument("--to", dest="last", metavar="DAY", help="last day; default: today")
    parser.add_argument("--csv", action="store_true", help="print comma separated values")
    add_flags(parser, ["data_dir", "database"])
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print a table."""
    try:
        first, last = days(arguments.first, arguments.last)
    except ValueError as fault:
        print(f"readstone: {fault}", file=sys.stderr)
        return 2
    try:
        rows = asyncio.run(_rows(settings_of(arguments), first, last))
    except (StoreUnavailableError, ImportError) as fault:
        print(f"readstone: {missing_package(fault) if isinstance(fault, ImportError) else fault}", file=sys.stderr)
        return 1
    if arguments.csv:
        print(as_csv(rows), end="")
        return 0
    table = [COLUMNS, *(tuple(str(value) for value in columns(row).values()) for row in rows)]
    widths = [max(len(line[n]) for line in table) for n in range(len(COLUMNS))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    return 0


async def _rows(settings: Settings, first: date, last: date) -> tuple[Usage, ...]:
    database = settings.database.get_secret_value() if settings.database else None
    return await Metering(settings.data_dir, KeyFile(settings.data_dir), None, database).look(first, last)
