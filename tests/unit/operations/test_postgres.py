"""What is true of the store of many machines alone: one transaction, counts, turns, inputs, its own cost."""

from __future__ import annotations

import asyncio
import gc
import os
import tracemalloc
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import psycopg
import pytest

from postgres import fresh_database
from readstone.operations.errors import StoreUnavailableError, StoreUnusableError
from readstone.operations.inputs_folder import FolderInputs
from readstone.operations.operation import Kept, NewOperation, PageClaim, State
from readstone.operations.postgres.accepting import PIECE_BYTES
from readstone.operations.postgres.store import PostgresStore
from readstone.operations.store import OperationStore

LEASE = 60.0

Test = Callable[[PostgresStore], Coroutine[Any, Any, None]]


@pytest.fixture
def url() -> str:
    return fresh_database(migrated=True)


def run(url: str, folder: Path, test: Test, **options: Any) -> None:
    async def main() -> None:
        store = PostgresStore(url, folder=folder, **options)
        await store.open()
        try:
            await test(store)
        finally:
            await store.close()

    asyncio.run(main())


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True, options="-c search_path=readstone") as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


def left(url: str) -> dict[str, int]:
    """How many rows there are of what must not stay."""
    tables = "procrastinate_jobs procrastinate_events lease input operation result".split()
    return {table: rows(url, f"SELECT count(*) FROM {table}")[0][0] for table in tables}


def document(
    pages: int = 1, data: bytes | Path = b"a document", owner: str = "owner", kind: str = "read"
) -> NewOperation:
    return NewOperation("v3.2", kind, b"{}", tuple(range(1, pages + 1)), data, owner)


async def claimed(store: OperationStore) -> PageClaim:
    claim = await store.claim(LEASE)
    assert claim
    return claim


# --- one transaction ----------------------------------------------------------------------------------------


def test_record_and_jobs_come_and_go_together(url: str, tmp_path: Path) -> None:
    async def test(store: PostgresStore) -> None:
        await store.accept(document(3))
        jobs = rows(
            url, "SELECT status, queue_name, task_name, args ->> 'position' FROM procrastinate_jobs ORDER BY id"
        )
        assert jobs == [("todo", "readstone", "readstone.read_page", str(n)) for n in range(3)]
        first = await claimed(store)
        assert rows(url, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' AND worker_id IS NOT NULL")[
            0
        ] == (1,)
        await store.complete(first, b"x")
        assert left(url)["procrastinate_jobs"] == 2
        await store.try_again(await claimed(store), 100)
        assert rows(url, "SELECT count(*) FROM procrastinate_jobs WHERE scheduled_at > now() + interval '90 s'")[0] == (
            1,
        )
        await store.fail(await claimed(store))
        assert left(url) == dict.fromkeys(left(url), 0) | {"operation": 1}

    run(url, tmp_path, test)


@pytest.mark.parametrize("broken", ["procrastinate_jobs", "share", "operation"])
def test_an_accept_that_fails_half_way_leaves_nothing(url: str, tmp_path: Path, broken: str) -> None:
    async def test(store: PostgresStore) -> None:
        rows(url, f"ALTER TABLE {broken} ADD CONSTRAINT never CHECK (false) NOT VALID")
        for data in (b"small", b"x" * (2 * PIECE_BYTES)):
            with pytest.raises(psycopg.errors.CheckViolation):
                await store.accept(document(2, data))
        assert left(url) == dict.fromkeys(left(url), 0)
        assert (await store.counts()).queued == 0

    run(url, tmp_path, test)


@pytest.mark.parametrize("broken", ["result", "process"])
def test_a_completion_that_fails_half_way_changes_nothing(url: str, tmp_path: Path, broken: str) -> None:
    async def test(store: PostgresStore) -> None:
        operation = await store.accept(document())
        claim = await claimed(store)
        before = left(url)
        rows(url, f"ALTER TABLE {broken} ADD CONSTRAINT never CHECK (false) NOT VALID")
        with pytest.raises(psycopg.errors.CheckViolation):
            await store.complete(claim, b"x")
        rows(url, f"ALTER TABLE {broken} DROP CONSTRAINT never")
        assert left(url) == before
        found = await store.find(operation.id)
        assert found
        assert found.state is State.RUNNING
        assert await store.complete(claim, b"x") is Kept.PUBLISHED

    run(url, tmp_path, test)


