"""Who is told of new work: everybody while there are few processes, nobody among many."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from contract.operations.backends import document
from postgres import fresh_database
from readstone.operations.postgres import presence
from readstone.operations.postgres.store import PostgresStore


async def seconds_until_told(url: str, folder: Path, patience: float) -> float:
    """How long a waiting process waits when another accepts a document."""
    stores = [PostgresStore(url, folder=folder / name) for name in ("one", "other")]
    for store in stores:
        await store.open()
    try:
        one, other = stores
        assert await one.claim(60) is None
        begun = time.monotonic()
        waiting = asyncio.create_task(one.wait_for_work(patience))
        await asyncio.sleep(0.1)
        await other.accept(document())
        await waiting
        waited = time.monotonic() - begun
        assert await one.claim(60) is not None  # told or not, whoever looks finds it
        return waited
    finally:
        for store in stores:
            await store.close()


def test_few_are_told(tmp_path: Path) -> None:
    assert asyncio.run(seconds_until_told(fresh_database(migrated=True), tmp_path, 20.0)) < 15


def test_among_many_each_looks_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "LISTENERS", 0)
    assert asyncio.run(seconds_until_told(fresh_database(migrated=True), tmp_path, 2.0)) >= 2.0
