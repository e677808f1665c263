"""No two calls of the store of many machines wait for each other: pairs that once could, stopped where they crossed.

A trigger that only the test has keeps a call waiting between two of its own steps, until the test lets it go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from postgres import fresh_database
from readstone.access.postgres_usage import SharedUsage
from readstone.access.usage import Usage
from readstone.operations.operation import Kept, NewOperation, PageClaim
from readstone.operations.postgres.store import PostgresStore

LEASE = 60.0
GATE = 77
SECONDS = 30.0  # a lock is waited for so long on a busy machine; two that wait crosswise are told in one

Test = Callable[[PostgresStore], Coroutine[Any, Any, None]]


@pytest.fixture
def url() -> str:
    return fresh_database(migrated=True)


def execute(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True, options="-c search_path=readstone") as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def run(url: str, folder: Path, test: Test) -> None:
    """`test` with a store; afterwards no two have waited for each other, and what was counted is what there is."""

    async def main() -> None:
        store = PostgresStore(url, folder=folder)
        await store.open()
        try:
            await test(store)
            counts, jobs = await store.counts(), "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'"
            assert counts.queued == execute(url, jobs)[0][0]
            states = "SELECT count(*) FILTER (WHERE state = 'not started'), count(*) FILTER (WHERE state = 'running')"
            assert execute(url, f"{states} FROM operation")[0] == tuple(counts.operations.values())
        finally:
            await store.close()
        await asyncio.sleep(0.1)
        assert execute(url, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == [(0,)]

    asyncio.run(main())


@asynccontextmanager
async def gate(url: str, when: str) -> AsyncIterator[None]:
    """Whoever does `when` ("BEFORE INSERT ON lease FOR EACH ROW", say) within the block waits for its end."""
    execute(
        url,
        f"CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"PERFORM pg_advisory_xact_lock_shared({GATE}); RETURN NEW; END $$; "
        f"CREATE TRIGGER gate {when} EXECUTE FUNCTION wait_at_gate()",
    )
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(f"SELECT pg_advisory_lock({GATE})".encode())
        yield


async def waiting(url: str, count: int = 1) -> None:
    """Until so many calls wait for a lock."""
    for _ in range(int(SECONDS / 0.05)):
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        if execute(url, query)[0][0] >= count:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("nobody waits")


async def finished_or_waiting(url: str, task: asyncio.Task[Any], count: int) -> None:
    """Until the call is done, or waits as one of so many."""
    done, _ = await asyncio.wait(
        {task, watch := asyncio.create_task(waiting(url, count))}, return_when="FIRST_COMPLETED"
    )
    if watch not in done:
        watch.cancel()


def document(pages: int = 1, owner: str = "owner") -> NewOperation:
    return NewOperation("v3.2", "read", b"{}", tuple(range(1, pages + 1)), b"a document", owner)


async def claimed(store: PostgresStore) -> PageClaim:
    claim = await store.claim(LEASE)
    assert claim
    return claim


def test_a_claim_of_a_page_that_was_given_back_and_the_failure_of_its_operation(url: str, tmp_path: Path) -> None:
    """The claim had the job and wanted the lease, the failure had the lease and wanted the job."""

    async def test(store: PostgresStore) -> None:
        await store.accept(document(2))
        other, back = await claimed(store), await claimed(store)
        await store.give_back(back)
        async with gate(url, "BEFORE INSERT ON lease FOR EACH ROW"):
            claiming = asyncio.create_task(store.claim(LEASE))
            await waiting(url)
            failing = asyncio.create_task(store.fail(other))
            await finished_or_waiting(url, failing, 2)
        assert await failing
        claim = await claiming
        assert claim
        assert await store.complete(claim, b"x") is Kept.STALE
        assert execute(url, "SELECT count(*) FROM procrastinate_jobs") == [(0,)]
        assert execute(url, "SELECT count(*) FROM lease") == [(0,)]

    run(url, tmp_path, test)


def test_a_first_claim_and_the_failure_of_its_operation(url: str, tmp_path: Path) -> None:
    """The claim, of a page that was never claimed, has its job; the failure wants all."""

    async def test(store: PostgresStore) -> None:
        await store.accept(document(3))
        other = await claimed(store)
        async with gate(url, "BEFORE INSERT ON lease FOR EACH ROW"):
            claiming = asyncio.create_task(store.claim(LEASE))
            await waiting(url)
            failing = asyncio.create_task(store.fail(other))
            await finished_or_waiting(url, failing, 2)
        assert await failing
        claim = await claiming
        assert claim
        assert await store.complete(claim, b"x") is Kept.STALE
        assert execute(url, "SELECT count(*) FROM procrastinate_jobs") == [(0,)]

    run(url, tmp_path, test)


@pytest.mark.parametrize("then", ["complete", "release"])
def test_a_worker_taken_for_dead_and_its_page(url: str, tmp_path: Path, then: str) -> None:
    """Whoever removes the worker had its jobs and wanted their leases; the completion goes the other way."""

    async def test(store: PostgresStore) -> None:
        dead = PostgresStore(url, folder=tmp_path / "dead", heartbeat_seconds=3600.0)
        await dead.open()
        await store.accept(document())
        claim = await claimed(dead)
        execute(url, "UPDATE lease SET held_until = 1" if then == "release" else "SELECT 1")
        query = "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 h' WHERE id = "
        execute(url, f"{query}{dead._presence.id}")
        async with gate(url, "BEFORE UPDATE OF held_until ON lease FOR EACH STATEMENT"):
            sweeping = asyncio.create_task(store.connections.run(lambda c: c.execute("SELECT forsake(30)")))
            await waiting(url)
            if then == "complete":
                other: asyncio.Task[Any] = asyncio.create_task(dead.complete(claim, b"x"))
            else:
                other = asyncio.create_task(dead.connections.run(lambda c: c.execute("SELECT release(3, NULL)")))
            await finished_or_waiting(url, other, 2)
        await sweeping
        outcome = await other
        assert then == "release" or outcome is Kept.PUBLISHED
        await store.sweep()
        if then == "release":
            assert await store.complete(await claimed(store), b"x") is Kept.PUBLISHED
        await dead.close()

    run(url, tmp_path, test)


def test_giving_up_several_operations_and_a_claim(url: str, tmp_path: Path) -> None:
    """The sweep had counted for one operation and wanted the jobs of the next, of which a claim had one."""

    async def test(store: PostgresStore) -> None:
        for _ in range(2):
            await store.accept(document(2))
        claims = [await claimed(store) for _ in range(3)]
        first, second = claims[0], next(claim for claim in claims if claim.operation.id != claims[0].operation.id)
        for claim in claims:
            if claim not in (first, second):
                await store.give_back(claim)
        await store.renew(first, LEASE)
        execute(url, "UPDATE lease SET attempts = 3, held_until = 1 WHERE NOT released")
        async with gate(url, "BEFORE INSERT ON lease FOR EACH ROW"):
            claiming = asyncio.create_task(store.claim(LEASE))
            await waiting(url)
            sweeping = asyncio.create_task(store.sweep())
            await finished_or_waiting(url, sweeping, 2)
        swept = await sweeping
        assert set(swept.failed) == {first.operation.id, second.operation.id}
        stray = await claiming
        assert stray
        assert await store.complete(stray, b"x") is Kept.STALE
        await store.sweep()
        assert await store.claim(LEASE) is None
        assert execute(url, "SELECT count(*) FROM procrastinate_jobs") == [(0,)]

    run(url, tmp_path, test)


def test_documents_of_several_owners_and_pages_given_back(url: str, tmp_path: Path) -> None:
    """Both count for several owners; in the order of their documents the one waited for the other's last."""

    async def test(store: PostgresStore) -> None:
        await asyncio.gather(store.accept(document(owner="a")), store.accept(document(owner="b")))
        execute(url, "UPDATE share SET waiting = waiting")
        taken = [await claimed(store) for _ in range(2)]
        for claim in taken:
            store._held.drop(claim)  # as if nobody had heard of it
        async with gate(url, "AFTER UPDATE ON share FOR EACH ROW WHEN (NEW.owner = 'a')"):
            giving = asyncio.create_task(store._disown([]))
            await waiting(url)
            accepting = asyncio.gather(store.accept(document(owner="b")), store.accept(document(owner="a")))
            await waiting(url, 2)
        await giving
        await accepting
        assert (await store.backlog()).waiting == {"a": 2, "b": 2}

    run(url, tmp_path, test)


