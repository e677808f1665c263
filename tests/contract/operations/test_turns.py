"""What every store promises to owners who wait at the same time: turns, and that they can be counted."""

from __future__ import annotations

import asyncio
from collections import Counter

from contract.operations.backends import LEASE, Backend, claimed, document, opened, with_store
from readstone.operations.store import Backlog, OperationStore

A_FEW = 4
"""A store may hand out that many pages of one owner in a row before it is another's turn."""


async def pages_until(store: OperationStore, owner: str) -> int:
    """Claim and complete pages until one of `owner` comes, and tell how many others came before."""
    before = 0
    while True:
        claim = await claimed(store)
        assert await store.complete(claim, b"x")
        if claim.operation.owner == owner:
            return before
        before += 1


def test_a_single_page_does_not_wait_for_anothers_document(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        await store.accept(document(200, owner="large"))
        for _ in range(50):
            assert await store.complete(await claimed(store), b"x")
        held = [await claimed(store) for _ in range(3)]
        for _ in range(5):  # each time it comes back: nothing is owed by whoever has nothing waiting
            await store.accept(document(owner="small"))
            assert await pages_until(store, "small") <= A_FEW
        for claim in held:
            assert await store.complete(claim, b"x")

    with_store(backend, test)


def test_owners_who_wait_together_get_as_much(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        for owner, documents, pages in (("one large", 1, 60), ("many small", 60, 1), ("some", 12, 5)):
            for _ in range(documents):
                await store.accept(document(pages, owner=owner))
        got: Counter[str] = Counter()
        for _ in range(90):
            claim = await claimed(store)
            got[claim.operation.owner] += 1
            assert await store.complete(claim, b"x")
            assert max(got.values()) - min(got[owner] for owner in ("one large", "many small", "some")) <= A_FEW

    with_store(backend, test)


def test_who_was_away_has_saved_up_nothing(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        await store.accept(document(owner="late"))
        await store.complete(await claimed(store), b"x")
        await store.accept(document(100, owner="busy"))
        for _ in range(60):
            await store.complete(await claimed(store), b"x")
        await store.accept(document(40, owner="late"))
        got = Counter([(await claimed(store)).operation.owner for _ in range(40)])
        assert abs(got["late"] - got["busy"]) <= A_FEW

    with_store(backend, test)


def test_one_owners_pages_keep_their_order_among_others(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        operations = [
            await store.accept(document(pages, owner=owner)) for pages in (3, 1, 4) for owner in ("a", "b", "c")
        ]
        handed_out: dict[str, list[tuple[str, int]]] = {"a": [], "b": [], "c": []}
        for _ in range(24):
            claim = await claimed(store)
            handed_out[claim.operation.owner].append((claim.operation.id, claim.page))
        for owner, pages in handed_out.items():
            assert pages == [(o.id, page) for o in operations if o.owner == owner for page in o.pages]

    with_store(backend, test)


def test_a_page_that_pauses_keeps_its_turn_and_gives_none_to_others(backend: Backend) -> None:
    """Its tag is an old one; newcomers must not be measured by it, or they would pass everybody who waits."""

    async def test(store: OperationStore) -> None:
        await store.accept(document(owner="paused"))
        paused = await claimed(store)
        assert await store.try_again(paused, 100)
        await store.accept(document(100, owner="busy"))
        for _ in range(50):
            await store.complete(await claimed(store), b"x")
        await store.accept(document(40, owner="newcomer"))
        got = Counter([(await claimed(store)).operation.owner for _ in range(40)])
        assert abs(got["newcomer"] - got["busy"]) <= A_FEW

    with_store(backend, test)


def test_what_is_never_read_costs_no_turns(backend: Backend) -> None:
    """A long document fails at its first page: what its owner has waiting behind it is next, not 500 turns later."""

    async def test(store: OperationStore) -> None:
        await store.accept(document(500, owner="unlucky"))
        broken = await claimed(store)
        await store.accept(document(owner="unlucky"))
        await store.accept(document(100, owner="other"))
        assert await store.fail(broken)
        assert await pages_until(store, "unlucky") <= A_FEW
        await store.accept(document(owner="unlucky"))
        assert await pages_until(store, "unlucky") <= A_FEW

    with_store(backend, test)


def test_turns_survive_a_restart(backend: Backend) -> None:
    async def test() -> None:
        async with opened(backend) as store:
            await store.accept(document(100, owner="large"))
            for _ in range(30):
                await store.complete(await claimed(store), b"x")
        async with opened(backend) as store:
            await store.accept(document(owner="small"))
            before = await pages_until(store, "small")
            assert before <= A_FEW
            await store.accept(document(owner="large"))
            rest = [(await claimed(store)).operation.pages for _ in range(71 - before)]
            assert rest[-1] == (1,)

    asyncio.run(test())


def test_backlog(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        assert await store.backlog() == Backlog({}, 0.0)
        await store.accept(document(3, owner="a"))
        backend.clock.now += 10
        await store.accept(document(2, owner="b"))
        backend.clock.now += 5
        backlog = await store.backlog()
        assert (dict(backlog.waiting), backlog.pages, backlog.oldest_seconds) == ({"a": 3, "b": 2}, 5, 15.0)
        held = [await claimed(store) for _ in range(2)]  # one of each: held, not waiting
        backlog = await store.backlog()
        assert dict(backlog.waiting) in ({"a": 2, "b": 1}, {"a": 1, "b": 2})
        await store.try_again(held[0], 10)  # a page that pauses waits
        assert (await store.backlog()).pages == 4
        backend.clock.now += LEASE + 1  # and so does one that was let go of
        assert (await store.backlog()).pages == 5
        while claim := await store.claim(LEASE):
            await store.complete(claim, b"x")
        assert await store.backlog() == Backlog({}, 0.0)

    with_store(backend, test)


def test_beside_an_owners_pages_are_those_of_others(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        assert await store.claim(LEASE, frozenset(["large"])) is None
        await store.accept(document(50, owner="large"))
        assert await store.claim(LEASE, frozenset(["large"])) is None
        held = [await claimed(store) for _ in range(2)]
        first, second = [await store.accept(document(owner=owner)) for owner in ("small", "other")]
        third = await store.accept(document(owner="small"))
        for operation, beside in ((first, {"large"}), (second, {"large", "small"}), (third, {"large"})):
            claim = await store.claim(LEASE, frozenset(beside))
            assert claim
            assert (claim.operation.id, claim.attempt, claim.left_behind) == (operation.id, 1, False)
            assert await store.complete(claim, b"x")
        assert await store.claim(LEASE, frozenset(["large"])) is None
        for claim in held:
            assert await store.complete(claim, b"x")
        assert (await claimed(store)).page == 3  # the owner's own order is as it was

    with_store(backend, test)


def test_beside_owners_a_page_that_was_offered_again_is_found(backend: Backend) -> None:
    """Its turn was long ago: what was handed out since is far ahead of it."""

    async def test(store: OperationStore) -> None:
        await store.accept(document(3, owner="small"))
        back, paused = await claimed(store), await claimed(store)
        assert await store.complete(await claimed(store), b"x")
        await store.accept(document(100, owner="large"))
        for _ in range(40):
            await store.complete(await claimed(store), b"x")
        assert await store.claim(LEASE, frozenset(["large"])) is None
        assert await store.give_back(back)
        assert await store.try_again(paused, 10)
        again = await store.claim(LEASE, frozenset(["large"]))
        assert again
        assert (again.operation.id, again.page) == (back.operation.id, back.page)
        assert await store.claim(LEASE, frozenset(["large"])) is None

    with_store(backend, test)


def test_beside_a_page_that_is_read_alone_is_none(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        await store.accept(document(2, owner="large"))
        await claimed(store)
        backend.clock.now += LEASE + 1
        alone = await claimed(store)
        assert alone.left_behind
        await store.accept(document(owner="small"))
        assert await store.claim(LEASE, frozenset(["large"])) is None
        assert await store.complete(alone, b"x")
        beside = await store.claim(LEASE, frozenset(["large"]))
        assert beside
        assert beside.operation.owner == "small"

    with_store(backend, test)


def test_a_page_left_behind_is_not_taken_beside_others(backend: Backend) -> None:
    async def test(store: OperationStore) -> None:
        await store.accept(document(owner="killer"))
        await claimed(store)
        await store.accept(document(3, owner="large"))
        backend.clock.now += LEASE - 1
        claim = await claimed(store)
        assert claim.operation.owner == "large"
        backend.clock.now += 2
        assert await store.claim(LEASE, frozenset(["large"])) is None
        assert await store.complete(claim, b"x")
        assert (await claimed(store)).left_behind

    with_store(backend, test)