def test_a_document_that_is_not_taken_does_not_spoil_its_group(url: str, tmp_path: Path) -> None:
    async def test(store: PostgresStore) -> None:
        bad = document(kind="\0")  # no text for PostgreSQL
        outcomes = await asyncio.gather(
            *(store.accept(new) for new in (document(), bad, document())), return_exceptions=True
        )
        assert [isinstance(outcome, psycopg.Error) for outcome in outcomes] == [False, True, False]
        assert (await store.counts()).queued == 2

    run(url, tmp_path, test)


def test_many_accepts_share_a_transaction(url: str, tmp_path: Path) -> None:
    async def test(store: PostgresStore) -> None:
        before = store.connections.round_trips
        await asyncio.gather(*(store.accept(document(owner=f"owner {n % 7}")) for n in range(200)))
        assert store.connections.round_trips - before < 20
        assert (await store.counts()).queued == 200

    run(url, tmp_path, test)


def test_a_caller_who_left_before_the_transaction_leaves_nothing(url: str, tmp_path: Path) -> None:
    async def test(store: PostgresStore) -> None:
        with psycopg.connect(url) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(1381258324, hashtext('0'))")  # keeps the first one busy
            calls = [asyncio.create_task(store.accept(document(owner="0")))]
            await asyncio.sleep(0.5)
            calls += [asyncio.create_task(store.accept(document(owner=owner))) for owner in ("1", "2")]
            await asyncio.sleep(0.1)
            calls[-1].cancel()
            await asyncio.sleep(0)
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert isinstance(outcomes[-1], asyncio.CancelledError)
        assert set((await store.backlog()).waiting) == {"0", "1"}

    run(url, tmp_path, test)


# --- what happens at once ---------------------------------------------------------------------------------


def test_claims_completions_and_failures_at_once_leave_nothing_behind(url: str, tmp_path: Path) -> None:
    async def test(store: PostgresStore) -> None:
        other = PostgresStore(url, folder=tmp_path / "other")
        await other.open()
        operations = await asyncio.gather(*(store.accept(document(1 + n % 9, owner=str(n % 5))) for n in range(60)))
        stores = (store, other)

        async def work(number: int) -> None:
            mine = stores[number % 2]
            while claim := await mine.claim(LEASE):
                match (len(claim.operation.id) + claim.position + number + claim.fence) % 5:
                    case 0 if claim.operation.pages[-1] > 4:
                        await mine.fail(claim)
                    case 1 if claim.fence < 3:
                        await mine.give_back(claim)
                    case 2:
                        assert await mine.renew(claim, LEASE) or True
                        await mine.complete(claim, b"x")
                    case _:
                        await mine.complete(claim, b"x")

        await asyncio.gather(*(work(number) for number in range(12)))
        await store.sweep()
        states = [found.state for o in operations if (found := await store.find(o.id))]
        assert len(states) == 60
        assert all(state.ended for state in states)
        assert State.FAILED in states
        remains = left(url)
        assert (remains["procrastinate_jobs"], remains["procrastinate_events"], remains["lease"]) == (0, 0, 0)
        counts = await store.counts()
        assert (counts.queued, counts.running, set(counts.operations.values())) == (0, 0, {0})
        await other.close()
        await store.sweep()  # what the other counted goes to nobody's account
        assert (await store.backlog()).pages == 0
        assert rows(url, "SELECT count(*) FROM process WHERE id NOT IN (SELECT id FROM procrastinate_workers)") == [
            (1,)
        ]

    run(url, tmp_path, test)


