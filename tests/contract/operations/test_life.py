"""What every store promises: from acceptance to the published result."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

import pytest

from contract.operations.backends import Backend, claimed, document, read_all, state_of, with_store
from readstone.operations.errors import StoreUnavailableError
from readstone.operations.operation import NewOperation
from readstone.operations.store import LONGEST_LEASE_SECONDS, OperationStore


def test_what_is_accepted_is_found(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        new = NewOperation("v2.1", "batchRead", b"\x00options\xff", (2, 5, 3), b"bytes", "owner")
        operation = await store.accept(new)
        assert await store.find(operation.id) == operation
        assert (operation.surface, operation.kind, operation.options) == ("v2.1", "batchRead", b"\x00options\xff")
        assert (operation.pages, operation.owner) == ((2, 5, 3), "owner")
        assert operation.created == operation.updated == backend.clock.now
        assert operation.state == "not started"
        parsed = uuid.UUID(operation.id)
        assert (str(parsed), parsed.version) == (operation.id, 4)

    with_store(backend, test)


def test_what_is_unknown_is_not_found(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        operation = await store.accept(document())
        for strange in (str(uuid.uuid4()), "", "x' OR 1=1 --", operation.id.upper(), operation.id[:-1]):
            assert await store.find(strange) is None
            assert await store.page_bodies(strange) is None
            assert await store.input(strange) is None

    with_store(backend, test)


def test_states_and_results(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        operation = await store.accept(NewOperation("v3.2", "read", b"", (7, 2, 9), b"pdf"))
        claims = [await claimed(store) for _ in range(3)]
        assert await state_of(store, operation) == "running"
        assert [claim.page for claim in claims] == [7, 2, 9]
        assert [claim.position for claim in claims] == [0, 1, 2]
        assert all(claim.operation.state == "running" for claim in claims)
        backend.clock.now += 5
        for claim in reversed(claims):  # pages end in any order
            assert await store.page_bodies(operation.id) is None
            assert await state_of(store, operation) == "running"
            assert await store.complete(claim, f"page {claim.page}".encode())
        done = await store.find(operation.id)
        assert done
        assert (done.state, done.created, done.updated) == ("succeeded", operation.created, backend.clock.now)
        assert await store.page_bodies(operation.id) == (b"page 7", b"page 2", b"page 9")
        assert await store.claim(60) is None

    with_store(backend, test)


@pytest.mark.parametrize("given_as", ["bytes", "file"])
@pytest.mark.parametrize("size", [0, 1000, 3_000_000])
@pytest.mark.parametrize("outcome", ["succeeded", "failed"])
def test_the_input_is_there_until_the_operation_ends(
    backend: Backend, tmp_path: Path, size: int, outcome: str, given_as: str
) -> None:
    async def test(store: OperationStore) -> None:
        data = bytes(range(256)) * (size // 256) + b"." * (size % 256)
        file = tmp_path / "document"
        file.write_bytes(data)
        operation = await store.accept(document(2, data if given_as == "bytes" else file))
        file.unlink(missing_ok=True)  # as the caller does with what is left of it
        first = await claimed(store)
        await store.complete(first, b"one")
        kept = await store.input(operation.id)
        assert (await asyncio.to_thread(kept.read_bytes) if isinstance(kept, Path) else kept) == data
        last = await claimed(store)
        assert await (store.complete(last, b"two") if outcome == "succeeded" else store.fail(last))
        assert await state_of(store, operation) == outcome
        assert await store.input(operation.id) is None
        if isinstance(kept, Path):
            assert not kept.exists()

    with_store(backend, test)


def test_a_file_that_is_not_there_is_not_accepted(backend: Backend, tmp_path: Path) -> None:
    async def test(store: OperationStore) -> None:
        with pytest.raises(StoreUnavailableError):
            await store.accept(document(1, tmp_path / "missing"))
        assert (await store.counts()).queued == 0
        assert await store.claim(60) is None

    with_store(backend, test)


def test_pages_are_handed_out_in_order_of_acceptance(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        operations = [await store.accept(document(pages)) for pages in (2, 1, 3)]
        expected = [(o.id, page) for o in operations for page in o.pages]
        handed_out = [await claimed(store) for _ in expected]
        assert [(claim.operation.id, claim.page) for claim in handed_out] == expected

    with_store(backend, test)


def test_order_holds_for_many_callers_at_once(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        accepted = await asyncio.gather(*(store.accept(document()) for _ in range(300)))
        assert len({operation.id for operation in accepted}) == 300
        handed_out = await read_all(store, lambda claim: claim.operation.id.encode())
        assert [claim.operation.id for claim in handed_out] == [operation.id for operation in accepted]

    with_store(backend, test)


def test_many_workers_take_every_page_once_and_mix_nothing(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        operations = await asyncio.gather(*(store.accept(document(1 + n % 4)) for n in range(60)))
        taken: list[tuple[str, int]] = []

        async def worker() -> None:
            while claim := await store.claim(60):
                taken.append((claim.operation.id, claim.page))
                await asyncio.sleep(0)
                assert await store.renew(claim, 60)
                assert await store.complete(claim, f"{claim.operation.id} {claim.page}".encode())

        await asyncio.gather(*(worker() for _ in range(16)))
        assert sorted(taken) == sorted((o.id, page) for o in operations for page in o.pages)
        for operation in operations:
            expected = tuple(f"{operation.id} {page}".encode() for page in operation.pages)
            assert await store.page_bodies(operation.id) == expected

    with_store(backend, test)


def test_a_published_result_never_changes(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        operation = await store.accept(document())
        claim = await claimed(store)
        assert await store.complete(claim, b"the result")
        published = await store.find(operation.id)
        backend.clock.now += 10
        assert not await store.complete(claim, b"another")
        assert not await store.fail(claim)
        assert not await store.give_back(claim)
        assert not await store.try_again(claim, 1)
        assert not await store.renew(claim, 60)
        assert await store.find(operation.id) == published
        assert await store.page_bodies(operation.id) == (b"the result",)
        assert await store.claim(60) is None

    with_store(backend, test)


def test_failed_is_failed(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        operation, next_one = await store.accept(document(3)), await store.accept(document())
        first, second = await claimed(store), await claimed(store)
        assert await store.complete(first, b"kept until then")
        assert await store.fail(second)
        assert await state_of(store, operation) == "failed"
        assert await store.page_bodies(operation.id) is None
        assert not await store.complete(second, b"late")
        claim = await claimed(store)
        assert claim.operation.id == next_one.id  # its third page is not read any more

    with_store(backend, test)


def test_waiting_for_work(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        loop = asyncio.get_running_loop()
        assert await store.claim(60) is None
        start = loop.time()
        await store.wait_for_work(0.05)
        assert 0.04 < loop.time() - start < 5
        waiting = asyncio.create_task(store.wait_for_work(30))
        await asyncio.sleep(0.01)
        await store.accept(document())
        await asyncio.wait_for(waiting, 5)
        await store.wait_for_work(30)  # accepted since the last claim: no waiting
        assert await store.claim(60)

    with_store(backend, test)


def test_counts(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        counts = await store.counts()
        assert (counts.queued, counts.running, counts.oldest_queued_seconds) == (0, 0, 0.0)
        await store.accept(document(2))
        backend.clock.now += 10
        await store.accept(document(1))
        await claimed(store)
        backend.clock.now += 5
        counts = await store.counts()
        assert (counts.queued, counts.running, counts.oldest_queued_seconds) == (2, 1, 15.0)
        await claimed(store)
        assert (await store.counts()).oldest_queued_seconds == 5.0

    with_store(backend, test)


@pytest.mark.parametrize("seconds", [0, -1, LONGEST_LEASE_SECONDS + 1, float("nan")])
def test_a_lease_has_a_length(backend: Backend, seconds: float) -> None:
    async def test(store: OperationStore) -> None:
        await store.accept(document())
        with pytest.raises(ValueError, match="seconds"):
            await store.claim(seconds)
        claim = await claimed(store)
        with pytest.raises(ValueError, match="seconds"):
            await store.renew(claim, seconds)

    with_store(backend, test)


def test_a_closed_store_is_away(backend: Backend) -> None:
    async def test() -> None:
        store = backend.store()
        with pytest.raises(StoreUnavailableError):
            await store.accept(document())
        await store.open()
        operation = await store.accept(document())
        await store.close()
        with pytest.raises(StoreUnavailableError):
            await store.accept(document())
        with pytest.raises(StoreUnavailableError):
            await store.find(operation.id)

    asyncio.run(test())
