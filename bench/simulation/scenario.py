"""What is simulated: the load, the database's costs, the workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Statement:
    """One call of the store: seconds of the database's processor, and whether it waits for the log's flush.

    `alone`: takes a lock that every such call takes, for so many of those seconds and until its commit is on the disk,
    so that these happen one after the other however many cores there are: PostgreSQL's commits with a NOTIFY do.
    """

    seconds: float
    durable: bool = True
    alone: float = 0.0


@dataclass(frozen=True, slots=True)
class Costs:
    """Each kind of call that a page or an idle worker makes, by the store's method.

    `accept` is of one transaction, `accept_document` what each document in it adds, `notify_listener` what each process
    that listens adds to a transaction, in its own session of the database. `fetch_seconds` is what the poll that gets
    the result takes above `poll`.
    """

    accept: Statement
    claim: Statement
    complete: Statement
    renew: Statement
    empty_claim: Statement
    poll: Statement
    flush_seconds: float
    round_trip_seconds: float = 0.0
    accept_document: float = 0.0
    notify_listener: float = 0.0
    fetch_seconds: float = 0.0

    def page_seconds(self, polls: float = 2.0) -> float:
        """Seconds of the database's processor for one page of its own operation, accepted among many, nobody idle."""
        read = self.claim.seconds + self.complete.seconds
        return self.accept_document + read + polls * self.poll.seconds + self.fetch_seconds


@dataclass(frozen=True, slots=True)
class Scenario:
    """One run.

    `arrivals`: pages a second, Poisson, each an operation of its own; 0 with a `backlog` that lies there at the start.
    `page_seconds`: recorded processor seconds of reading a page; one is drawn for each. With `exponential` the first is
    the mean of an exponential distribution, of which theory knows the answers.
    `overhead_seconds`: what a worker's own code (claiming, decoding JSON, the event loop) takes beside the reading.
    `shared_cores`: database and workers on one machine with so many cores; None: every process has `worker_cores` of
    its own and the database `database_cores`.
    `poll_every`: seconds between a client's polls, the last of which gets the result; 0: nobody polls.
    `idle_seconds`: how often an idle process looks by itself; `news` of a page wakes `all` idle processes, of which one
    gets it, or `one`, or `none`, and then nobody listens.
    `servers`: API processes, each with one transaction of at most `batch` documents under way.
    `seconds` of the run after `warm_up`, which is not counted; a backlog's run ends with its last page.
    """

    processes: int
    costs: Costs
    page_seconds: Sequence[float]
    arrivals: float = 0.0
    backlog: int = 0
    jobs: int = 1
    worker_cores: int = 1
    overhead_seconds: float = 0.0
    shared_cores: int | None = None
    together: float = 1.0
    database_cores: int = 16
    poll_every: float = 0.0
    renew_every: float = 15.0
    idle_seconds: float = 1.0
    news: Literal["all", "one", "none"] = "all"
    servers: int = 1
    batch: int = 64
    seconds: float = 60.0
    warm_up: float = 0.0
    seed: int = 1
    exponential: bool = False
