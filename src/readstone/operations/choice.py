"""Which store the settings ask for. What only the store of many machines needs is imported only for it."""

from __future__ import annotations

from pathlib import Path

from readstone.operations.errors import StoreUnusableError
from readstone.operations.inputs_choice import inputs_at
from readstone.operations.sqlite import SqliteStore
from readstone.operations.store import OperationStore
from readstone.operations.watermark import Watermark


def choose_store(
    folder: Path,
    *,
    database: str | None,
    inputs: str | None,
    retention_seconds: float,
    watermark: Watermark,
) -> OperationStore:
    """The store, not yet opened: PostgreSQL's when `database` is a URL, else the embedded one in `folder`.

    Raises StoreUnusableError when a package is missing.
    """
    if database is None:
        return SqliteStore(folder, retention_seconds=retention_seconds, watermark=watermark)
    try:
        from readstone.operations.postgres.store import PostgresStore
    except ImportError as fault:
        raise StoreUnusableError(missing_package(fault)) from None
    copies = folder / "copies"
    return PostgresStore(database, inputs_at(inputs, copies), folder=copies, retention_seconds=retention_seconds)


def missing_package(fault: ImportError) -> str:
    """One line for whoever set READSTONE_DATABASE without the packages for it."""
    return f"READSTONE_DATABASE needs more packages ({fault.name} is missing): pip install 'readstone[postgres]'"
