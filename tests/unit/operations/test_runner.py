"""The runner against the real store, with readers that do as the test says."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from readstone.operations.errors import NoRoomError, PageUnreadableError, StoreUnavailableError
from readstone.operations.operation import Kept, NewOperation, Operation, PageClaim, State
from readstone.operations.runner import ReadPage, Runner
from readstone.operations.sqlite import SqliteStore
from readstone.operations.store import Swept
from readstone.operations.sweeper import Sweeper
from readstone.operations.watermark import Watermark


class Store(SqliteStore):
    """The real store; `away` calls of a method fail first."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, watermark=Watermark(used=1.0, free_bytes=0))
        self.away: dict[str, int] = {}
        self.asked: list[frozenset[str]] = []

    def _fail_first(self, method: str) -> None:
        if self.away.get(method, 0) > 0:
            self.away[method] -= 1
            raise StoreUnavailableError("away")

    async def claim(self, lease_seconds: float, beside: frozenset[str] = frozenset()) -> PageClaim | None:
        self._fail_first("claim")
        self.asked.append(beside)
        return await super().claim(lease_seconds, beside)

    async def complete(self, claim: PageClaim, body: bytes) -> Kept:
        self._fail_first("complete")
        return await super().complete(claim, body)

    async def sweep(self) -> Swept:
        self._fail_first("sweep")
        return await super().sweep()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("readstone.operations.runner._STORE_AWAY_SECONDS", 0.02)
    monkeypatch.setattr("readstone.operations.runner._NO_ROOM_SECONDS", 0.02)


def with_runner(
    folder: Path,
    read_page: ReadPage,
    test: Callable[[Store, Runner], Coroutine[Any, Any, None]],
    jobs: int = 2,
    **options: float,
) -> None:
    async def main() -> None:
        store = Store(folder)
        await store.open()
        runner = Runner(store, read_page, jobs, **{"poll_seconds": 0.05, "retry_seconds": 0.02, **options})
        runner.start()
        try:
            await asyncio.wait_for(test(store, runner), 20)
        finally:
            await runner.stop(grace_seconds=0)
            await store.close()

    asyncio.run(main())


async def accepted(store: Store, pages: int = 1, owner: str = "") -> Operation:
    return await store.accept(NewOperation("v3.2", "read", b"", tuple(range(1, pages + 1)), b"bytes", owner))


async def ended(store: Store, operation: Operation) -> State:
    while True:
        found = await store.find(operation.id)
        assert found
        if found.state.ended:
            return found.state
        await asyncio.sleep(0.005)


async def reads(operation: Operation, page: int) -> bytes:
    return f"{operation.id} {page}".encode()


def test_pages_are_read_and_published(tmp_path: Path) -> None:
    async def test(store: Store, _: Runner) -> None:
        operations = [await accepted(store, pages) for pages in (1, 5, 2)]
        for operation in operations:
            assert await ended(store, operation) is State.SUCCEEDED
            assert await store.page_bodies(operation.id) == tuple([await reads(operation, n) for n in operation.pages])

    with_runner(tmp_path, reads, test)


def test_an_idle_runner_starts_at_once(tmp_path: Path) -> None:
    async def test(store: Store, _: Runner) -> None:
        await asyncio.sleep(0.1)  # it has looked, found nothing, and waits for word
        assert await asyncio.wait_for(ended(store, await accepted(store)), 5) is State.SUCCEEDED

    with_runner(tmp_path, reads, test, poll_seconds=60)


class Halted:
    """Reads pages that wait inside until `go_on`: those of `owner`, or everybody's. `full` once `room` are inside."""

    def __init__(self, room: int, owner: str | None = None) -> None:
        self.inside = self.most = 0
        self.full, self.go_on = asyncio.Event(), asyncio.Event()
        self._room, self._owner = room, owner

    async def read(self, operation: Operation, page: int) -> bytes:
        self.inside += 1
        self.most = max(self.most, self.inside)
        if self._owner in (None, operation.owner):
            if self.inside == self._room:
                self.full.set()
            await self.go_on.wait()
        self.inside -= 1
        return b"x"


def test_no_more_pages_are_taken_than_are_read(tmp_path: Path) -> None:
    halted = Halted(3)

    async def test(store: Store, _: Runner) -> None:
        operation = await accepted(store, 10)
        await halted.full.wait()
        await asyncio.sleep(0.1)
        counts = await store.counts()
        assert (counts.running, counts.queued) == (3, 7)
        halted.go_on.set()
        assert await ended(store, operation) is State.SUCCEEDED
        assert halted.most == 3

    with_runner(tmp_path, halted.read, test, jobs=3)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_owner_who_has_nothing_in_work_finds_room(tmp_path: Path, jobs: int) -> None:
    halted = Halted(jobs, "large")

    async def test(store: Store, _: Runner) -> None:
        large = await accepted(store, 10, "large")
        await halted.full.wait()
        for owner in ("small", "small", "another"):
            assert await ended(store, await accepted(store, 2, owner)) is State.SUCCEEDED
        found = await store.find(large.id)
        assert found
        assert not found.state.ended
        more = await accepted(store, 1, "large")  # for the owner's own there is no room
        assert await ended(store, await accepted(store, 1, "small")) is State.SUCCEEDED
        assert (await store.counts()).queued == 11 - jobs
        halted.go_on.set()
        assert [await ended(store, operation) for operation in (large, more)] == [State.SUCCEEDED] * 2
        assert halted.most == jobs + 1

    with_runner(tmp_path, halted.read, test, jobs=jobs)


