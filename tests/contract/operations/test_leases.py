"""What every store promises when workers die, hang, come late, or the clock is set."""

from __future__ import annotations

import asyncio

import pytest

from contract.operations.backends import (
    HOUR,
    LEASE,
    Backend,
    claimed,
    document,
    opened,
    read_all,
    state_of,
    with_store,
)
from readstone.operations.store import OperationStore


def test_a_held_page_is_nobody_elses(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        await store.accept(document())
        claim = await claimed(store)
        backend.clock.now += LEASE - 1
        assert await store.claim(LEASE) is None
        assert await store.renew(claim, LEASE)
        backend.clock.now += LEASE - 1
        assert await store.claim(LEASE) is None
        backend.clock.now += 2
        assert await store.claim(LEASE)

    with_store(backend, test)


def test_a_late_worker_cannot_publish(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        operation = await store.accept(document())
        late = await claimed(store)
        backend.clock.now += LEASE + 1
        present = await claimed(store)
        assert (present.fence > late.fence, present.attempt) == (True, 2)
        assert not await store.renew(late, LEASE)
        assert not await store.complete(late, b"late")
        assert not await store.give_back(late)
        assert not await store.try_again(late, 1)
        assert not await store.fail(late)
        assert await state_of(store, operation) == "running"
        assert await store.complete(present, b"present")
        assert await store.page_bodies(operation.id) == (b"present",)

    with_store(backend, test)


def test_a_lapsed_lease_that_nobody_took_still_counts(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        operation = await store.accept(document(2))
        claim = await claimed(store)
        backend.clock.now += LEASE + 1
        assert await store.renew(claim, LEASE)
        backend.clock.now += LEASE + 1
        assert await store.complete(claim, b"slow")  # the work is done, and nobody else began it
        await read_all(store, lambda _: b"two")
        assert await store.page_bodies(operation.id) == (b"slow", b"two")

    with_store(backend, test)


def test_given_back_is_as_if_never_taken(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        operation = await store.accept(document())
        for _ in range(10):
            claim = await claimed(store)
            assert claim.attempt == 1
            assert await store.give_back(claim)
            assert not await store.give_back(claim)
            assert not await store.complete(claim, b"after all")
        assert await state_of(store, operation) == "running"  # a client has seen it; it is never taken back
        await read_all(store, lambda _: b"x")
        assert await state_of(store, operation) == "succeeded"

    with_store(backend, test)


def test_failed_attempts_pause_and_the_third_is_the_last(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        operation, other = await store.accept(document()), await store.accept(document())
        for attempt in (1, 2):
            claim = await claimed(store)
            assert (claim.operation.id, claim.attempt) == (operation.id, attempt)
            assert await store.try_again(claim, 10)
            following = await claimed(store)  # meanwhile the next one has its turn
            assert following.operation.id == other.id
            assert await store.give_back(following)
            backend.clock.now += 11
        claim = await claimed(store)
        assert (claim.operation.id, claim.attempt) == (operation.id, 3)
        assert not await store.try_again(claim, 10)
        assert await state_of(store, operation) == "failed"
        assert await store.input(operation.id) is None
        assert (await claimed(store)).operation.id == other.id

    with_store(backend, test)


def test_a_page_that_kills_is_given_up_after_three_tries(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        operation = await store.accept(document(2))
        healthy = await claimed(store)
        assert await store.complete(healthy, b"one")
        for attempt in (1, 2, 3):
            claim = await claimed(store)
            assert (claim.page, claim.attempt) == (2, attempt)
            assert (await store.sweep()).failed == ()  # held: nothing to give up
            backend.clock.now += LEASE + 1
        assert await store.claim(LEASE) is None
        assert (await store.sweep()).failed == (operation.id,)
        assert (await store.sweep()).failed == ()
        assert await state_of(store, operation) == "failed"
        assert await store.input(operation.id) is None
        assert not await store.complete(claim, b"late")

    with_store(backend, test)


def test_a_page_left_behind_is_read_alone(backend: Backend) -> None:
    """Two pages were read when the process died: which of them killed it? Together, both would be given up."""

    async def test(store: OperationStore) -> None:
        neighbour, killer, third = [await store.accept(document()) for _ in range(3)]
        assert [(await claimed(store)).operation.id for _ in range(2)] == [neighbour.id, killer.id]
        backend.clock.now += LEASE + 1
        alone = await claimed(store)
        assert alone.operation.id == neighbour.id
        assert await store.claim(LEASE) is None
        assert await store.complete(alone, b"unharmed")
        for attempt in (2, 3):
            alone = await claimed(store)
            assert (alone.operation.id, alone.attempt) == (killer.id, attempt)
            assert await store.claim(LEASE) is None
            backend.clock.now += LEASE + 1
        await store.sweep()
        assert [await state_of(store, o) for o in (neighbour, killer)] == ["succeeded", "failed"]
        assert (await claimed(store)).operation.id == third.id

    with_store(backend, test)


def test_a_page_left_behind_waits_until_the_others_are_done(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        first, second = await store.accept(document()), await store.accept(document())
        await claimed(store)
        backend.clock.now += LEASE - 1
        other = await claimed(store)
        backend.clock.now += 2
        assert await store.claim(LEASE) is None  # the first page's lease lapsed, but the second is being read
        assert await store.complete(other, b"x")
        assert (await claimed(store)).operation.id == first.id
        assert await state_of(store, second) == "succeeded"

    with_store(backend, test)


def test_attempts_are_counted_before_the_work_and_survive(backend: Backend) -> None:
    async def test() -> None:
        async with opened(backend) as store:
            await store.accept(document())
            first = await claimed(store)
        async with opened(backend) as store:  # its predecessor said nothing of the page
            backend.clock.now += LEASE + 1
            second = await claimed(store)
            assert (second.attempt, second.fence > first.fence) == (2, True)
            assert not await store.complete(first, b"from another life")

    asyncio.run(test())


def test_a_new_process_continues_at_once(backend: Backend) -> None:
    async def test() -> None:
        async with opened(backend) as store:
            await store.accept(document())
            await claimed(store)
        async with opened(backend) as store:
            assert await claimed(store)  # no waiting for the dead one's lease

    asyncio.run(test())


def test_everything_is_there_after_a_restart(backend: Backend) -> None:
    async def test() -> None:
        async with opened(backend) as store:
            done, failed = await store.accept(document(2)), await store.accept(document())
            half, waiting = await store.accept(document(2, b"big" * 1_000_000)), await store.accept(document())
            for _ in range(2):
                await store.complete(await claimed(store), b"done")
            await store.fail(await claimed(store))
            await store.complete(await claimed(store), b"half")
            before = [await store.find(o.id) for o in (done, failed, half, waiting)]
        async with opened(backend) as store:
            assert [await store.find(o.id) for o in (done, failed, half, waiting)] == before
            assert await store.page_bodies(done.id) == (b"done", b"done")
            assert await store.input(half.id) is not None
            assert [(c.operation.id, c.page) for c in await read_all(store, lambda _: b"rest")] == [
                (half.id, 2),
                (waiting.id, 1),
            ]
            assert await store.page_bodies(half.id) == (b"half", b"rest")

    asyncio.run(test())


def test_two_processes_share_one_queue(backend: Backend) -> None:
    async def test() -> None:
        async with opened(backend) as one, opened(backend) as other:
            operations = await asyncio.gather(
                *((one if n % 2 else other).accept(document(2)) for n in range(40)),
            )
            taken: list[tuple[str, int]] = []

            async def worker(store: OperationStore) -> None:
                while claim := await store.claim(LEASE):
                    taken.append((claim.operation.id, claim.page))
                    assert await store.complete(claim, b"x")

            await asyncio.gather(worker(one), worker(other), worker(one), worker(other))
            assert sorted(taken) == sorted((o.id, page) for o in operations for page in (1, 2))
            assert {await state_of(one, o) for o in operations} == {"succeeded"}
            await one.sweep()

    asyncio.run(test())


def test_a_living_process_keeps_its_pages(backend: Backend) -> None:
    async def test() -> None:
        async with opened(backend) as one:
            await one.accept(document())
            claim = await claimed(one)
            async with opened(backend) as other:
                await other.sweep()
                assert await other.claim(LEASE) is None
            assert await one.complete(claim, b"mine")

    asyncio.run(test())


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_jumps_while_a_page_is_read(backend: Backend, jump: float) -> None:
    async def test(store: OperationStore) -> None:
        operation = await store.accept(document(3))
        first, second = await claimed(store), await claimed(store)
        backend.clock.now += jump
        assert await store.renew(first, LEASE)
        assert await store.complete(first, b"one")
        again = await claimed(store)  # at worst a page is read twice, never published twice, and nobody waits
        assert again.page == second.page
        assert not await store.complete(second, b"stale")
        assert await store.complete(again, b"two")
        await read_all(store, lambda _: b"three")
        assert await store.page_bodies(operation.id) == (b"one", b"two", b"three")
        done = await store.find(operation.id)
        assert done
        assert done.updated >= done.created

    with_store(backend, test)


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_jumps_loses_no_result(backend: Backend, jump: float) -> None:
    async def test(store: OperationStore) -> None:
        waiting = await store.accept(document())
        published = await store.accept(document())
        paused = await claimed(store)
        await store.complete(await claimed(store), b"result")
        await store.try_again(paused, 10)
        backend.clock.now += jump
        await store.sweep()
        assert await store.page_bodies(published.id) == (b"result",)
        assert (await claimed(store)).operation.id == waiting.id

    with_store(backend, test)