def test_two_processes_that_add_up_what_keys_used(url: str, tmp_path: Path) -> None:
    """Each keeps its counts in the order in which its callers came."""

    async def test(store: PostgresStore) -> None:
        usage = SharedUsage(store.connections)
        rows = [Usage(date(2026, 1, 1), owner, "name", "v3.2", "read", 1, 1, 0) for owner in ("a", "b")]
        stopped = [rows[0], replace(rows[1], name="stops here")]
        async with gate(url, "BEFORE INSERT ON key_usage FOR EACH ROW WHEN (NEW.name = 'stops here')"):
            adding = asyncio.create_task(usage.add(stopped))
            await waiting(url)
            crossing = asyncio.create_task(usage.add(rows[::-1]))
            await waiting(url, 2)
        await adding
        await crossing
        assert execute(url, "SELECT owner, calls FROM key_usage ORDER BY owner") == [("a", 2), ("b", 2)]

    run(url, tmp_path, test)


def test_turns_that_begin_anew_and_a_document(url: str, tmp_path: Path) -> None:
    """Tidying up had removed the owner's line and waited for all accepts, one of which waited for that line."""

    async def test(store: PostgresStore) -> None:
        await store.accept(document())
        await store.complete(await claimed(store), b"x")
        execute(url, "INSERT INTO process VALUES (0, 0, 2000000000, 0, 0)")
        async with gate(url, "AFTER DELETE ON line FOR EACH ROW"):
            tidying = asyncio.create_task(store.connections.run(lambda c: c.execute("SELECT fold()")))
            await waiting(url)
            accepting = asyncio.create_task(store.accept(document()))
            await waiting(url, 2)
        await tidying
        await accepting
        assert execute(url, "SELECT max(served) FROM process")[0][0] < 10
        await store.complete(await claimed(store), b"x")

    run(url, tmp_path, test)
