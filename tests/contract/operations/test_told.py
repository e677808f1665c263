"""What metrics and traces are made of: the trace an operation belongs to, what was left behind, what was published."""

from __future__ import annotations

from dataclasses import replace

from contract.operations.backends import LEASE, Backend, claimed, document, with_store
from readstone.operations.operation import Kept, State
from readstone.operations.store import OperationStore

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_the_trace_goes_with_the_operation(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        accepted = await store.accept(replace(document(), trace=TRACE))
        found = await store.find(accepted.id)
        assert found is not None
        assert (accepted.trace, found.trace, (await claimed(store)).operation.trace) == (TRACE, TRACE, TRACE)
        untraced = await store.accept(document())
        assert untraced.trace == ""

    with_store(backend, test)


def test_a_page_taken_over_is_marked(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        await store.accept(document())
        first = await claimed(store)
        assert not first.left_behind
        backend.clock.now += LEASE + 1
        second = await claimed(store)
        assert second.left_behind
        await store.give_back(second)
        third = await claimed(store)
        assert not third.left_behind  # it came back as it should
        await store.try_again(third, 1.0)
        backend.clock.now += 2
        assert not (await claimed(store)).left_behind

    with_store(backend, test)


def test_the_last_page_is_told_to_publish(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        await store.accept(document(2))
        one, two = await claimed(store), await claimed(store)
        assert await store.complete(one, b"1") == Kept.TAKEN
        assert await store.complete(one, b"1") == Kept.STALE
        assert await store.complete(two, b"2") == Kept.PUBLISHED
        assert await store.complete(two, b"2") == Kept.STALE

    with_store(backend, test)


def test_operations_are_counted_by_state(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        async def states() -> dict[State, int]:
            return {state: count for state, count in (await store.counts()).operations.items() if count}

        assert await states() == {}
        await store.accept(document(2))
        await store.accept(document(1))
        assert await states() == {State.NOT_STARTED: 2}
        one = await claimed(store)
        assert await states() == {State.NOT_STARTED: 1, State.RUNNING: 1}
        await store.fail(one)
        assert await states() == {State.NOT_STARTED: 1}
        assert await store.complete(await claimed(store), b"x") == Kept.PUBLISHED
        assert await states() == {}

    with_store(backend, test)