@pytest.mark.parametrize("then", ["complete", "give back", "fail", "try again", "die"])
def test_an_operation_that_ends_while_its_page_is_being_claimed(url: str, tmp_path: Path, then: str) -> None:
    """The claim has not seen the end, and the end does not wait for the claim: who has the page drops it."""

    async def test(store: PostgresStore) -> None:
        await store.accept(document(2))
        first = await claimed(store)
        with psycopg.connect(url, options="-c search_path=readstone") as connection:
            query = "SELECT place, fence FROM claim(%s, 60, 3, NULL, true)"
            assert connection.execute(query, (store._presence.id,)).fetchone() == (1, 1)
            assert await store.fail(first)
        assert left(url)["procrastinate_jobs"] == 1
        stray = PageClaim(first.operation, 1, 1, 1)
        if then == "complete":
            assert await store.complete(stray, b"x") is Kept.STALE
        elif then == "give back":
            assert not await store.give_back(stray)
        elif then == "fail":
            assert not await store.fail(stray)
        elif then == "try again":
            assert not await store.try_again(stray, 10)
        else:
            rows(url, "UPDATE lease SET held_until = 1")
            await store.sweep()
            assert await store.claim(LEASE) is None
        assert left(url) == dict.fromkeys(left(url), 0) | {"operation": 1}
        found = await store.find(first.operation.id)
        assert found
        assert found.state is State.FAILED
        counts = await store.counts()
        assert (counts.queued, counts.running, set(counts.operations.values())) == (0, 0, {0})

    run(url, tmp_path, test)


def test_two_sweepers_give_up_an_operation_once(url: str, tmp_path: Path) -> None:
    async def test(store: PostgresStore) -> None:
        operation = await store.accept(document())
        await claimed(store)
        rows(url, "UPDATE lease SET attempts = 3, held_until = 1")
        swept = await asyncio.gather(*(store.sweep() for _ in range(4)))
        assert [name for one in swept for name in one.failed] == [operation.id]

    run(url, tmp_path, test)


# --- turns --------------------------------------------------------------------------------------------------


def test_turns_begin_anew_before_they_are_used_up(url: str, tmp_path: Path) -> None:
    async def test(store: PostgresStore) -> None:
        rows(url, "INSERT INTO process VALUES (0, 0, 2000000000, 0, 0)")
        await store.accept(document(30, owner="large"))
        await store.complete(await claimed(store), b"x")
        await store.accept(document(3, owner="small"))
        await store.sweep()
        assert rows(url, "SELECT max(served) FROM process")[0][0] == 0
        assert rows(url, "SELECT max(-priority) FROM procrastinate_jobs")[0][0] < 100
        await store.accept(document(3, owner="smaller"))
        owners = [(await claimed(store)).operation.owner for _ in range(12)]
        assert (owners.count("small"), owners.count("smaller")) == (3, 3)

    run(url, tmp_path, test)


def test_a_long_line_waits_and_a_single_page_does_not(url: str, tmp_path: Path) -> None:
    async def test(store: PostgresStore) -> None:
        await store.accept(document(2000, owner="large"))
        first = [await claimed(store) for _ in range(3)]
        await store.accept(document(owner="small"))
        assert "small" in [(await claimed(store)).operation.owner for _ in range(2)]
        rest = [await claimed(store) for _ in range(5)]
        positions = [claim.position for claim in (*first, *rest) if claim.operation.owner == "large"]
        assert positions == sorted(positions)

    run(url, tmp_path, test)


# --- documents ------------------------------------------------------------------------------------------------


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    with path.open("wb") as file:
        for _ in range(40):
            file.write(os.urandom(1 << 20))
        file.write(b"end")
    return path


def test_a_large_document_is_never_in_memory_as_a_whole(url: str, tmp_path: Path, large: Path) -> None:
    async def test(store: PostgresStore) -> None:
        tracemalloc.start()
        operation = await store.accept(document(2, large))
        kept = await store.input(operation.id)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert isinstance(kept, Path)
        assert await asyncio.to_thread(read, kept) == await asyncio.to_thread(read, large)
        assert peak < 24 << 20
        assert await store.input(operation.id) is kept  # fetched once
        await store.fail(await claimed(store))
        assert not kept.exists()

    run(url, tmp_path, test)


def test_copies_go_with_the_store(url: str, tmp_path: Path, large: Path) -> None:
    copies = tmp_path / "copies"

    async def test(store: PostgresStore) -> None:
        operation = await store.accept(document(1, large))
        assert await store.input(operation.id) is not None
        gc.collect()
        assert sum(path.stat().st_size for path in copies.rglob("*") if path.is_file()) > 20 << 20

    run(url, copies, test)
    assert not any(path.stat().st_size for path in copies.rglob("*") if path.is_file())


