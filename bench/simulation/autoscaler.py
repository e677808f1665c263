"""Kubernetes' HorizontalPodAutoscaler as deploy/chart sets it, second by second.

It grows with the age of the oldest waiting page. That age is 0 for a fleet that is just large enough and for one that
is ten times too large, so a second figure says when to shrink: pages being read, never more than the workers can read.

Pages flow instead of being counted one by one, which at some dozens a second changes nothing. The autoscaler's own
rules (looks every 15 s, no change within a tenth, windows and policies) are those of Kubernetes' documentation,
"Algorithm details" and "Configurable scaling behavior".
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

LOOK_SECONDS = 15
TOLERANCE = 0.1


@dataclass(frozen=True, slots=True)
class Policy:
    """The chart's values and the cluster's delays.

    `metric_seconds`: how old the figures are that it goes by. `keeps_readers`: whether it knows the second one.
    """

    minimum: int = 2
    maximum: int = 20
    target_seconds: float = 20.0
    up_percent: int = 100
    up_pods: int = 2
    down_percent: int = 20
    down_window_seconds: int = 600
    start_seconds: int = 45
    metric_seconds: int = 30
    keeps_readers: bool = True


@dataclass(frozen=True, slots=True)
class Moment:
    """How it stood in one second."""

    second: int
    age: float
    waiting: float
    workers: int
    ready: int


def run(policy: Policy, arrivals: Callable[[int], float], per_worker: float, seconds: int) -> list[Moment]:
    """`arrivals(second)` and `per_worker`: pages a second."""
    line: deque[list[float]] = deque()  # [second of arrival, pages], oldest first
    wanted, starting = policy.minimum, deque[tuple[int, int]]()
    ready = policy.minimum
    ages: list[float] = []
    reading: list[float] = []  # in workers that it takes
    wishes: deque[tuple[int, int]] = deque()
    counts: list[int] = []
    moments = []
    for now in range(seconds):
        line.append([now, arrivals(now)])
        capacity = ready * per_worker
        while line and capacity > 0:
            served = min(capacity, line[0][1])
            line[0][1] -= served
            capacity -= served
            if line[0][1] <= 1e-9:
                line.popleft()
        ages.append(now - line[0][0] if line else 0.0)
        reading.append(ready - capacity / per_worker)
        while starting and starting[0][0] <= now:
            ready += starting.popleft()[1]
        if now % LOOK_SECONDS == 0 and now >= policy.metric_seconds:
            seen = now - policy.metric_seconds
            busy = reading[seen] if policy.keeps_readers else 0.0
            new = _decide(policy, wanted, ages[seen], busy, now, wishes, counts)
            if new > wanted:
                starting.append((now + policy.start_seconds, new - wanted))
            elif new < wanted:
                ready = min(ready, new)
            wanted = new
        counts.append(wanted)
        moments.append(Moment(now, ages[-1], sum(pages for _, pages in line), wanted, ready))
    return moments


def _decide(
    policy: Policy, workers: int, age: float, busy: float, now: int, wishes: deque[tuple[int, int]], counts: list[int]
) -> int:
    ratios = (age / policy.target_seconds, busy / workers)
    wish = max(workers if abs(ratio - 1) <= TOLERANCE else math.ceil(workers * ratio) for ratio in ratios)
    wish = min(policy.maximum, max(policy.minimum, wish))
    wishes.append((now, wish))
    while wishes[0][0] < now - policy.down_window_seconds:
        wishes.popleft()
    minute_ago = counts[max(0, now - 60)] if counts else workers
    if wish > workers:
        most = max(math.ceil(minute_ago * (1 + policy.up_percent / 100)), minute_ago + policy.up_pods)
        return max(workers, min(wish, most))
    stable = min(workers, max(count for _, count in wishes))
    return max(stable, math.floor(minute_ago * (1 - policy.down_percent / 100)), policy.minimum)
