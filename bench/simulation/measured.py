"""The measured times as the simulation takes them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from simulation.scenario import Costs, Statement

HERE = Path(__file__).resolve().parent
STATEMENT_COSTS = HERE / "statement_costs.json"
PAGE_TIMES = HERE / "page_times.json"


@dataclass(frozen=True, slots=True)
class Volumes:
    """Bytes a page: in the log, and on the disk as long as its result is kept; 8 kB of result."""

    log: float
    kept: float


def page_times(path: Path = PAGE_TIMES) -> tuple[float, ...]:
    """Processor seconds of reading a page, recorded."""
    return tuple(json.loads(path.read_text("utf-8"))["seconds"])


def costs(path: Path = STATEMENT_COSTS, *, inputs_in_database: bool = True, round_trip_seconds: float = 0.0) -> Costs:
    """As recorded by bench/statement_costs.py. A claim is one with reading the page's input."""
    recorded = json.loads(path.read_text("utf-8"))
    table: dict[str, dict[str, float]] = recorded["milliseconds"]
    base = {name: ms / 1000 for name, ms in table["empty"].items()}
    alone, among = base["accept, 1 caller"], base["accept, 64 callers"]
    heard = table["150 listening"]["accept, 1 caller"] / 1000
    return Costs(
        accept=Statement(max(0.0, alone - among), alone=min(0.0001, max(0.0, alone - among))),
        claim=Statement(base["claim"] + (base["input"] if inputs_in_database else 0.0)),
        complete=Statement(base["complete"]),
        renew=Statement(base["renew"]),
        empty_claim=Statement(base["empty claim"], durable=False),
        poll=Statement(base["find"], durable=False),
        flush_seconds=recorded["flush_ms"] / 1000,
        round_trip_seconds=round_trip_seconds,
        accept_document=among if inputs_in_database else base["accept 2 kB, 64 callers"],
        notify_listener=max(0.0, heard - alone) / 150,
        fetch_seconds=base["page_bodies"],
    )


def volumes(path: Path = STATEMENT_COSTS, *, inputs_in_database: bool = True) -> Volumes:
    """As recorded by bench/statement_costs.py."""
    table: dict[str, float] = json.loads(path.read_text("utf-8"))["milliseconds"]["bytes"]
    accept = table["log: accept 250 kB" if inputs_in_database else "log: accept 2 kB"]
    return Volumes(accept + table["log: claim"] + table["log: complete 8 kB"], table["disk: finished operation"])


def scaled_to(costs: Costs, run: dict[str, Any]) -> Costs:
    """`costs` with the database's time for a page as it was in a run of bench/scale.py."""
    known = costs.claim.seconds + costs.complete.seconds + costs.poll.seconds
    factor = run["server_ms"] / 1000 / known
    parts = {name: getattr(costs, name) for name in ("claim", "complete", "poll")}
    return replace(costs, **{name: replace(one, seconds=one.seconds * factor) for name, one in parts.items()})