def test_documents_in_an_input_store(url: str, tmp_path: Path, large: Path) -> None:
    place = tmp_path / "inputs"

    async def test(store: PostgresStore) -> None:
        small, big = await store.accept(document()), await store.accept(document(1, large))
        assert left(url)["input"] == 0
        assert await asyncio.to_thread(read, await store.input(small.id)) == b"a document"
        assert len(await asyncio.to_thread(read, await store.input(big.id))) == (40 << 20) + 3
        await store.complete(await claimed(store), b"x")
        await store.fail(await claimed(store))
        assert [path.name for path in place.iterdir() if not path.name.startswith(".")] == []

    run(url, tmp_path, test, inputs=FolderInputs(place))


def read(document: bytes | Path | None) -> bytes:
    assert document is not None
    return document.read_bytes() if isinstance(document, Path) else document


# --- in service -----------------------------------------------------------------------------------------------


def test_a_page_costs_few_round_trips(url: str, tmp_path: Path) -> None:
    async def test(store: PostgresStore) -> None:
        before = store.connections.round_trips
        await store.accept(document())
        claim = await claimed(store)
        await store.input(claim.operation.id)
        await store.renew(claim, LEASE)
        await store.complete(claim, b"x")
        assert store.connections.round_trips - before == 5

    run(url, tmp_path, test)


def test_the_head_of_a_long_line_is_found_by_index(url: str, tmp_path: Path) -> None:
    """Whatever the planner thinks of the tables: it saw them empty."""

    async def test(store: PostgresStore) -> None:
        for _ in range(12):  # from the sixth time on a plan is kept
            await store.accept(document())
            await store.give_back(await claimed(store))
        await asyncio.gather(*(store.accept(document(2000, owner=str(n))) for n in range(5)))
        before = await reads(store, url)
        for _ in range(10):
            await store.complete(await claimed(store), b"x")
        await store.counts()
        await store.backlog()
        assert await reads(store, url) - before < 1000

    run(url, tmp_path, test, connections=1)


async def reads(store: PostgresStore, url: str) -> int:
    """Rows that its only connection has read of the tables that grow with the line."""
    async with store.connections.borrowed() as (connection, _):
        await connection.execute("SELECT pg_stat_force_next_flush()")
    await asyncio.sleep(0.2)
    query = "SELECT sum(seq_tup_read + idx_tup_fetch)::int FROM pg_stat_user_tables "
    query += "WHERE relname IN ('procrastinate_jobs', 'operation')"
    return int(rows(url, query)[0][0])


def test_word_of_new_work_comes_from_other_processes(url: str, tmp_path: Path) -> None:
    async def test(store: PostgresStore) -> None:
        other = PostgresStore(url, folder=tmp_path / "other")
        await other.open()
        assert await store.claim(LEASE) is None
        waiting = asyncio.create_task(store.wait_for_work(60))
        await other.accept(document())
        await asyncio.wait_for(waiting, 20)
        await claimed(store)
        await other.close()

    run(url, tmp_path, test)


def test_commits_wait_for_the_disk_and_no_session_waits_forever(tmp_path: Path) -> None:
    url = fresh_database(migrated=True)
    rows(url, f"ALTER DATABASE {url.rpartition('/')[2]} SET synchronous_commit = off")

    async def test(store: PostgresStore) -> None:
        async with store.connections.borrowed() as (connection, _):
            for name in ("synchronous_commit", "lock_timeout", "idle_in_transaction_session_timeout", "search_path"):
                row = await (await connection.execute(f"SHOW {name}".encode())).fetchone()
                assert row
                assert row[0] not in ("off", "0")

    run(url, tmp_path, test)


def test_an_unusable_folder_is_told(url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreUnusableError, match="copies"):
        run(url, tmp_path / "file", no_test)


@pytest.mark.parametrize("hours", [0.9, 24 * 7 + 1])
def test_retention_has_limits(tmp_path: Path, hours: float) -> None:
    with pytest.raises(ValueError, match="an hour"):
        PostgresStore("postgresql://db", folder=tmp_path, retention_seconds=hours * 3600)


async def no_test(store: PostgresStore) -> None:
    raise AssertionError("it did not open")


def test_a_store_that_was_never_opened_is_away(url: str, tmp_path: Path) -> None:
    async def main() -> None:
        store = PostgresStore(url, folder=tmp_path)
        with pytest.raises(StoreUnavailableError):
            await store.counts()
        await store.close()

    asyncio.run(main())