def test_there_is_room_for_one_more_and_not_for_every_owner(tmp_path: Path) -> None:
    halted = Halted(3)

    async def test(store: Store, _: Runner) -> None:
        operations = [await accepted(store, pages, owner) for pages, owner in ((9, "large"), (2, "b"), (2, "c"))]
        operations += [await accepted(store, 1, f"{n}") for n in range(10)]
        await halted.full.wait()
        halted.go_on.set()
        for operation in operations:
            assert await ended(store, operation) is State.SUCCEEDED
        assert halted.most == 3

    with_runner(tmp_path, halted.read, test)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_single_owners_pages_cost_no_more_questions(tmp_path: Path, jobs: int) -> None:
    async def test(store: Store, _: Runner) -> None:
        assert await ended(store, await accepted(store, 60, "only")) is State.SUCCEEDED
        assert len([asked for asked in store.asked if asked]) <= 2
        assert len(store.asked) <= 60 + 4 + 2 * jobs

    with_runner(tmp_path, reads, test, jobs=jobs, poll_seconds=60)


def test_room_beside_is_asked_for_again_once_the_store_is_back(tmp_path: Path) -> None:
    full, go_on = asyncio.Event(), asyncio.Event()

    async def read(operation: Operation, page: int) -> bytes:
        if operation.owner == "large":
            full.set()
            await go_on.wait()
        return b"x"

    async def test(store: Store, _: Runner) -> None:
        large = await accepted(store, 3, "large")
        await full.wait()
        store.away["claim"] = 3
        assert await ended(store, await accepted(store, 1, "small")) is State.SUCCEEDED
        go_on.set()
        assert await ended(store, large) is State.SUCCEEDED

    with_runner(tmp_path, read, test, jobs=1, poll_seconds=60)


def test_a_page_taken_beside_others_is_given_back_too(tmp_path: Path) -> None:
    async def main() -> None:
        store, begun = Store(tmp_path), asyncio.Semaphore(0)
        await store.open()

        async def read(operation: Operation, page: int) -> bytes:
            begun.release()
            await asyncio.sleep(60)
            return b""

        for owner in ("large", "small"):
            await accepted(store, 3, owner)
        runner = Runner(store, read, 1)
        runner.start()
        for _ in range(2):
            await begun.acquire()
        await runner.stop(grace_seconds=0)
        counts = await store.counts()
        assert (counts.running, counts.queued) == (0, 6)
        await store.close()

    asyncio.run(main())


def test_an_unreadable_page_fails_its_operation_at_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    calls = 0

    async def unreadable(operation: Operation, page: int) -> bytes:
        nonlocal calls
        calls += 1
        raise PageUnreadableError("the page is damaged")

    async def test(store: Store, _: Runner) -> None:
        operation = await accepted(store)
        assert await ended(store, operation) is State.FAILED
        assert calls == 1
        assert f"operation {operation.id} failed: page 1: the page is damaged" in caplog.text

    caplog.set_level(logging.INFO, "readstone.operations")
    with_runner(tmp_path, unreadable, test)


