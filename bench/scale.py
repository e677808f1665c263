"""How pages a second grow with workers, and what the queue costs for each page: PostgreSQL and `readstone worker`.

    python bench/scale.py --processes 1 2 4 8 --engine fixed --out build/scale.json

A new PostgreSQL with its usual durability, N accepted one-page operations, so many worker processes that read one page
at a time. `--engine fixed`: 20 ms of processor time a page and no sleep, so that all above it is the queue's and the
worker's. `--engine real`: the default reader on pages as of page_times.py. Rounds take turns over the numbers of
processes; the figures are medians.

Database time is counted twice: `exec ms`, what pg_stat_statements says of statements while pages are worked off,
accepting not included; and `server ms`, all processor time of PostgreSQL's processes meanwhile, with the log's writer,
cleaning up and connections.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
from PIL import Image

from page_times import page
from readstone.api.vision.text_options import TextOptions
from readstone.operations.operation import NewOperation
from readstone.operations.postgres.store import PostgresStore

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "tests"))
from postgres import PostgresServer  # noqa: E402 - the tests' own server

Row = dict[str, Any]
KINDS = ("accept", "claim", "complete", "renew", "find", "page_bodies", "input")
_CALL = re.compile(r"\b(accept|claim|complete|renew|release|offer|forsake|give_up|expire|fold|beat)(?:_beside)?\(")


def kind_of(query: str) -> str:
    """The store's method that a statement belongs to."""
    if match := _CALL.search(query):
        return match[1]
    for name, mark in (("find", "FROM operation WHERE id"), ("page_bodies", "r.body"), ("input", "FROM input")):
        if mark in query:
            return name
    return "other"


@contextmanager
def postgres(*settings: str) -> Iterator[PostgresServer]:
    """A new server that counts its statements; `settings`: "name=value" each."""
    usual = ("shared_preload_libraries=pg_stat_statements", "shared_buffers=512MB", "max_wal_size=4GB")
    server = PostgresServer(settings=(*usual, *settings))
    server.start()
    try:
        server.execute("CREATE EXTENSION pg_stat_statements")
        yield server
    finally:
        server.remove()


def statements(server: PostgresServer, database: str) -> dict[str, tuple[int, float]]:
    """Calls and milliseconds so far by kind, in one database."""
    rows = server.execute(
        "SELECT query, calls, total_exec_time + total_plan_time FROM pg_stat_statements "
        f"WHERE dbid = (SELECT oid FROM pg_database WHERE datname = '{database}')"
    )
    sums: dict[str, tuple[int, float]] = {}
    for query, calls, milliseconds in rows:
        kind = kind_of(str(query))
        before = sums.get(kind, (0, 0.0))
        sums[kind] = before[0] + int(str(calls)), before[1] + float(str(milliseconds))
    return sums


def between(before: dict[str, tuple[int, float]], after: dict[str, tuple[int, float]]) -> dict[str, tuple[int, float]]:
    """What was added."""
    return {
        kind: (calls - before.get(kind, (0, 0.0))[0], ms - before.get(kind, (0, 0.0))[1])
        for kind, (calls, ms) in after.items()
        if calls > before.get(kind, (0, 0.0))[0]
    }


def server_seconds(server: PostgresServer) -> float:
    """Processor time of all its processes: of those that live to the nanosecond, those that have ended included."""
    with psycopg.connect(server.url()) as connection:
        top = psutil.Process(psutil.Process(connection.info.backend_pid).ppid())
        living = sum(_nanoseconds(one.pid) for one in (top, *top.children(recursive=True)))
    return living / 1e9 + float(sum(top.cpu_times()[2:4]))


def _nanoseconds(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text("utf-8").split()[0])
    except FileNotFoundError:  # it ended meanwhile
        return 0


def flush_milliseconds(times: int = 200) -> float:
    """Median of 8 kB made durable in a file that has its size already, as a flush of the log."""
    took = []
    with tempfile.TemporaryFile() as file:
        file.write(bytes(8192 * times))
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        for _ in range(times):
            start = time.perf_counter()
            file.write(os.urandom(8192))
            file.flush()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - start)
    return 1000 * statistics.median(took)


def small_picture() -> bytes:
    """As little to decode as there is."""
    buffer = io.BytesIO()
    Image.new("L", (100, 60), 250).save(buffer, "PNG")
    return buffer.getvalue()


async def fill(url: str, engine: str, pages: int) -> None:
    """Accept so many operations of one page each, 64 at a time; for the real engine those that were recorded."""
    dice = random.Random(1)
    pictures = [small_picture()] * pages if engine == "fixed" else [page(dice) for _ in range(pages + 2)][2:]
    with tempfile.TemporaryDirectory() as folder:
        store = PostgresStore(url, folder=Path(folder))
        await store.open()
        left = iter(pictures)

        async def caller() -> None:
            for picture in left:
                await store.accept(NewOperation("v3.2", "read", TextOptions().packed(), (1,), picture, owner="bench"))

        try:
            await asyncio.gather(*(caller() for _ in range(64)))
        finally:
            await store.close()


@contextmanager
def workers(url: str, engine: str, count: int) -> Iterator[list[psutil.Process]]:
    """Worker processes, warm and waiting."""
    with tempfile.TemporaryDirectory() as folder:
        running = []
        for number in range(count):
            settings = {
                "READSTONE_DATABASE": url,
                "READSTONE_DATA_DIR": f"{folder}/{number}",
                "READSTONE_PORT": "0",
                "READSTONE_WORKERS": "1",
            }
            running.append(
                subprocess.Popen(
                    [sys.executable, str(HERE / "scale_worker.py"), engine],
                    env={**os.environ, **settings},
                    stdout=subprocess.DEVNULL,
                )
            )
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                _until(lambda: _registered(connection, running) >= count, 180, "the workers do not start")
            yield [psutil.Process(one.pid) for one in running]
        finally:
            for one in running:
                one.terminate()
            for one in running:
                one.wait(60)


