"""PostgreSQL's store with its documents elsewhere."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from postgres import fresh_database
from readstone.operations.errors import StoreUnavailableError
from readstone.operations.inputs_folder import FolderInputs
from readstone.operations.operation import NewOperation
from readstone.operations.postgres.store import PostgresStore


def test_documents_go_to_the_inputs_and_with_their_operation(tmp_path: Path) -> None:
    url = fresh_database(migrated=True)

    async def main() -> None:
        here = PostgresStore(url, FolderInputs(tmp_path / "shared"), folder=tmp_path / "here")
        there = PostgresStore(url, FolderInputs(tmp_path / "shared"), folder=tmp_path / "there")
        misled = PostgresStore(url, folder=tmp_path / "misled")  # READSTONE_INPUTS was forgotten
        for store in (here, there, misled):
            await store.open()
        try:
            operation = await here.accept(NewOperation("v3.2", "read", b"", (1,), b"a document"))
            kept = await there.input(operation.id)
            assert isinstance(kept, Path)
            assert (kept.parent, kept.read_bytes()) == (tmp_path / "shared", b"a document")
            with pytest.raises(StoreUnavailableError, match="READSTONE_INPUTS"):
                await misled.input(operation.id)
            claim = await misled.claim(60)
            assert claim
            assert await misled.give_back(claim)
            claim = await there.claim(60)
            assert claim
            assert claim.attempt == 1
            assert await there.complete(claim, b"read")
            assert not kept.exists()
            assert await here.input(operation.id) is None
        finally:
            for store in (here, there, misled):
                await store.close()

    asyncio.run(main())