def test_other_faults_get_three_attempts_and_are_logged_without_their_text(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    calls: dict[str, int] = {}

    async def moody(operation: Operation, page: int) -> bytes:
        calls[operation.kind] = calls.get(operation.kind, 0) + 1
        if operation.kind == "never" or calls[operation.kind] < 3:
            raise RuntimeError("text of the document")
        return b"at last"

    async def test(store: Store, _: Runner) -> None:
        later, never = [await store.accept(NewOperation("v3.2", kind, b"", (1,), b"")) for kind in ("at last", "never")]
        assert [await ended(store, o) for o in (later, never)] == [State.SUCCEEDED, State.FAILED]
        assert calls == {"at last": 3, "never": 3}
        assert "RuntimeError" in caplog.text
        assert "text of the document" not in caplog.text
        while "no attempt left" not in caplog.text:  # noqa: ASYNC110 - the store may tell of it before the log does
            await asyncio.sleep(0.005)

    with_runner(tmp_path, moody, test)


def test_no_room_is_no_attempt(tmp_path: Path) -> None:
    calls = 0

    async def crowded(operation: Operation, page: int) -> bytes:
        nonlocal calls
        calls += 1
        if calls < 8:
            raise NoRoomError
        return b"x"

    async def test(store: Store, _: Runner) -> None:
        assert await ended(store, await accepted(store)) is State.SUCCEEDED

    with_runner(tmp_path, crowded, test)


def test_a_document_out_of_reach_is_no_attempt(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    asked = 0

    async def read(operation: Operation, page: int) -> bytes:
        nonlocal asked
        asked += 1
        if asked <= 8:
            raise StoreUnavailableError("The input store does not answer.")
        return b"read"

    async def test(store: Store, _: Runner) -> None:
        assert await ended(store, await accepted(store, 2)) is State.SUCCEEDED
        assert asked == 10
        assert "waits: The input store does not answer." in caplog.text

    with_runner(tmp_path, read, test)


def test_a_page_that_takes_too_long_is_a_failed_attempt(tmp_path: Path) -> None:
    calls = 0

    async def hangs(operation: Operation, page: int) -> bytes:
        nonlocal calls
        calls += 1
        await asyncio.sleep(60)
        return b""

    async def test(store: Store, _: Runner) -> None:
        assert await ended(store, await accepted(store)) is State.FAILED
        assert calls == 3

    with_runner(tmp_path, hangs, test, page_seconds=0.05)


def test_a_lease_is_renewed_while_a_page_is_read(tmp_path: Path) -> None:
    calls = 0

    async def long(operation: Operation, page: int) -> bytes:
        nonlocal calls
        calls += 1
        await asyncio.sleep(1.2)
        return b"x"

    async def test(store: Store, _: Runner) -> None:
        assert await ended(store, await accepted(store)) is State.SUCCEEDED
        assert calls == 1  # the second job, which is idle, did not take it

    with_runner(tmp_path, long, test, lease_seconds=0.5)


def test_work_on_a_lost_page_is_dropped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    started, dropped = asyncio.Event(), asyncio.Event()

    async def long(operation: Operation, page: int) -> bytes:
        started.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            dropped.set()
            raise
        return b""

    async def test(store: Store, _: Runner) -> None:
        operation = await accepted(store)
        await started.wait()
        found = await store.find(operation.id)
        assert found
        assert await store.fail(PageClaim(found, 0, 1, 1))
        await dropped.wait()
        await asyncio.sleep(0.05)
        assert "lease was lost" in caplog.text

    with_runner(tmp_path, long, test, lease_seconds=0.2)


@pytest.mark.parametrize("method", ["claim", "complete"])
def test_a_store_that_is_away_for_a_while_costs_nothing(tmp_path: Path, method: str) -> None:
    calls = 0

    async def counted(operation: Operation, page: int) -> bytes:
        nonlocal calls
        calls += 1
        return b"x"

    async def test(store: Store, _: Runner) -> None:
        store.away[method] = 5
        operation = await accepted(store, 2)
        assert await ended(store, operation) is State.SUCCEEDED
        assert (calls, store.away[method]) == (2, 0)

    with_runner(tmp_path, counted, test)


@pytest.mark.parametrize("jobs", [1, 4])
def test_stopping_finishes_what_fits_and_gives_back_the_rest(tmp_path: Path, jobs: int) -> None:
    quick: Callable[[int], bool] = lambda page: page % 2 == 1  # noqa: E731

    begun = asyncio.Semaphore(0)

    async def read(operation: Operation, page: int) -> bytes:
        begun.release()
        await asyncio.sleep(0.2 if quick(page) else 60)
        return b"x"

    async def main() -> None:
        store = Store(tmp_path)
        await store.open()
        operation = await accepted(store, 10)
        runner = Runner(store, read, jobs)
        runner.start()
        for _ in range(jobs):
            await begun.acquire()
        start = asyncio.get_running_loop().time()
        await runner.stop(grace_seconds=0.8)
        assert asyncio.get_running_loop().time() - start < 5
        counts = await store.counts()
        assert (counts.running, counts.queued) == (0, 10 - (jobs + 1) // 2)
        claims = [await store.claim(60) for _ in range(counts.queued)]
        assert all(claim and claim.attempt == 1 for claim in claims)
        assert await store.input(operation.id) == b"bytes"
        await store.close()

    asyncio.run(main())


def test_stopping_while_the_store_is_away_costs_no_attempt(tmp_path: Path) -> None:
    async def main() -> None:
        store = Store(tmp_path)
        await store.open()
        store.away["complete"] = 10**6
        await accepted(store)
        runner = Runner(store, reads, 1)
        runner.start()
        await asyncio.sleep(0.1)
        await runner.stop(grace_seconds=1)
        claim = await store.claim(60)
        assert claim
        assert claim.attempt == 1
        await store.close()

    asyncio.run(main())


def test_a_runner_that_never_started_stops(tmp_path: Path) -> None:
    async def main() -> None:
        await Runner(Store(tmp_path), reads, 1).stop()

    asyncio.run(main())
    with pytest.raises(ValueError, match="job"):
        Runner(Store(tmp_path), reads, 0)


def test_the_sweeper_goes_on_after_a_fault(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        store = Store(tmp_path)
        await store.open()
        store.away["sweep"] = 2
        operation = await accepted(store)
        sweeper = Sweeper(store, period_seconds=0.01)
        for _ in range(3):
            assert await store.claim(0.01)
            await asyncio.sleep(0.02)
        sweeper.start()
        assert await asyncio.wait_for(ended(store, operation), 10) is State.FAILED
        await sweeper.stop()
        assert "no sweep: away" in caplog.text
        assert f"operation {operation.id} failed: its worker died" in caplog.text
        await store.close()

    asyncio.run(main())
