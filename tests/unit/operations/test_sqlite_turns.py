"""Turns in the embedded store: what waited under the first schema, and what the tags look like."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from readstone.operations import sqlite_schema
from readstone.operations.operation import NewOperation
from readstone.operations.sqlite import SqliteStore
from readstone.operations.sqlite_connection import connect_for_writing
from readstone.operations.watermark import Watermark


def written_by_the_first_release(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database of schema 1: two documents of `a`, half read, one of `b`, one that was published."""
    with monkeypatch.context() as patch, closing(connect_for_writing(path)) as connection:
        patch.setattr(sqlite_schema, "STEPS", sqlite_schema.STEPS[:1])
        sqlite_schema.prepare(connection)
        for sequence, owner, pages, state in ((1, "a", 4, "running"), (2, "a", 3, "not started"), (3, "b", 2, "")):
            connection.execute(
                "INSERT INTO operation VALUES (?, ?, 'v3.2', 'read', ?, ?, ?, ?, 1.0, 1.0, NULL, NULL)",
                (
                    sequence,
                    f"id {sequence}",
                    b"{}",
                    owner,
                    json.dumps(list(range(1, pages + 1))),
                    state or "not started",
                ),
            )
            connection.execute("INSERT INTO input VALUES (?, ?)", (sequence, b"document"))
            connection.executemany(
                "INSERT INTO task VALUES (?, ?, 0, 0, 0, NULL, 0)", ((sequence, n) for n in range(pages))
            )
        connection.execute("DELETE FROM task WHERE sequence = 1 AND position < 2")
        connection.executemany("INSERT INTO result VALUES (1, ?, ?)", ((0, b"1"), (1, b"2")))
        connection.execute(
            "INSERT INTO operation VALUES (4, 'done', 'v3.2', 'read', '', 'b', '[1]', 'succeeded', 1, 1, 9e12, NULL)"
        )
        connection.execute("INSERT INTO result VALUES (4, 0, ?)", (b"as it was",))


def test_what_waited_under_the_first_schema_goes_on_by_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written_by_the_first_release(tmp_path / "operations.db", monkeypatch)

    async def main() -> None:
        store = SqliteStore(tmp_path, watermark=Watermark(used=1.0, free_bytes=0))
        await store.open()
        await store.accept(NewOperation("v3.2", "read", b"", (1,), b"document", "c"))
        taken = []
        while claim := await store.claim(60):
            taken.append(
                (claim.operation.owner, claim.operation.id[-1] if claim.operation.owner != "c" else "", claim.page)
            )
            assert await store.complete(claim, str(claim.page).encode())
        assert [t for t in taken if t[0] == "a"] == [("a", "1", 3), ("a", "1", 4), *(("a", "2", n) for n in (1, 2, 3))]
        assert [owner for owner, _, _ in taken] == ["c", "a", "b", "a", "b", "a", "a", "a"]
        assert await store.page_bodies("id 1") == (b"1", b"2", b"3", b"4")
        assert await store.page_bodies("done") == (b"as it was",)
        await store.close()

    asyncio.run(main())
    with closing(sqlite3.connect(tmp_path / "operations.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(sqlite_schema.STEPS),)


def test_the_next_page_is_found_by_an_index(tmp_path: Path) -> None:
    """With 100,000 waiting, a claim must not look at them all."""
    with closing(connect_for_writing(tmp_path / "x.db")) as connection:
        sqlite_schema.prepare(connection)
        question = "SELECT * FROM task WHERE attempts < 3 AND hidden_until <= 1 ORDER BY tag, sequence, position"
        plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {question}"))
        assert "task_tag" in plan
        assert "TEMP B-TREE" not in plan
