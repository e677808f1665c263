"""A service under steady mixed load for long: what grows, and whether anything is lost.

    python bench/soak.py --minutes 60 --database postgres

Real processes, started as users start them: two servers and two workers over a PostgreSQL of its own, or with
`--database sqlite` one server that does everything. Clients submit small pages, large ones and PDFs, poll, and read
pictures at once; each answer must have the word that was in its document. Results are kept for an hour; to see them
expire in less, they are made an hour older when they are some minutes old.

A line for each figure: by quarter of the run, its slope an hour behind the first quarter, how much it grew from the
second quarter to the last and how much that was allowed to be. Exit status 1 when something grew more or an accepted
operation was lost, failed, or answered with another's text.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sqlite3
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from operations_http import KEY
from soak_growth import Bound, Series, growth, p95, table
from soak_load import Load, documents

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))
from postgres import PostgresServer
from topology import REAL, Member, Topology, topology

_OLD_SECONDS = 120.0  # results of that age are made older
_DRAIN_SECONDS = 300.0  # for what was accepted before the end

# What may grow: caches and heaps that find their size late, connections and threads that are made when needed.
BOUNDS = {
    "memory": Bound(0.05, 40.0),
    "descriptors": Bound(0.0, 12.0),
    "threads": Bound(0.0, 6.0),
    "database": Bound(0.25, 12.0),
    "connections": Bound(0.0, 6.0),
    "queued pages": Bound(0.5, 5.0),
}
_OLDER = "UPDATE {table} SET ended = ended - 3600 WHERE ended > {now} - 3000 AND ended < {now} - {age}"
_PAGES = re.compile(rb"^readstone_queued_pages\{[^}]*\} ([\d.e+]+)$", re.MULTILINE)


class Postgres:
    """The database of two servers and two workers."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    def size(self) -> float:
        """Megabytes."""
        return self._number("SELECT pg_database_size('soak') / 1e6")

    def connections(self) -> float:
        """Of all processes."""
        return self._number("SELECT count(*) FROM pg_stat_activity WHERE datname = 'soak' AND application_name <> ''")

    def memory(self) -> float:
        """Megabytes of all of the server's processes, what they share not counted."""
        top = psutil.Process(int(self._number("SELECT split_part(pg_read_file('postmaster.pid'), chr(10), 1)")))
        total = 0
        for process in (top, *top.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                memory = process.memory_info()
                total += memory.rss - memory.shared
        return total / 1e6

    def make_older(self) -> None:
        """Results that everybody has seen expire soon."""
        now = "extract(epoch FROM now())"
        self._server.execute(_OLDER.format(table="readstone.operation", now=now, age=_OLD_SECONDS), "soak")

    def _number(self, query: str) -> float:
        return float(str(self._server.execute(query)[0][0]))


class Sqlite:
    """The files of one server."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "common/operations/operations.db"

    def size(self) -> float:
        """Megabytes, with what is not in the main file yet."""
        return sum(file.stat().st_size for file in self._file.parent.glob("operations.db*")) / 1e6

    def make_older(self) -> None:
        """See Postgres."""
        with closing(sqlite3.connect(self._file, timeout=30)) as database, database:
            database.execute(_OLDER.format(table="operation", now="unixepoch()", age=_OLD_SECONDS))


Samples = dict[tuple[str, str], list[tuple[float, float]]]
"""By name and unit."""


class Sampler:
    """Looks at every process and the database."""

    def __init__(self, members: list[Member], database: Postgres | Sqlite) -> None:
        self._members = members
        self._database = database
        self.samples: Samples = defaultdict(list)

    def look(self, moment: float) -> None:
        """Now, `moment` seconds after the start."""
        for number, member in enumerate(self._members):
            if member.process.poll() is not None:
                continue  # told at the end
            name = f"{member.kind} {number}"
            top = psutil.Process(member.process.pid)
            processes = [top, *top.children(recursive=True)]
            memory = descriptors = threads = 0
            for process in processes:
                with suppress(psutil.NoSuchProcess):  # a decoder that was replaced
                    memory += process.memory_info().rss
                    descriptors += process.num_fds()
                    threads += process.num_threads()
            self._note(f"memory, {name}", "MB", moment, memory / 1e6)
            self._note(f"descriptors, {name}", "", moment, descriptors)
            self._note(f"threads, {name}", "", moment, threads)
        self._note("database", "MB", moment, self._database.size())
        if isinstance(self._database, Postgres):
            self._note("connections", "", moment, self._database.connections())
            self._note("memory, PostgreSQL", "MB", moment, self._database.memory())
        with suppress(OSError), urllib.request.urlopen(f"{self._members[0].url}/metrics", timeout=60) as answer:
            self._note("queued pages", "", moment, sum(map(float, _PAGES.findall(answer.read()))))
        self._database.make_older()

    def _note(self, name: str, unit: str, moment: float, value: float) -> None:
        self.samples[name, unit].append((moment, value))


@contextmanager
def service(database: str, folder: Path, jobs: int) -> Iterator[tuple[Topology, Postgres | Sqlite]]:
    """All processes, ready; each reads so many pages at a time."""
    environ = {"READSTONE_RESULT_HOURS": "1", "READSTONE_WORKERS": str(jobs), "READSTONE_KEYS": KEY}
    if database == "sqlite":
        with topology(folder, {}, REAL, apis=1, workers=0, READSTONE_READ_PAGES="true", **environ) as made:
            yield made, Sqlite(folder)
        return
    server = PostgresServer()
    try:
        server.start()
        server.execute("CREATE DATABASE soak")
        with topology(folder, {"READSTONE_DATABASE": server.url("soak")}, REAL, apis=2, workers=2, **environ) as made:
            yield made, Postgres(server)
    finally:
        server.remove()


async def soak(load: Load, sampler: Sampler, clients: int, start: float, every: float) -> None:
    """The load, and a look every so many seconds until it ends."""
    loading = asyncio.create_task(load.run(clients, documents()))
    while not loading.done() and time.monotonic() < load.end:
        await asyncio.to_thread(sampler.look, time.monotonic() - start)
        await asyncio.wait({loading}, timeout=every)
    await loading


def all_series(load: Load, sampler: Sampler, start: float, end: float) -> Iterator[Series]:
    """What was seen until the end of the load, and how long calls took."""
    for (name, unit), points in sorted(sampler.samples.items()):
        yield Series(name, unit, points, BOUNDS[name.partition(",")[0]])
    for kind, took in sorted(load.took.items()):
        points = [(moment - start, 1000 * seconds) for moment, seconds in took if moment <= end]
        yield Series(f"p95 of {kind}", "ms", points, summed=p95)
        yield Series(f"number of {kind}", "", [(moment, 1.0) for moment, _ in points], summed=len)


def main() -> int:
    """Exit status 1: something grew or was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--database", choices=("postgres", "sqlite"), default="postgres")
    parser.add_argument("--clients", type=int, default=6, help="each with one document at a time")
    parser.add_argument("--jobs", type=int, default=1, help="pages that a process reads at a time")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between samples")
    parser.add_argument("--out", type=Path, help="samples and table as JSON")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="readstone-soak-") as folder,
        service(arguments.database, Path(folder), arguments.jobs) as (processes, database),
    ):
        start = time.monotonic()
        ports = [urlsplit(member.url).port or 0 for member in processes.apis]
        load = Load(ports, start + 60 * arguments.minutes, _DRAIN_SECONDS)
        sampler = Sampler(list(processes.members), database)
        asyncio.run(soak(load, sampler, arguments.clients, start, arguments.every))
        ended = [member for member in processes.members if member.process.poll() is not None]
    growths = [growth(series, 60 * arguments.minutes) for series in all_series(load, sampler, start, load.end)]
    print(f"{arguments.minutes:g} minutes, {arguments.database}, load average {os.getloadavg()[1]:.1f}")
    print(table(growths))
    print("answered as they must:", ", ".join(f"{kind} {count}" for kind, count in sorted(load.done.items())))
    print("faults:", ", ".join(f"{kind} {count}" for kind, count in sorted(load.faults.items())) or "none")
    wrong = [f"{one.series.name} grew" for one in growths if not one.within]
    wrong += [f"lost: {one}" for one in load.lost]
    wrong += [f"{member.kind} {member.url} ended by itself" for member in ended]
    print("\n".join(wrong) if wrong else "nothing grew, nothing is lost")
    if arguments.out:
        samples = {name: points for (name, _), points in sampler.samples.items()}
        arguments.out.write_text(json.dumps({"samples": samples, "took": load.took, "wrong": wrong}))
    return 1 if wrong or not load.done else 0


if __name__ == "__main__":
    sys.exit(main())
