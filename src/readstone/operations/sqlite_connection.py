"""Opening the embedded database, and what its errors mean to us."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from readstone.operations.errors import StoreFullError, StoreUnavailableError

_PAGE_BYTES = 8192  # measured with inputs of 20 kB: about as fast as 4096, the default; 16384 is slower
_BUSY_MILLISECONDS = 5000

# The storage's fault, not ours: to be answered with 503. Anything else is a programming error and stays one.
_STORAGE_FAULTS = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)


def connect(path: Path, busy_milliseconds: int = _BUSY_MILLISECONDS) -> sqlite3.Connection:
    """A connection for reading, which waits so long for a lock. Raises sqlite3.Error."""
    connection = _connect(path, busy_milliseconds)
    connection.execute("PRAGMA query_only = ON")
    return connection


def connect_for_writing(path: Path) -> sqlite3.Connection:
    """A connection whose commits are on the disk when they return. Raises sqlite3.Error."""
    # Documents are private: nobody but the server's own account reads them (-wal and -shm take the same mode).
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    connection = _connect(path)
    # These two hold from the first page on, so they come before journal_mode writes it.
    connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # a burst's room goes back to the disk
    connection.execute("PRAGMA journal_mode = WAL").fetchone()
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")  # a deleted document is overwritten; the cost is lost in noise
    connection.execute("PRAGMA wal_autocheckpoint = 2000")  # 16 MB: pauses of some 30 ms; at 64 MB twice that
    connection.execute("PRAGMA journal_size_limit = 67108864")
    return connection


def _connect(path: Path, busy_milliseconds: int = _BUSY_MILLISECONDS) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout = {busy_milliseconds}")
    return connection


def commit(connection: sqlite3.Connection) -> None:
    """The durable step: after it everything in the transaction has happened, before it nothing has."""
    connection.execute("COMMIT")


def primary_code(fault: BaseException) -> int | None:
    """SQLite's result code without its details, or None when `fault` is not SQLite's."""
    code: int | None = getattr(fault, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def translated(fault: BaseException) -> BaseException:
    """`fault` as callers of the store know it."""
    code = primary_code(fault)
    if code == sqlite3.SQLITE_FULL:
        return StoreFullError("The disk of the operations database is full.")
    if code in _STORAGE_FAULTS:
        name = getattr(fault, "sqlite_errorname", "")
        return StoreUnavailableError(f"The operations database does not answer ({name}).")
    return fault
