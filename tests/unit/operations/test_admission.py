from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from readstone.domain.refusals import Reason, Refusal
from readstone.operations.admission import Admission, Bounds
from readstone.operations.errors import StoreUnavailableError
from readstone.operations.store import Backlog


class Waiting:
    """What a store would tell, and how often it was asked. Asking takes `seconds` of the clock."""

    def __init__(self) -> None:
        self.now = 50.0
        self.backlog = Backlog()
        self.asked = 0
        self.seconds = 0.0
        self.away = False

    async def __call__(self) -> Backlog:
        self.asked += 1
        backlog = self.backlog
        await asyncio.sleep(0)
        self.now += self.seconds
        if self.away:
            raise StoreUnavailableError("away")
        return backlog

    def admission(self, bounds: Bounds) -> Admission:
        return Admission(self, bounds, lambda: self.now)


async def refusal(check: Coroutine[Any, Any, None]) -> Refusal:
    with pytest.raises(Refusal) as refused:
        await check
    return refused.value


def test_a_bound_of_a_key_is_its_own_fault() -> None:
    async def main() -> None:
        waiting = Waiting()
        admission = waiting.admission(Bounds(pages=1000, pages_per_key=10))
        waiting.backlog = Backlog({"a": 9, "b": 2}, 1.0)
        await admission.check("a")
        admission.accepted("a", 5)  # one document may pass the bound
        refused = await refusal(admission.check("a"))
        assert (refused.reason, refused.retry_after) == (Reason.TOO_MANY_REQUESTS, 10)
        await admission.check("b")
        await admission.check("new")

    asyncio.run(main())


def test_a_bound_of_all_is_nobodys() -> None:
    async def main() -> None:
        waiting = Waiting()
        admission = waiting.admission(Bounds(pages=10))
        waiting.backlog = Backlog({"a": 10}, 1.0)
        refused = await refusal(admission.check("b"))
        assert refused.reason is Reason.UNAVAILABLE

    asyncio.run(main())


@pytest.mark.parametrize(("age", "seconds"), [(300.0, 10), (325.0, 25), (9000.0, 60)])
def test_a_bound_of_age(age: float, seconds: int) -> None:
    async def main() -> None:
        waiting = Waiting()
        admission = waiting.admission(Bounds(seconds=300))
        waiting.backlog = Backlog({"a": 1}, 299.9)
        await admission.check("a")
        waiting.now += 1
        waiting.backlog = Backlog({"a": 1}, age)
        refused = await refusal(admission.check("a"))
        assert (refused.reason, refused.retry_after) == (Reason.UNAVAILABLE, seconds)

    asyncio.run(main())


def test_it_asks_once_a_second_and_less_often_when_that_is_dear() -> None:
    async def main() -> None:
        waiting = Waiting()
        admission = waiting.admission(Bounds(pages=10))
        await asyncio.gather(*(admission.check("a") for _ in range(50)))
        waiting.now += 0.9
        await admission.check("a")
        assert waiting.asked == 1
        waiting.now += 0.2
        waiting.seconds = 0.5
        await admission.check("a")
        waiting.now += 9.4
        await admission.check("a")
        assert waiting.asked == 2
        waiting.now += 0.2
        await admission.check("a")
        assert waiting.asked == 3

    asyncio.run(main())


def test_before_it_refuses_it_looks_again() -> None:
    async def main() -> None:
        waiting = Waiting()
        admission = waiting.admission(Bounds(pages_per_key=1))
        await admission.check("a")
        admission.accepted("a", 1)
        waiting.now += 0.05
        await refusal(admission.check("a"))
        assert waiting.asked == 1
        waiting.now += 0.1
        await admission.check("a")  # the page is being read by now
        assert waiting.asked == 2

    asyncio.run(main())


def test_nothing_is_asked_where_nothing_is_bounded() -> None:
    async def main() -> None:
        waiting = Waiting()
        await waiting.admission(Bounds()).check("a")
        assert waiting.asked == 0

    asyncio.run(main())


def test_what_is_accepted_meanwhile_counts_at_once_and_is_not_counted_twice() -> None:
    async def main() -> None:
        waiting = Waiting()
        admission = waiting.admission(Bounds(pages=10))
        await admission.check("a")
        admission.accepted("a", 4)
        admission.accepted("b", 6)
        await refusal(admission.check("c"))
        waiting.now += 1.1
        waiting.backlog = Backlog({"a": 4, "b": 5}, 1.0)  # the store knows them by now, and one was read
        await admission.check("c")
        admission.accepted("c", 1)
        await refusal(admission.check("c"))

    asyncio.run(main())


def test_when_to_come_again_follows_the_pace() -> None:
    async def main() -> None:
        waiting = Waiting()
        admission = waiting.admission(Bounds(pages=100))
        waiting.backlog = Backlog({"a": 220}, 1.0)
        assert (await refusal(admission.check("a"))).retry_after == 10  # nothing is known of the pace
        waiting.now += 2
        waiting.backlog = Backlog({"a": 200}, 1.0)  # 10 pages a second
        assert (await refusal(admission.check("a"))).retry_after == 11
        waiting.now += 2
        waiting.backlog = Backlog({"a": 100}, 1.0)  # 50 a second
        assert (await refusal(admission.check("a"))).retry_after == 1
        waiting.now += 2
        assert (await refusal(admission.check("a"))).retry_after == 10  # it stands still

    asyncio.run(main())


def test_a_store_that_is_away_says_so_and_nothing_is_forgotten() -> None:
    async def main() -> None:
        waiting = Waiting()
        admission = waiting.admission(Bounds(pages=10))
        await admission.check("a")
        admission.accepted("a", 10)
        waiting.now += 2
        waiting.away = True
        with pytest.raises(StoreUnavailableError):
            await admission.check("a")
        waiting.away = False
        waiting.backlog = Backlog({"a": 10}, 1.0)
        await refusal(admission.check("a"))

    asyncio.run(main())


def test_a_caller_who_leaves_does_not_end_the_sample_of_others() -> None:
    async def main() -> None:
        waiting = Waiting()
        waiting.backlog = Backlog({"a": 10}, 1.0)
        admission = waiting.admission(Bounds(pages=10))
        leaving, staying = (asyncio.create_task(admission.check("a")) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(Refusal):
            await staying
        assert waiting.asked == 1

    asyncio.run(main())
