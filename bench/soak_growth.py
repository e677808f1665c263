"""What grew while the service was under load: figures of samples by quarter of a run, slopes, and bounds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

QUARTERS = 4
_MOST_POINTS = 200  # for a slope; their pairs are gone through


@dataclass(frozen=True, slots=True)
class Bound:
    """How much larger a series may be in the last quarter than in the second: the first is for warming up."""

    share: float
    least: float

    def of(self, level: float) -> float:
        """The growth that is allowed from `level`, in the series' unit."""
        return max(self.share * level, self.least)


@dataclass(frozen=True, slots=True)
class Series:
    """One figure over the run: (seconds since the start, value), by quarter as `summed`."""

    name: str
    unit: str
    points: Sequence[tuple[float, float]]
    bound: Bound | None = None
    summed: Callable[[Sequence[float]], float] = statistics.median


@dataclass(frozen=True, slots=True)
class Growth:
    """A series by quarter (nan: nothing in it), its slope an hour behind the first, and the growth that was allowed."""

    series: Series
    quarters: tuple[float, ...]
    slope: float
    allowed: float | None

    @property
    def grew(self) -> float:
        """From the second quarter to the last."""
        return self.quarters[-1] - self.quarters[1]

    @property
    def within(self) -> bool:
        """Whether it may; what was not measured at both ends is not known to be within."""
        return self.allowed is None or self.grew <= self.allowed


def p95(values: Sequence[float]) -> float:
    """The 95th percentile, nan of nothing."""
    return sorted(values)[max(0, math.ceil(0.95 * len(values)) - 1)] if values else math.nan


def growth(series: Series, seconds: float) -> Growth:
    """Of a run of so many seconds."""
    parts: list[list[float]] = [[] for _ in range(QUARTERS)]
    for moment, value in series.points:
        parts[min(QUARTERS - 1, int(QUARTERS * moment / seconds))].append(value)
    quarters = tuple(series.summed(part) if part else math.nan for part in parts)
    later = [point for point in series.points if point[0] >= seconds / QUARTERS]
    allowed = series.bound.of(quarters[1]) if series.bound else None
    return Growth(series, quarters, 3600 * slope(later), allowed)


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Units a second: the median of the slopes between all pairs (Theil-Sen), so that single peaks count for little."""
    step = max(1, len(points) // _MOST_POINTS)
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points[::step], 2) if b[0] > a[0]]
    return statistics.median(slopes) if slopes else math.nan


def table(growths: Iterable[Growth]) -> str:
    """A line each."""
    rows = [("", "", "1st quarter", "2nd", "3rd", "4th", "slope/h", "grew", "allowed", "")]
    for one in growths:
        told = "" if one.within else "GREW"
        allowed = "" if one.allowed is None else f"{one.allowed:.1f}"
        figures = (*(f"{value:.1f}" for value in one.quarters), f"{one.slope:+.1f}", f"{one.grew:+.1f}")
        rows.append((one.series.name, one.series.unit, *figures, allowed, told))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if n < 2 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ).replace("nan", "  -")
