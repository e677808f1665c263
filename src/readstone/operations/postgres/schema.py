"""The tables in the database, and how an older database becomes a newer one. Safe twice, and by several at once.

Procrastinate's schema lies beside our own tables. Its later releases bring migrations of two kinds: `pre` ones,
which older processes live with, and `post` ones, which take away what only older processes used. The first are
made with ours; the second only on request, and only those that this release was tested with.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import cast

import psycopg
from procrastinate.schema import SchemaManager

from readstone import __version__
from readstone.operations.errors import StoreUnusableError
from readstone.operations.postgres.connection import SCHEMA, Connection, connect

STEPS: tuple[str, ...] = (
    "001_first.sql",
    "001_pages.sql",
    "001_sweep.sql",
    "002_access.sql",
    "003_locks.sql",
    "004_beside.sql",
)
"""Files of the folder `migrations`, in their order. Published ones are never edited, only followed by others, and
what they do must leave older processes working: both run at once while a new release is brought in."""

PROCRASTINATE_TESTED = "03.04.00"
"""The last of Procrastinate's schema versions that our functions are known to work with once it is all there."""

OLDEST_SERVER = 14
"""Of PostgreSQL."""

_LOCK = 0x52445354_4D494752  # "RDSTMIGR": one upgrade at a time
_LOCK_SECONDS = 300.0
_STEP_MILLISECONDS = 3_600_000  # a step may go through all rows


@dataclass(frozen=True, slots=True)
class Status:
    """Names of the steps that the database has, those that wait, those left for `finish`, those unknown here.

    Procrastinate's steps have "procrastinate " before their name. `empty`: there is nothing of Readstone yet.
    """

    applied: tuple[str, ...]
    pending: tuple[str, ...]
    unfinished: tuple[str, ...]
    unknown: tuple[str, ...]
    empty: bool

    def check(self) -> None:
        """Raise StoreUnusableError when a newer release was here."""
        if self.unknown:
            raise StoreUnusableError(
                f"The operations database was upgraded by a newer Readstone (step {self.unknown[-1]}; this one knows "
                f"{STEPS[-1]}). Start the newer release, or give this one a database of its own."
            )


async def status(url: str) -> Status:
    """What the database has and lacks. Changes nothing. Raises psycopg.Error, StoreUnusableError."""
    connection = await connect(url)
    try:
        return await _status(connection)
    finally:
        await connection.close()


async def migrate(url: str, *, finish: bool = False) -> tuple[str, ...]:
    """Bring the database to this release; the steps made now. With `finish` also what older processes mind.

    Whoever comes second waits and finds it done. Raises psycopg.Error, StoreUnusableError; then the step that
    failed has left nothing behind, and those before it hold.
    """
    connection = await connect(url)
    try:
        before = await _status(connection)
        before.check()
        if not _due(before, finish):
            return ()
        await _lock(connection)
        before = await _status(connection)  # another may have been quicker
        before.check()
        await connection.execute(f"SET statement_timeout = {_STEP_MILLISECONDS}".encode())
        for name in _due(before, finish):
            if name == STEPS[0]:
                await _first(connection)
            else:
                await _step(connection, name)
        return _due(before, finish)
    finally:
        await connection.close()


def _due(status: Status, finish: bool) -> tuple[str, ...]:
    return status.pending + (status.unfinished if finish else ())


async def _status(connection: Connection) -> Status:
    await _check_server(connection)
    cursor = await connection.execute("SELECT to_regnamespace('readstone') IS NULL, to_regclass('readstone.migration')")
    nothing, table = cast(tuple[bool, str | None], await cursor.fetchone())
    if table is None and not nothing:
        raise StoreUnusableError("The operations database has a schema readstone that Readstone did not make.")
    applied: tuple[str, ...] = ()
    if table is not None:
        rows = await (await connection.execute("SELECT name FROM migration ORDER BY name")).fetchall()
        applied = tuple(row[0] for row in rows)
    theirs = () if nothing else tuple(name for name in _procrastinate_steps() if name not in applied)
    later = tuple(name for name in theirs if "_post_" in name)
    tested = f"procrastinate {PROCRASTINATE_TESTED}"
    return Status(
        applied=applied,
        pending=(*(name for name in STEPS if name not in applied), *(name for name in theirs if name not in later)),
        unfinished=tuple(name for name in later if name[: len(tested)] <= tested),
        unknown=tuple(name for name in applied if not name.startswith("procrastinate ") and name not in STEPS),
        empty=nothing,
    )


async def _check_server(connection: Connection) -> None:
    if connection.info.server_version < OLDEST_SERVER * 10_000:
        raise StoreUnusableError(f"The operations database needs PostgreSQL {OLDEST_SERVER} or newer.")
    if connection.info.parameter_status("server_encoding") != "UTF8":
        raise StoreUnusableError("The operations database must have the encoding UTF8.")


async def _lock(connection: Connection) -> None:
    """Held until the connection closes."""
    async with asyncio.timeout(_LOCK_SECONDS):
        while True:
            row = await (await connection.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,))).fetchone()
            if row and row[0]:
                return
            await asyncio.sleep(0.2)


async def _first(connection: Connection) -> None:
    """Everything that an empty database needs, whole or not at all."""
    async with connection.transaction():
        await connection.execute(f"CREATE SCHEMA {SCHEMA}".encode())
        await connection.execute(
            "CREATE TABLE migration (name text PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now(), "
            "release text NOT NULL)"
        )
        await connection.execute(SchemaManager.get_schema())
        for name in _procrastinate_steps():
            await _note(connection, name)
        await connection.execute(_text(STEPS[0]))
        await _note(connection, STEPS[0])


async def _step(connection: Connection, name: str) -> None:
    async with connection.transaction():
        await connection.execute(_text(name))
        await _note(connection, name)


async def _note(connection: Connection, name: str) -> None:
    await connection.execute("INSERT INTO migration (name, release) VALUES (%s, %s)", (name, __version__))


def _procrastinate_steps() -> tuple[str, ...]:
    folder = Path(SchemaManager.get_migrations_path())
    return tuple(sorted(f"procrastinate {path.name}" for path in folder.glob("*.sql")))


def _text(name: str) -> bytes:
    """The file of a step."""
    if name.startswith("procrastinate "):
        return Path(SchemaManager.get_migrations_path(), name.split()[1]).read_text("utf-8").encode()
    return (resources.files(__package__) / "migrations" / name).read_bytes()


def sentence(fault: psycopg.Error) -> str:
    """What the server or the driver says of a fault, in one line, for whoever starts or upgrades a server."""
    lines = [line.strip() for line in str(fault).splitlines() if line.strip()]
    # Of several addresses that were tried, one is told.
    told = [line for line in lines if not line.startswith("Multiple connection attempts failed")]
    return told[0] if told else type(fault).__name__
