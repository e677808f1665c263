"""The tables of the embedded store, and how an older database becomes a newer one."""

from __future__ import annotations

import sqlite3

from readstone.operations.errors import StoreUnusableError
from readstone.operations.sqlite_connection import commit

APPLICATION_ID = 0x52445354  # "RDST": `file operations.db` and we can tell it from another program's database

# `task` rows live as long as there is work to do, so the oldest of them is always the table's first row.
# hidden_until: nobody may claim the page before; a lease when `holder` is set, a pause when not.
# holder: the process that has the page; it stays after the lease lapsed and so marks a page that may kill.
_FIRST = """
CREATE TABLE operation (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    surface TEXT NOT NULL,
    kind TEXT NOT NULL,
    options BLOB NOT NULL,
    owner TEXT NOT NULL,
    pages TEXT NOT NULL,
    state TEXT NOT NULL,
    created REAL NOT NULL,
    updated REAL NOT NULL,
    ended REAL,
    blob TEXT
);
CREATE INDEX operation_ended ON operation (ended) WHERE ended IS NOT NULL;
CREATE INDEX operation_blob ON operation (blob) WHERE blob IS NOT NULL;
CREATE TABLE input (sequence INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE task (
    sequence INTEGER NOT NULL,
    position INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    hidden_until REAL NOT NULL,
    holder TEXT,
    alone INTEGER NOT NULL,
    PRIMARY KEY (sequence, position)
) WITHOUT ROWID;
CREATE INDEX task_holder ON task (holder) WHERE holder IS NOT NULL;
CREATE TABLE result (
    sequence INTEGER NOT NULL,
    position INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (sequence, position)
);
"""

# tag, line, turn: see sqlite_turns. What waited before there were turns gets them in order of acceptance.
_TURNS = """
ALTER TABLE task ADD COLUMN tag INTEGER NOT NULL DEFAULT 0;
UPDATE task SET tag = waiting.tag FROM (
    SELECT t.sequence, t.position,
        row_number() OVER (PARTITION BY o.owner ORDER BY t.sequence, t.position) AS tag
    FROM task t JOIN operation o ON o.sequence = t.sequence
) AS waiting WHERE waiting.sequence = task.sequence AND waiting.position = task.position;
CREATE INDEX task_tag ON task (tag);
CREATE TABLE line (owner TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO line SELECT o.owner, max(t.tag) FROM task t JOIN operation o ON o.sequence = t.sequence GROUP BY o.owner;
CREATE TABLE turn (served INTEGER NOT NULL);
INSERT INTO turn VALUES (0)
"""

# The W3C traceparent of the request that brought the document; empty when there was none.
_TRACE = """
ALTER TABLE operation ADD COLUMN trace TEXT NOT NULL DEFAULT ''
"""

STEPS: tuple[str, ...] = (_FIRST, _TURNS, _TRACE)
"""Step n takes a database from schema n to n + 1. Published steps are never edited, only followed by others."""


def prepare(connection: sqlite3.Connection) -> None:
    """Bring a new or older database to this server's schema, in one transaction.

    Raises StoreUnusableError for a newer schema or another program's database.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if application != APPLICATION_ID and (version or tables):
            raise StoreUnusableError("The operations database in the data folder was not made by Readstone.")
        if version > len(STEPS):
            raise StoreUnusableError(
                f"The data folder was written by a newer Readstone (operations schema {version}; this one knows "
                f"{len(STEPS)}). Start the newer release, or give this one a data folder of its own."
            )
        for step in STEPS[version:]:
            for statement in step.split(";"):
                connection.execute(statement)
        if version < len(STEPS):
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {len(STEPS)}")
        commit(connection)
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
