"""The store of many machines while its database is away, stopped, or back: no call hangs, and all heals by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from postgres import PostgresServer
from readstone.operations.errors import StoreUnavailableError
from readstone.operations.operation import Kept, NewOperation, PageClaim
from readstone.operations.postgres.store import PostgresStore

ANSWER = 1.5
LEASE = 60.0
SLACK = 15.0  # other tests are running too

Test = Callable[[PostgresStore], Coroutine[Any, Any, None]]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    server.start()
    yield server
    server.remove()


def run(server: PostgresServer, folder: Path, test: Test, **options: Any) -> None:
    """`test` with a store in a new database; whatever happened to the server, it runs again afterwards."""

    async def main() -> None:
        await asyncio.to_thread(server.execute, "DROP DATABASE IF EXISTS trouble WITH (FORCE)")
        await asyncio.to_thread(server.execute, "CREATE DATABASE trouble")
        store = store_on(server, folder, **options)
        await store.open()
        try:
            await test(store)
        finally:
            await store.close()

    asyncio.run(main())


def store_on(server: PostgresServer, folder: Path, **options: Any) -> PostgresStore:
    return PostgresStore(server.url("trouble"), folder=folder, answer_seconds=ANSWER, **options)


def document(owner: str = "owner", pages: int = 1) -> NewOperation:
    return NewOperation("v3.2", "read", b"{}", tuple(range(1, pages + 1)), b"a document", owner)


async def until(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """What `work` answers once the database is back."""
    deadline = time.monotonic() + SLACK
    while True:
        try:
            return await work()
        except StoreUnavailableError:
            assert time.monotonic() < deadline, "it does not heal"
            await asyncio.sleep(0.05)


async def eventually(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """What `work` answers once that is something."""
    for _ in range(int(SLACK / 0.1)):
        if found := await until(work):
            return found
        await asyncio.sleep(0.1)
    raise AssertionError("it does not come")


async def every_call_is_refused_in_time(store: PostgresStore, claim: PageClaim) -> None:
    calls: list[Callable[[], Coroutine[Any, Any, Any]]] = [
        lambda: store.accept(document()),
        lambda: store.find(claim.operation.id),
        lambda: store.page_bodies(claim.operation.id),
        lambda: store.input(claim.operation.id),
        lambda: store.claim(LEASE),
        lambda: store.renew(claim, LEASE),
        lambda: store.complete(claim, b"x"),
        lambda: store.counts(),
        lambda: store.backlog(),
        lambda: store.sweep(),
    ]

    async def refused(call: Callable[[], Coroutine[Any, Any, Any]]) -> float:
        start = time.monotonic()
        with pytest.raises(StoreUnavailableError):
            await call()
        return time.monotonic() - start

    took = await asyncio.gather(*(refused(call) for call in calls))
    assert max(took) < 1.5 * ANSWER + SLACK / 2
    await store.wait_for_work(0.01)


@pytest.mark.parametrize("trouble", ["killed", "stopped"])
def test_away_and_back(server: PostgresServer, tmp_path: Path, trouble: str) -> None:
    async def test(store: PostgresStore) -> None:
        operation, waiting = await store.accept(document()), await store.accept(document())
        claim = await store.claim(LEASE)
        assert claim
        await asyncio.to_thread(server.kill if trouble == "killed" else server.pause)
        try:
            await every_call_is_refused_in_time(store, claim)
        finally:
            await asyncio.to_thread(server.start if trouble == "killed" else server.resume)
        found = await until(lambda: store.find(operation.id))
        assert found.state == "running"
        if trouble == "killed":  # a stopped server does afterwards what it was asked for before
            assert await until(lambda: store.complete(claim, b"kept")) is Kept.PUBLISHED
            assert await until(lambda: store.page_bodies(operation.id)) == (b"kept",)
        await until(lambda: store.sweep())  # gives back what was claimed without anybody knowing
        done = 0
        while claimed := await until(lambda: store.claim(LEASE)):
            assert claimed.attempt == 1
            await store.complete(claimed, b"y")
            done += 1
        assert done >= 1
        assert (await store.find(waiting.id)).state == "succeeded"  # type: ignore[union-attr]
        # It hears of new work again.
        listening = asyncio.create_task(store.wait_for_work(SLACK))
        await asyncio.sleep(2)
        listening.cancel()
        assert await store.claim(LEASE) is None
        listening = asyncio.create_task(store.wait_for_work(SLACK))
        await asyncio.to_thread(
            server.execute, "NOTIFY \"procrastinate_queue_v1#readstone\", 'somebody else accepted'", "trouble"
        )
        await asyncio.wait_for(listening, SLACK / 2)

    run(server, tmp_path, test)


def test_a_claim_that_nobody_heard_of_is_given_back(server: PostgresServer, tmp_path: Path) -> None:
    """The database took the page and could not say so: no attempt is lost, and nobody waits for a lease."""

    async def test(store: PostgresStore) -> None:
        await store.accept(document())
        await asyncio.to_thread(server.pause)
        with pytest.raises(StoreUnavailableError):
            await store.claim(LEASE)
        await asyncio.to_thread(server.resume)

        async def taken() -> bool:  # now it reads what it was asked
            return (await store.counts()).running == 1

        assert await eventually(taken)
        assert await store.claim(LEASE) is None
        await store.sweep()
        claim = await store.claim(LEASE)
        assert claim
        assert claim.attempt == 1

    run(server, tmp_path, test)


def test_what_is_known_to_be_held_is_kept_when_in_doubt(server: PostgresServer, tmp_path: Path) -> None:
    async def test(store: PostgresStore) -> None:
        await store.accept(document(pages=2))
        known = await store.claim(LEASE)
        assert known
        await asyncio.to_thread(server.kill)
        with pytest.raises(StoreUnavailableError):
            await store.claim(LEASE)
        await asyncio.to_thread(server.start)
        await until(lambda: store.sweep())
        assert await store.renew(known, LEASE)
        assert await store.complete(known, b"x") is Kept.TAKEN

    run(server, tmp_path, test)


def test_a_process_without_a_sign_of_life_loses_its_pages(server: PostgresServer, tmp_path: Path) -> None:
    async def test(store: PostgresStore) -> None:
        await store.accept(document())
        dead = store_on(server, tmp_path / "dead", heartbeat_seconds=3600.0)
        await dead.open()
        claim = await dead.claim(LEASE)
        assert claim

        async def taken_over() -> PageClaim | None:
            await store.sweep()
            return await store.claim(LEASE)

        taken = await eventually(taken_over)
        assert (taken.attempt, taken.left_behind) == (2, True)
        assert await dead.complete(claim, b"late") is Kept.STALE
        assert await dead.claim(LEASE) is None  # it is nobody any more, until its next sign of life
        assert await store.complete(taken, b"x") is Kept.PUBLISHED
        await dead.close()

    run(server, tmp_path, test, heartbeat_seconds=0.2, stale_seconds=1.0)


def test_who_was_taken_for_dead_registers_anew(server: PostgresServer, tmp_path: Path) -> None:
    async def test(store: PostgresStore) -> None:
        await store.accept(document())
        await asyncio.to_thread(server.execute, "DELETE FROM readstone.procrastinate_workers", "trouble")
        claim = await eventually(lambda: store.claim(LEASE))
        assert await store.complete(claim, b"x") is Kept.PUBLISHED
        await store.sweep()
        counts = await store.counts()
        assert (counts.queued, counts.running, sum(counts.operations.values())) == (0, 0, 0)

    run(server, tmp_path, test, heartbeat_seconds=0.2)


def test_after_an_outage_living_processes_keep_their_pages(server: PostgresServer, tmp_path: Path) -> None:
    """All signs of life and all leases are old then, for nobody could give one."""

    async def test(store: PostgresStore) -> None:
        lease = 2.0
        await store.accept(document(pages=2))
        claim = await store.claim(lease)
        assert claim
        await asyncio.to_thread(server.kill)
        with pytest.raises(StoreUnavailableError):
            await store.claim(lease)
        await asyncio.sleep(lease)
        await asyncio.to_thread(server.start)
        await until(lambda: store.sweep())
        other = await until(lambda: store.claim(lease))
        assert other.position == 1  # not the one whose lease lapsed meanwhile
        assert await store.renew(claim, lease)
        assert await store.complete(claim, b"x") is Kept.TAKEN

    run(server, tmp_path, test, heartbeat_seconds=0.2, stale_seconds=1.0)


def test_a_server_that_starts_before_its_database_waits_for_it(server: PostgresServer, tmp_path: Path) -> None:
    async def test(store: PostgresStore) -> None:
        await asyncio.to_thread(server.kill)
        late = store_on(server, tmp_path / "late")
        opening = asyncio.create_task(late.open())
        await asyncio.sleep(0.5)
        await asyncio.to_thread(server.start)
        await asyncio.wait_for(opening, SLACK)
        await late.accept(document())
        await late.close()
        await until(store.counts)

    run(server, tmp_path, test)
