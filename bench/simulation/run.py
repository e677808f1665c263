"""The simulation itself: pages arrive, wait, are claimed, read and completed; the database does its part of each."""

from __future__ import annotations

import random
from collections import Counter, deque
from dataclasses import dataclass

import simpy

from simulation.machine import Log, Processor, Steps
from simulation.scenario import Scenario, Statement

TURN_SECONDS = 0.003
"""How long a process keeps a shared core before another gets it: Linux's default slice for a few processes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened, counted from the end of the warm-up on; the three page counts at the end are of the whole run."""

    seconds: float
    pages: int
    waits: tuple[float, ...]
    latencies: tuple[float, ...]
    claim_seconds: tuple[float, ...]
    statements: dict[str, int]
    database_seconds: float
    database_used: float
    flushes: int
    accepted: int
    waiting: int
    reading: int
    completed: int

    @property
    def per_second(self) -> float:
        """Pages completed a second."""
        return self.pages / self.seconds

    @property
    def database_ms_a_page(self) -> float:
        """Milliseconds of the database's processors for each page completed."""
        return 1000 * self.database_seconds / max(1, self.pages)


def percentile(values: tuple[float, ...], percent: float) -> float:
    """The value that `percent` % of `values` do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0


class Simulation:
    """One run of a scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self._of = scenario
        self._dice = random.Random(scenario.seed)
        self._env = env = simpy.Environment()
        self._log = Log(env, scenario.costs.flush_seconds)
        if scenario.shared_cores:
            shared = Processor(env, scenario.shared_cores, TURN_SECONDS, scenario.together)
            self._database = shared
            self._own = [shared] * scenario.processes
        else:
            self._database = Processor(env, scenario.database_cores, TURN_SECONDS)
            self._own = [
                Processor(env, scenario.worker_cores, together=scenario.together) for _ in range(scenario.processes)
            ]
        self._alone = simpy.Resource(env, 1)
        self._queue: deque[float] = deque()
        self._asleep: deque[simpy.Event] = deque()
        self._incoming: list[int] = [0] * scenario.servers
        self._accepting = [False] * scenario.servers
        self._listeners = 0 if scenario.news == "none" else scenario.processes + scenario.servers
        self._accepted = self._reading = self._completed = 0
        self._reset()

    def _reset(self) -> None:
        self._since = self._env.now
        self._pages = 0
        self._waits: list[float] = []
        self._latencies: list[float] = []
        self._claims: list[float] = []
        self._statements: Counter[str] = Counter()
        self._database_seconds = 0.0
        self._flushes_before = self._log.flushes

    def run(self) -> Outcome:
        """From an empty system (or its backlog) to the end."""
        of, env = self._of, self._env
        for _ in range(of.backlog):
            self._queue.append(0.0)
            self._accepted += 1
        if of.arrivals:
            env.process(self._arrivals())
        for own in self._own:
            env.process(self._dispatcher(own))
        if of.warm_up:
            env.run(of.warm_up)
            self._reset()
        end = of.warm_up + of.seconds
        if of.arrivals:
            env.run(end)
        else:  # a backlog: to its last page
            while self._completed < of.backlog and env.now < end:
                env.step()
        seconds = env.now - self._since
        return Outcome(
            seconds=seconds,
            pages=self._pages,
            waits=tuple(self._waits),
            latencies=tuple(self._latencies),
            claim_seconds=tuple(self._claims),
            statements=dict(self._statements),
            database_seconds=self._database_seconds,
            database_used=self._database_seconds / (seconds * self._database.cores),
            flushes=self._log.flushes - self._flushes_before,
            accepted=self._accepted,
            waiting=len(self._queue),
            reading=self._reading,
            completed=self._completed,
        )

    # --- the database ------------------------------------------------------------------------------

    def _ask(self, kind: str, statement: Statement, more: float = 0.0) -> Steps:
        """One call of the store, from request to answer; `more` seconds than such a call takes."""
        seconds = statement.seconds + more
        self._statements[kind] += 1
        self._database_seconds += seconds
        if self._of.costs.round_trip_seconds:
            yield self._env.timeout(self._of.costs.round_trip_seconds)
        yield from self._database.work(seconds - statement.alone)
        if statement.alone:
            with self._alone.request() as lock:
                yield lock
                yield from self._database.work(statement.alone)
                if statement.durable:
                    yield self._log.commit()
        elif statement.durable:
            yield self._log.commit()

    # --- clients -----------------------------------------------------------------------------------

    def _arrivals(self) -> Steps:
        while True:
            yield self._env.timeout(self._dice.expovariate(self._of.arrivals))
            server = self._dice.randrange(self._of.servers)
            self._incoming[server] += 1
            if not self._accepting[server]:
                self._accepting[server] = True
                self._env.process(self._accept(server))

    def _accept(self, server: int) -> Steps:
        """What came during a transaction goes into the next, as `Accepting` does."""
        costs = self._of.costs
        while self._incoming[server]:
            documents = min(self._incoming[server], self._of.batch)
            self._incoming[server] -= documents
            yield from self._ask("accept", costs.accept, documents * costs.accept_document)
            self._accepted += documents
            self._queue.extend([self._env.now] * documents)
            if self._listeners and costs.notify_listener:
                self._env.process(self._notify())
            self._wake(documents)
        self._accepting[server] = False

    def _notify(self) -> Steps:
        """Every listener's session passes the news on; together they keep as many cores busy as there are."""
        seconds = self._listeners * self._of.costs.notify_listener
        self._database_seconds += seconds
        share = seconds / self._database.cores
        yield simpy.AllOf(
            self._env, [self._env.process(self._database.work(share)) for _ in range(self._database.cores)]
        )

    def _polls(self, accepted_at: float) -> Steps:
        """A page's client's polls: as many as its life had room for, and the one that gets the result.

        Asked at the end instead of meanwhile: over many pages the load is the same, and it is fewer events.
        """
        every = self._of.poll_every
        for _ in range(int((self._env.now - accepted_at) / every)):
            yield from self._ask("poll", self._of.costs.poll)
        yield from self._ask("poll", self._of.costs.poll, self._of.costs.fetch_seconds)

    # --- workers -----------------------------------------------------------------------------------

    def _wake(self, documents: int) -> None:
        many = {"all": len(self._asleep), "one": min(documents, len(self._asleep)), "none": 0}[self._of.news]
        for _ in range(many):
            self._asleep.popleft().succeed()

    def _dispatcher(self, own: Processor) -> Steps:
        """As `Runner` does: with a free slot, ask for a page; when there is none, wait for word or a second."""
        if self._of.news == "none":  # processes did not start all in one moment, nor do they look in one
            yield self._env.timeout(self._dice.random() * self._of.idle_seconds)
        slots = simpy.Resource(self._env, self._of.jobs)
        costs = self._of.costs
        while True:
            slot = slots.request()
            yield slot
            while not self._queue:
                word = self._env.event()
                self._asleep.append(word)
                yield word | self._env.timeout(self._of.idle_seconds)
                if not word.triggered:
                    self._asleep.remove(word)
                if not self._queue:
                    yield from self._ask("empty claim", costs.empty_claim)
            asked = self._env.now
            arrived = self._queue.popleft()  # before the answer: a claimed row is locked from the start
            self._reading += 1
            yield from self._ask("claim", costs.claim)
            self._claims.append(self._env.now - asked)
            self._waits.append(self._env.now - arrived)
            self._env.process(self._page(own, arrived, slots, slot))

    def _page(self, own: Processor, arrived: float, slots: simpy.Resource, slot: simpy.Event) -> Steps:
        of = self._of
        began = self._env.now
        yield from own.work(self._draw() + of.overhead_seconds)
        for _ in range(int((self._env.now - began) / of.renew_every)):
            yield from self._ask("renew", of.costs.renew)
        yield from self._ask("complete", of.costs.complete)
        slots.release(slot)
        self._reading -= 1
        self._completed += 1
        self._pages += 1
        self._latencies.append(self._env.now - arrived)
        if of.poll_every:
            self._env.process(self._polls(arrived))

    def _draw(self) -> float:
        if self._of.exponential:
            return self._dice.expovariate(1 / self._of.page_seconds[0])
        return self._dice.choice(self._of.page_seconds)


def simulate(scenario: Scenario) -> Outcome:
    """Run it."""
    return Simulation(scenario).run()
