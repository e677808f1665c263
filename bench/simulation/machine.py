"""Processors that are shared in turns, and a log on disk whose flushes carry many commits."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Any

import simpy

Steps = Generator[simpy.Event, Any, None]


class Processor:
    """So many cores. Work takes turns of `turn` seconds, as an operating system deals them; infinite: to its end.

    `together`: what a second of work takes when every core is busy. Cores share caches and memory, and some
    machines' cores are halves of one.
    """

    def __init__(self, env: simpy.Environment, cores: int, turn: float = math.inf, together: float = 1.0) -> None:
        self._env = env
        self._cores = simpy.Resource(env, cores)
        self._turn = turn
        self._together = together
        self.busy_seconds = 0.0

    @property
    def cores(self) -> int:
        """How many there are."""
        return int(self._cores.capacity)

    def work(self, seconds: float) -> Steps:
        """Be worked on for that long, and wait for a core before each turn."""
        while seconds > 1e-12:
            with self._cores.request() as core:
                yield core
                slower = self._together if self._cores.count == self._cores.capacity > 1 else 1.0
                step = min(seconds, self._turn)
                yield self._env.timeout(step * slower)
                self.busy_seconds += step * slower
                seconds -= step


class Log:
    """The write-ahead log: one flush at a time, and all commits that came during it share the next (group commit)."""

    def __init__(self, env: simpy.Environment, flush_seconds: float) -> None:
        self._env = env
        self._seconds = flush_seconds
        self._next = env.event()
        self._wanted = False
        self._flushing = False
        self.flushes = 0

    def commit(self) -> simpy.Event:
        """Done when a flush that began after this call has ended."""
        self._wanted = True
        done = self._next
        if not self._flushing:
            self._flushing = True
            self._env.process(self._flush())
        return done

    def _flush(self) -> Steps:
        while self._wanted:
            self._wanted = False
            carried, self._next = self._next, self._env.event()
            yield self._env.timeout(self._seconds)
            self.flushes += 1
            carried.succeed()
        self._flushing = False
