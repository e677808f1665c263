"""What both limiters promise: the one in memory and the one that all processes share."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from postgres import fresh_database
from readstone.access.postgres_rate import SharedLimiter
from readstone.access.rate import Limiter, Rate, parse_rates
from readstone.access.rate_window import OwnLimiter
from readstone.operations.postgres.connection import Connections


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def shared(url: str, clock: Clock | None = None) -> AsyncIterator[SharedLimiter]:
    connections = Connections(url, 4)
    await connections.open()
    try:
        yield SharedLimiter(connections, clock)
    finally:
        await connections.close()


Test = Callable[[Limiter, Clock], Coroutine[Any, Any, None]]


@pytest.fixture(params=["own", "shared"])
def run(request: pytest.FixtureRequest) -> Callable[[Test], None]:
    url = fresh_database(migrated=True) if request.param == "shared" else ""

    def with_limiter(test: Test) -> None:
        async def main() -> None:
            clock = Clock()
            if not url:
                await test(OwnLimiter(clock), clock)
                return
            async with shared(url, clock) as limiter:
                await test(limiter, clock)

        asyncio.run(main())

    return with_limiter


def test_a_burst_and_the_wait_after_it(run: Callable[[Test], None]) -> None:
    async def test(limiter: Limiter, clock: Clock) -> None:
        rates = parse_rates("20/min")
        assert [await limiter.admit("a", rates) for _ in range(20)] == [0.0] * 20
        clock.now += 5
        assert await limiter.admit("a", rates) == pytest.approx(55)
        assert await limiter.admit("b", rates) == 0  # another key has a window of its own
        clock.now += 55
        assert [await limiter.admit("a", rates) for _ in range(20)] == [0.0] * 20

    run(test)


def test_a_refused_call_counts_in_no_window(run: Callable[[Test], None]) -> None:
    async def test(limiter: Limiter, clock: Clock) -> None:
        rates = parse_rates("1/s,4/min")
        for _ in range(3):
            assert await limiter.admit("a", rates) == 0
            for _ in range(5):
                assert await limiter.admit("a", rates) == pytest.approx(1)
            clock.now += 1
        assert await limiter.admit("a", rates) == 0
        assert await limiter.admit("a", rates) == pytest.approx(57)

    run(test)


def test_many_at_once_are_let_in_as_often_as_there_is_room(run: Callable[[Test], None]) -> None:
    async def test(limiter: Limiter, clock: Clock) -> None:
        waits = await asyncio.gather(*(limiter.admit("a", parse_rates("30/s,100/h")) for _ in range(90)))
        assert waits.count(0.0) == 30

    run(test)


def test_both_answer_alike() -> None:
    """The same calls at the same moments, with limits that change now and then."""

    url = fresh_database(migrated=True)

    async def main() -> None:
        clock, dice = Clock(), random.Random(11)
        own = OwnLimiter(clock)
        async with shared(url, clock) as limiter:
            for _ in range(1_500):
                clock.now += dice.choice((0.0, 0.003, 0.02, 0.3, 0.5, 2.0))
                rates = (Rate(dice.choice((4, 5)), 1), Rate(150, 60))
                first, second = await own.admit("a", rates), await limiter.admit("a", rates)
                assert second == pytest.approx(first, abs=1e-5)

    asyncio.run(main())


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    url = fresh_database(migrated=True)

    async def main() -> None:
        clock = Clock()
        async with shared(url, clock) as limiter:
            rates = parse_rates("2/min")
            assert [await limiter.admit("a", rates) for _ in range(2)] == [0.0, 0.0]
            clock.now -= 3600
            assert [await limiter.admit("a", rates) for _ in range(2)] == [0.0, 0.0]
            assert await limiter.admit("a", rates) == pytest.approx(60)

    asyncio.run(main())
