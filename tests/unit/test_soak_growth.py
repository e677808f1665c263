"""What a soak says of its samples: a leak is told, noise and a warm-up are not."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from soak_growth import Bound, Growth, Series, growth, p95, slope, table

SECONDS = 600.0
BOUND = Bound(0.05, 10.0)


def judged(value: Callable[[float], float], bound: Bound | None = BOUND) -> Growth:
    """Of a run of ten minutes with a sample of 100 and what `value` adds every five seconds."""
    dice = random.Random(1)
    points = [(5.0 * n, 100.0 + value(5.0 * n) + dice.uniform(-3, 3)) for n in range(120)]
    return growth(Series("memory", "MB", points, bound), SECONDS)


def test_noise_is_no_growth() -> None:
    found = judged(lambda _: 0.0)
    assert found.within
    assert abs(found.slope) < 15
    assert found.allowed == 10


def test_a_leak_is_told() -> None:
    found = judged(lambda second: second / 15)  # 4 MB a minute
    assert not found.within
    assert found.slope == pytest.approx(240, rel=0.1)
    assert found.grew == pytest.approx(20, abs=4)
    assert "GREW" in table([found])


def test_warming_up_is_not() -> None:
    assert judged(lambda second: min(second, 140.0)).within


def test_a_peak_hardly_moves_the_slope() -> None:
    found = judged(lambda second: 900.0 if second == 480 else 0.0)
    assert found.within
    assert abs(found.slope) < 15


def test_what_has_no_bound_may_grow() -> None:
    found = judged(lambda second: second, None)
    assert found.within
    assert "GREW" not in table([found])


def test_a_share_of_the_level_is_allowed() -> None:
    assert judged(lambda second: second / 60, Bound(0.2, 1.0)).allowed == pytest.approx(20, abs=2)


def test_what_was_not_seen_at_the_end_is_told() -> None:
    series = Series("memory", "MB", [(5.0 * n, 1.0) for n in range(60)], Bound(0.0, 1.0))
    assert not growth(series, SECONDS).within


def test_quarters_by_their_own_rule() -> None:
    found = growth(Series("p95", "ms", [(float(n), float(n)) for n in range(600)], summed=p95), SECONDS)
    assert found.quarters == (142.0, 292.0, 442.0, 592.0)


def test_of_nothing() -> None:
    assert math.isnan(p95([]))
    assert math.isnan(slope([(1.0, 1.0)]))
    assert math.isnan(growth(Series("memory", "MB", []), SECONDS).slope)
