"""What every store promises about the end: results live as long as was said, and then they are gone."""

from __future__ import annotations

import asyncio

from contract.operations.backends import HOUR, Backend, claimed, document, opened, state_of, with_store
from readstone.operations.store import OperationStore

RETENTION = 48 * HOUR


def test_a_result_is_found_until_it_expires_and_not_a_moment_longer(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        done, failed = await store.accept(document()), await store.accept(document())
        backend.clock.now += 100  # the time counts from the end
        await store.complete(await claimed(store), b"x")
        await store.fail(await claimed(store))
        backend.clock.now += RETENTION - 1
        assert (await store.sweep()).expired == 0
        assert [await state_of(store, o) for o in (done, failed)] == ["succeeded", "failed"]
        assert await store.page_bodies(done.id) == (b"x",)
        backend.clock.now += 1
        for sweeps in range(2):  # no sweep is needed for it to be gone
            assert [await store.find(o.id) for o in (done, failed)] == [None, None]
            assert await store.page_bodies(done.id) is None
            assert (await store.sweep()).expired == (2 if sweeps == 0 else 0)

    with_store(backend, test)


def test_what_waits_never_expires(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        waiting, half = await store.accept(document()), await store.accept(document(2))
        backend.clock.now += 10 * RETENTION
        assert (await store.sweep()).expired == 0
        assert await state_of(store, waiting) == "not started"
        assert (await claimed(store)).operation.id == waiting.id
        assert await state_of(store, half) == "not started"

    with_store(backend, test)


def test_a_sweep_removes_thousands(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        await asyncio.gather(*(store.accept(document()) for _ in range(1500)))

        async def worker() -> None:
            while claim := await store.claim(60):
                await store.complete(claim, b"x" * 3000)

        await asyncio.gather(*(worker() for _ in range(32)))
        late = await store.accept(document())
        backend.clock.now += RETENTION
        assert (await store.sweep()).expired == 1500
        assert (await claimed(store)).operation.id == late.id

    with_store(backend, test)


def test_expiry_counts_across_restarts(backend: Backend) -> None:
    async def test() -> None:
        async with opened(backend) as store:
            operation = await store.accept(document())
            await store.complete(await claimed(store), b"x")
        backend.clock.now += RETENTION
        async with opened(backend) as store:
            assert await store.find(operation.id) is None

    asyncio.run(test())
