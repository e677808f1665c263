"""From measured times to fleets that are not there: `python bench/simulate.py validate|fleet|price|autoscale`.

`validate --scale build/scale.json build/scale_real.json`: the runs of bench/scale.py against the simulation of the
same machine; fails when two processes are off by more than a tenth.
`fleet`: one PostgreSQL and up to 1,000 worker machines, where it saturates, and 10^9 pages a day over several.
`price`: what a million pages take, and with `--prices` what they cost you. `autoscale`: the chart's rule under a step.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from dataclasses import replace
from pathlib import Path

from simulation import autoscaler, measured
from simulation.run import Outcome, percentile, simulate
from simulation.scenario import Scenario

DAY_SECONDS = 86_400
POLL_SECONDS = 1.0
WORKER_CORES = 2
LATENCY_SECONDS = 0.0005
"""Between machines of one data centre, there and back."""


# --- against the real runs ---------------------------------------------------------------------------


def validate(paths: list[Path], together: float) -> int:
    """Each run, measured and simulated. What is calibrated is the run with one process of the fixed engine."""
    files = [json.loads(path.read_text("utf-8")) for path in paths]
    runs = [run for file in files for run in file["runs"]]
    one = next(run for run in runs if run["engine"] == "fixed" and run["processes"] == 1)
    costs = replace(measured.scaled_to(measured.costs(), one), flush_seconds=files[0]["flush_ms"] / 1000)
    # Of the fixed engine's page 20 ms are reading; what else the worker spent is its own.
    overhead = one["worker_cpu_ms"] / 1000 - 0.020
    print(f"{'engine':>8}{'processes':>11}{'measured':>11}{'simulated':>11}{'ratio':>8}   pages a second")
    worst = 0.0
    for run in runs:
        fixed = run["engine"] == "fixed"
        scenario = Scenario(
            run["processes"],
            costs,
            (0.020,) if fixed else measured.page_times()[: run["accepted"]],
            backlog=3000 if fixed else 600,
            shared_cores=files[0]["cores"],
            # Hashing stays within a core; models share the memory's bandwidth.
            together=1.0 if fixed else together,
            overhead_seconds=overhead,
            seconds=1e6,
        )
        simulated = simulate(scenario).per_second
        ratio = simulated / run["pages_per_second"]
        worst = max(worst, abs(ratio - 1) if run["processes"] == 2 else 0.0)
        print(
            f"{run['engine']:>8}{run['processes']:>11}{run['pages_per_second']:>11.2f}{simulated:>11.2f}{ratio:>8.2f}"
        )
    return 1 if worst > 0.1 else 0


# --- fleets ------------------------------------------------------------------------------------------


def fleet(database_cores: int, inputs_in_database: bool, simulated_seconds: float) -> None:
    """The tables of docs/scaling.md."""
    costs = measured.costs(inputs_in_database=inputs_in_database, round_trip_seconds=LATENCY_SECONDS)
    times = measured.page_times()
    mean = statistics.fmean(times)
    capacity = WORKER_CORES / mean
    page = costs.page_seconds()
    print(f"a page: {mean:.2f} s of a worker's core; {1000 * page:.2f} ms of the database's with two polls")
    print(f"a worker of {WORKER_CORES} cores: {capacity:.2f} pages a second; 1,000 workers: {1000 * capacity:.0f}")
    print(f"a database of {database_cores} cores: {database_cores / page:.0f} pages a second at the very most\n")
    base = Scenario(
        1000, costs, times, jobs=WORKER_CORES, worker_cores=WORKER_CORES, database_cores=database_cores,
        poll_every=POLL_SECONDS, servers=8, seconds=simulated_seconds, warm_up=4 * mean,
    )  # fmt: skip
    print("1,000 workers: all told of each page, one told, or none told and each looking once a second")
    _head()
    for used in (0.1, 0.5, 0.9):
        for news in ("all", "one", "none"):
            _row(f"{used:.0%}, {news}", replace(base, arrivals=1000 * capacity * used, news=news))
    print(f"\none database of {database_cores} cores, as many workers as are 75 % busy, none told")
    _head()
    for used in (0.3, 0.6, 0.8, 0.9, 1.1):
        _row(f"{used:.0%} of its cores", _sized(base, used * database_cores / page))
    rate = 1e9 / DAY_SECONDS
    databases = math.ceil(rate * page / (0.6 * database_cores))
    print(f"\n10^9 pages a day are {rate:.0f} a second: {databases} databases at 60 %, one of them simulated")
    _head()
    _row(f"1 of {databases}", _sized(base, rate / databases))


def _sized(base: Scenario, rate: float) -> Scenario:
    mean = statistics.fmean(base.page_seconds)
    workers = math.ceil(rate * mean / WORKER_CORES / 0.75)
    return replace(base, processes=workers, arrivals=rate, news="none")


def _head() -> None:
    columns = ("workers", "pages/s in", "out", "db used", "db ms/page", "claim p95 ms", "wait p50 s", "wait p95 s")
    print(f"{'':>16}" + "".join(f"{name:>14}" for name in columns))


def _row(name: str, scenario: Scenario) -> Outcome:
    result = simulate(scenario)
    figures = (
        f"{scenario.processes}",
        f"{scenario.arrivals:.0f}",
        f"{result.per_second:.0f}",
        f"{result.database_used:.0%}",
        f"{result.database_ms_a_page:.2f}",
        f"{1000 * percentile(result.claim_seconds, 95):.1f}",
        f"{percentile(result.waits, 50):.3f}",
        f"{percentile(result.waits, 95):.3f}",
    )
    print(f"{name:>16}" + "".join(f"{figure:>14}" for figure in figures), flush=True)
    return result


# --- what it takes -----------------------------------------------------------------------------------


def price(hours_kept: float, worker_use: float, database_use: float, prices: list[float] | None) -> None:
    """Of a million pages: hours of cores at the use that fleets are planned for, gigabytes, writes."""
    for inside in (True, False):
        costs, volumes = measured.costs(inputs_in_database=inside), measured.volumes(inputs_in_database=inside)
        worker = statistics.fmean(measured.page_times()) * 1e6 / 3600 / worker_use
        database = costs.page_seconds() * 1e6 / 3600 / database_use
        log, kept = volumes.log * 1e6 / 1e9, volumes.kept * 1e6 / 1e9
        print(f"inputs {'in PostgreSQL' if inside else 'in an object store'}, a million pages:")
        print(f"  {worker:8.0f} core-hours of workers, {worker_use:.0%} used")
        print(f"  {database:8.2f} core-hours of PostgreSQL, {database_use:.0%} used")
        print(f"  {log:8.1f} GB of log written, {kept:.1f} GB of results kept for {hours_kept:g} h")
        if not inside:
            print("           1 million writes, reads and deletions of 250 kB in the object store")
        if prices:
            core, database_core, gigabyte_month, gigabyte_written = prices
            months = hours_kept / 730
            total = worker * core + database * database_core + kept * months * gigabyte_month + log * gigabyte_written
            print(f"  {total:8.2f} at your prices")


def autoscale(pages_before: float, pages_after: float) -> None:
    """A step in the load, and the same step down again."""
    per_worker = WORKER_CORES / statistics.fmean(measured.page_times())
    policy = autoscaler.Policy()

    def arrivals(second: int) -> float:
        return pages_after if 300 <= second < 2100 else pages_before

    moments = autoscaler.run(policy, arrivals, per_worker, 5400)
    print(
        f"a worker reads {per_worker:.2f} pages a second; {pages_before} a second, {pages_after} from 5 to 35 minutes"
    )
    print(f"{'minute':>8}{'age s':>8}{'waiting':>9}{'workers':>9}{'ready':>7}")
    for moment in moments[::180]:
        print(f"{moment.second // 60:>8}{moment.age:>8.0f}{moment.waiting:>9.0f}{moment.workers:>9}{moment.ready:>7}")
    print(f"oldest ever {max(m.age for m in moments):.0f} s, workers at most {max(m.workers for m in moments)}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("validate", "fleet", "price", "autoscale"))
    parser.add_argument(
        "--scale", type=Path, nargs="+", default=[Path("build/scale.json"), Path("build/scale_real.json")]
    )
    parser.add_argument("--together", type=Path, default=Path("build/together.json"), help="of page_times.py --at-once")
    parser.add_argument("--database-cores", type=int, default=16)
    parser.add_argument("--inputs", choices=("database", "objects"), default="objects")
    parser.add_argument("--seconds", type=float, default=5.0, help="simulated after the warm-up")
    parser.add_argument("--hours-kept", type=float, default=48.0)
    parser.add_argument("--worker-use", type=float, default=0.75)
    parser.add_argument("--database-use", type=float, default=0.6)
    parser.add_argument(
        "--prices", type=float, nargs=4, metavar=("CORE_HOUR", "DATABASE_CORE_HOUR", "GB_MONTH", "GB_WRITTEN")
    )
    parser.add_argument(
        "--load", type=float, nargs=2, default=(2.0, 12.0), help="pages a second before and in the step"
    )
    chosen = parser.parse_args()
    if chosen.what == "validate":
        together = json.loads(chosen.together.read_text("utf-8"))["together"] if chosen.together.exists() else 1.0
        return validate([path for path in chosen.scale if path.exists()], together)
    if chosen.what == "fleet":
        fleet(chosen.database_cores, chosen.inputs == "database", chosen.seconds)
    elif chosen.what == "price":
        price(chosen.hours_kept, chosen.worker_use, chosen.database_use, chosen.prices)
    else:
        autoscale(*chosen.load)
    return 0


if __name__ == "__main__":
    sys.exit(main())
