"""Limits of calls: how they are written, and that they are exact."""

from __future__ import annotations

import asyncio
import random
from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readstone.access.rate import Rate, RateLimits, Rates, parse_rates
from readstone.access.rate_window import OwnLimiter
from readstone.domain.refusals import Reason, Refusal


@pytest.mark.parametrize(
    ("text", "rates"),
    [
        ("20/min", (Rate(20, 60),)),
        ("10/s", (Rate(10, 1),)),
        (" 1000 / Day , 10/S ", (Rate(10, 1), Rate(1000, 86_400))),
        ("5/hour,5/minute,5/second,5/d", (Rate(5, 1), Rate(5, 60), Rate(5, 3600), Rate(5, 86_400))),
        ("none", ()),
    ],
)
def test_how_limits_are_written(text: str, rates: Rates) -> None:
    assert parse_rates(text) == rates


@pytest.mark.parametrize(
    "text", ["", "20", "20/", "/s", "0/s", "-1/s", "1.5/s", "20/fortnight", "20/min;", "1e3/s", "9999999999/s", "٣/s"]
)
def test_what_is_no_limit(text: str) -> None:
    with pytest.raises(ValueError, match="20/min"):
        parse_rates(text)


def test_one_limit_for_a_stretch() -> None:
    with pytest.raises(ValueError, match="two rates"):
        parse_rates("5/s,10/second")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def most_in_a_window(let_in: list[float], seconds: float) -> int:
    """The most calls in any half-open stretch of `seconds`."""
    return max((bisect_left(let_in, start + seconds) - n for n, start in enumerate(let_in)), default=0)


@pytest.mark.parametrize(
    ("text", "hours"), [("20/min", 2), ("10/s", 0.05), ("30/s", 0.05), ("7/s", 0.05), ("1000/h", 5)]
)
def test_who_never_stops_asking_gets_what_was_promised(text: str, hours: float) -> None:
    async def main() -> None:
        clock, dice = Clock(), random.Random(7)
        limiter, (rate,) = OwnLimiter(clock), parse_rates(text)
        let_in, end = [], clock.now + hours * 3600
        while clock.now < end:
            if await limiter.admit("key", (rate,)) == 0:
                let_in.append(clock.now)
            clock.now += dice.random() * rate.seconds / rate.calls / 10
        assert most_in_a_window(let_in, rate.seconds) == rate.calls
        expected = rate.calls * hours * 3600 / rate.seconds
        assert 0.99 <= len(let_in) / expected <= 1.0 + 1 / (hours * 3600 / rate.seconds)

    asyncio.run(main())


@given(
    st.lists(st.sampled_from([0.0, 0.001, 0.1, 0.4, 0.99, 1.0, 3.0, 59.0, 61.0]), max_size=200),
    st.integers(1, 7),
    st.integers(1, 30),
)
def test_no_stretch_has_too_many_and_obeying_helps(pauses: list[float], a_second: int, a_minute: int) -> None:
    async def main() -> None:
        clock = Clock()
        limiter, rates = OwnLimiter(clock), (Rate(a_second, 1), Rate(a_minute, 60))
        let_in = []
        for pause in pauses:
            clock.now += pause
            wait = await limiter.admit("key", rates)
            if wait:
                assert await limiter.admit("key", rates) == wait  # asking costs nothing
                clock.now += wait  # the client does as it was told
                assert await limiter.admit("key", rates) == 0
            let_in.append(clock.now)
        for rate in rates:
            assert most_in_a_window(let_in, rate.seconds) <= rate.calls

    asyncio.run(main())


def test_a_burst_then_the_wait_that_azure_tells() -> None:
    """20 a minute, all at once: then it is nearly a minute, and not three seconds a call."""

    async def main() -> None:
        clock = Clock()
        limits = RateLimits(OwnLimiter(clock), parse_rates("20/min"), lambda _: None)
        for _ in range(20):
            await limits.check("key")
        clock.now += 5.2
        with pytest.raises(Refusal) as refused:
            await limits.check("key")
        assert refused.value.reason is Reason.TOO_MANY_REQUESTS
        assert refused.value.retry_after == 55
        clock.now += refused.value.retry_after or 0
        for _ in range(20):
            await limits.check("key")

    asyncio.run(main())


def test_a_call_that_one_window_refuses_counts_in_none() -> None:
    async def main() -> None:
        clock = Clock()
        limiter, rates = OwnLimiter(clock), parse_rates("1/s,3/min")
        for _ in range(50):
            await limiter.admit("key", rates)  # one is let in, 49 are refused by the second's window
        clock.now += 1.1
        assert await limiter.admit("key", rates) == 0
        clock.now += 1.1
        assert await limiter.admit("key", rates) == 0
        clock.now += 1.1
        wait = await limiter.admit("key", rates)
        assert 55 < wait < 58  # now the minute's

    asyncio.run(main())


def test_keys_have_limits_of_their_own() -> None:
    async def main() -> None:
        own = {"fast": parse_rates("100/s"), "free": ()}
        limits = RateLimits(OwnLimiter(Clock()), parse_rates("2/s"), own.get)
        let_in = {}
        for owner in ("usual", "another", "fast", "free"):
            let_in[owner] = 0
            for _ in range(500):
                try:
                    await limits.check(owner)
                except Refusal as refused:
                    assert refused.retry_after == 1  # noqa: PT017
                else:
                    let_in[owner] += 1
        assert let_in == {"usual": 2, "another": 2, "fast": 100, "free": 500}

    asyncio.run(main())


def test_a_limit_that_was_lowered_holds_at_once() -> None:
    async def main() -> None:
        clock = Clock()
        limiter = OwnLimiter(clock)
        for _ in range(50):
            assert await limiter.admit("key", (Rate(50, 60),)) == 0
        clock.now += 30
        for _ in range(3):
            await limiter.admit("key", (Rate(60, 60),))
        wait = await limiter.admit("key", (Rate(2, 60),))
        assert wait == 60  # the last three are two too many until they leave

    asyncio.run(main())