def _registered(connection: psycopg.Connection[Any], running: list[subprocess.Popen[bytes]]) -> int:
    if any(one.poll() is not None for one in running):
        raise RuntimeError("a worker ended")
    row = connection.execute("SELECT count(*) FROM readstone.procrastinate_workers").fetchone()
    return int(row[0]) if row else 0


def _until(true: Any, seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise RuntimeError(otherwise)
        time.sleep(0.05)


def used(processes: list[psutil.Process]) -> float:
    """Processor seconds of the workers and their decoders, threads and all."""
    every = [each for one in processes for each in (one, *one.children(recursive=True))]
    return float(sum(sum(each.cpu_times()[:2]) for each in every))


def measure(server: PostgresServer, engine: str, processes: int, pages: int) -> Row:
    """One run: the workers wait, the pages come; once all are accepted, working off 97 % of the rest is timed."""
    database = f"bench_{time.time_ns()}"
    server.execute(f"CREATE DATABASE {database} TEMPLATE template0")
    url = server.url(database)
    asyncio.run(fill(url, "fixed", 0))  # makes the tables
    with workers(url, engine, processes) as running:
        began = statements(server, database)
        asyncio.run(fill(url, engine, pages))
        accepting = between(began, statements(server, database))
        with psycopg.connect(url, autocommit=True) as connection:

            def done() -> int:
                row = connection.execute("SELECT count(*) FROM readstone.operation WHERE ended IS NOT NULL").fetchone()
                return int(row[0]) if row else 0

            start, before = done(), statements(server, database)
            busy, database_busy, since = used(running), server_seconds(server), time.perf_counter()
            _until(lambda: time.sleep(0.2) or done() >= pages * 0.97, 1800, "pages are not worked off")
            seconds, end = time.perf_counter() - since, done()
            spent, database_spent = used(running) - busy, server_seconds(server) - database_busy
            by_kind = between(before, statements(server, database))
            state = connection.execute("SELECT count(*) FROM readstone.operation WHERE state = 'failed'").fetchone()
    server.execute(f"DROP DATABASE {database} WITH (FORCE)")
    if state and state[0]:
        raise RuntimeError(f"{state[0]} operations failed")
    count = end - start
    queue = {kind: values for kind, values in by_kind.items() if kind not in ("other", "accept")}
    return {
        "engine": engine,
        "processes": processes,
        "accepted": pages,
        "pages": count,
        "seconds": round(seconds, 2),
        "pages_per_second": count / seconds,
        "worker_cpu_ms": 1000 * spent / count,
        "exec_ms": sum(ms for _, ms in queue.values()) / count,
        "queries": sum(calls for calls, _ in queue.values()) / count,
        "server_ms": 1000 * database_spent / count,
        "statements": {
            kind: {"calls_a_page": calls / count, "ms": ms / calls} for kind, (calls, ms) in sorted(queue.items())
        },
        "accept": {"documents": pages, **_accept(accepting, pages)},
        "load_average": round(os.getloadavg()[0], 1),
    }


def _accept(accepting: dict[str, tuple[int, float]], pages: int) -> dict[str, float]:
    calls, milliseconds = accepting.get("accept", (0, 0.0))
    return {"calls": calls, "ms_a_document": milliseconds / max(1, pages)}


def medians(rows: list[Row]) -> list[Row]:
    """One row for each engine and number of processes: the run with the median of pages a second."""
    groups: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["engine"], row["processes"]), []).append(row)
    chosen = []
    for group in groups.values():
        middle = statistics.median_low(row["pages_per_second"] for row in group)
        chosen.append({**next(r for r in group if r["pages_per_second"] == middle), "rounds": len(group)})
    return chosen


def show(rows: list[Row]) -> None:
    figures = ("pages_per_second", "worker_cpu_ms", "exec_ms", "server_ms", "queries", "load_average")
    print(f"{'engine':>8}{'processes':>11}" + "".join(f"{name:>18}" for name in figures))
    for row in rows:
        print(
            f"{row['engine']:>8}{row['processes']:>11}" + "".join(f"{row[name]:>18.2f}" for name in figures), flush=True
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("fixed", "real"), default="fixed")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--pages", type=int, help="operations of a run; default 1500, of the real engine 80")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--out", type=Path, default=HERE.parent / "build/scale.json")
    chosen = parser.parse_args()
    pages = chosen.pages or (1500 if chosen.engine == "fixed" else 80)
    rows, flush = [], flush_milliseconds()
    with postgres() as server:
        for _ in range(chosen.rounds):
            for processes in chosen.processes:
                rows.append(measure(server, chosen.engine, processes, pages))
                show(rows[-1:])
    table = medians(rows)
    print(f"\nmedians of {chosen.rounds} rounds, {os.cpu_count()} cores")
    show(table)
    for kind, figures in table[min(1, len(table) - 1)]["statements"].items():
        print(f"  {kind:12} {figures['calls_a_page']:.2f} calls a page, {figures['ms']:.2f} ms each")
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(
        json.dumps({"cores": os.cpu_count(), "flush_ms": flush, "runs": table}, indent=1) + "\n", "utf-8"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
