"""What each call of the PostgreSQL store costs the database: `python bench/statement_costs.py --out FILE.json`.

Processor time of all of PostgreSQL's processes divided by calls, so a busy machine matters little; one caller, one
call after another, unless said otherwise. Everything is measured four times: on an empty database; as if 1,000
processes were registered and had served pages; with 100,000 pages waiting; and with 150 processes listening for news.
The simulation of docs/scaling.md takes its times from here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from procrastinate.manager import get_channel_for_queues
from psycopg import AsyncConnection, sql

from readstone.operations.operation import NewOperation, PageClaim
from readstone.operations.postgres.store import PostgresStore
from scale import PostgresServer, flush_milliseconds, postgres, server_seconds

INPUT, RESULT = os.urandom(250_000), os.urandom(8_000)
"""A page's image as clients send it, and a page of text as it is kept; neither can be compressed."""

Figures = dict[str, float]
Call = Callable[[], Awaitable[object]]


def new(owner: str = "bench", size: int = len(INPUT)) -> NewOperation:
    return NewOperation("v3.2", "read", b"{}", (1,), INPUT[:size], owner=owner)


async def cost(server: PostgresServer, call: Call, times: int, callers: int = 1) -> float:
    """Milliseconds of the server's processors a call: the median of five parts of `times` calls."""
    parts = []
    for _ in range(5):
        left, before = iter(range(times // 5)), server_seconds(server)

        async def caller(left: Iterator[int] = left) -> None:
            for _ in left:
                await call()

        await asyncio.gather(*(caller() for _ in range(callers)))
        parts.append(1000 * (server_seconds(server) - before) / (times // 5))
    return statistics.median(parts)


async def written(server: PostgresServer, call: Call, times: int) -> float:
    """Bytes of the write-ahead log a call."""
    before = server.execute("SELECT pg_current_wal_insert_lsn()")[0][0]
    for _ in range(times):
        await call()
    return float(str(server.execute(f"SELECT pg_current_wal_insert_lsn() - '{before}'::pg_lsn")[0][0])) / times


async def figures(server: PostgresServer, store: PostgresStore, times: int) -> Figures:
    """Each call's cost, once all is warm."""
    for _ in range(20):
        await store.accept(new())
    table: Figures = {}
    known = (await store.accept(new())).id
    table["accept, 1 caller"] = await cost(server, lambda: store.accept(new()), times)
    table["accept, 64 callers"] = await cost(server, lambda: store.accept(new()), 4 * times, 64)
    table["accept 2 kB, 64 callers"] = await cost(server, lambda: store.accept(new(size=2000)), 4 * times, 64)
    claims: list[PageClaim] = []

    async def claim() -> None:
        taken = await store.claim(60)
        assert taken
        claims.append(taken)

    table["claim"] = await cost(server, claim, times)
    held = iter(claims * 2)
    table["renew"] = await cost(server, lambda: store.renew(next(held), 60), times)
    inputs = iter(claims * 2)
    table["input"] = await cost(server, lambda: store.input(next(inputs).operation.id), times)
    table["find"] = await cost(server, lambda: store.find(known), times)
    done = iter(claims)
    table["complete"] = await cost(server, lambda: store.complete(next(done), RESULT), times)
    ended = iter(claims * 2)
    table["page_bodies"] = await cost(server, lambda: store.page_bodies(next(ended).operation.id), times)
    return table


async def empty_claims(server: PostgresServer, store: PostgresStore, times: int) -> Figures:
    """The look of an idle worker."""
    assert await store.claim(60) is None
    return {"empty claim": await cost(server, lambda: store.claim(60), times)}


def many_processes(server: PostgresServer, database: str, count: int) -> None:
    """Rows as so many processes leave them that serve pages over four connections each, none of them dead."""
    server.execute(f"SET search_path = readstone; SELECT arrive() FROM generate_series(1, {count})", database)
    for _ in range(4):
        server.execute(
            "SET search_path = readstone; "
            "UPDATE procrastinate_workers SET last_heartbeat = now() + interval '1 hour'; "
            "SELECT count_waiting('bench', id, 0), count_operations(id, 0, 0, 0) FROM procrastinate_workers",
            database,
        )


async def deep_queue(store: PostgresStore, pages: int) -> None:
    """So many pages that wait, by twenty owners."""
    left = iter(range(pages // 500))

    async def caller() -> None:
        for number in left:
            document = NewOperation("v3.2", "read", b"{}", tuple(range(1, 501)), b"x", owner=f"owner {number % 20}")
            await store.accept(document)

    await asyncio.gather(*(caller() for _ in range(8)))


async def listeners(url: str, count: int) -> list[AsyncConnection[tuple[object, ...]]]:
    """Connections that hear of new pages, as every process has one."""
    open_ones = []
    for _ in range(count):
        connection = await AsyncConnection.connect(url, autocommit=True)
        for channel in get_channel_for_queues(["readstone"]):
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        open_ones.append(connection)
    return open_ones


async def measure(server: PostgresServer, folder: Path, times: int) -> dict[str, Figures]:
    """All four tables."""
    table: dict[str, Figures] = {}
    for state in ("empty", "1,000 processes", "100,000 waiting", "150 listening"):
        database = f"costs_{len(table)}"
        server.execute(f"CREATE DATABASE {database} TEMPLATE template0")
        store = PostgresStore(server.url(database), folder=folder / database)
        await store.open()
        heard = []
        try:
            if state == "1,000 processes":
                many_processes(server, database, 1000)
            if state == "100,000 waiting":
                await deep_queue(store, 100_000)
            else:
                table[state] = await empty_claims(server, store, times)
            if state == "150 listening":
                heard = await listeners(server.url(database), 150)
            server.execute("VACUUM ANALYZE", database)
            table[state] = {**table.get(state, {}), **await figures(server, store, times)}
            if state == "empty":
                table["bytes"] = await volumes(server, store, database, times)
                print(table["bytes"], flush=True)
        finally:
            for connection in heard:
                await connection.close()
            await store.close()
        print(state, json.dumps({name: round(ms, 3) for name, ms in table[state].items()}), flush=True)
        server.execute(f"DROP DATABASE {database} WITH (FORCE)")
    return table


async def volumes(server: PostgresServer, store: PostgresStore, database: str, times: int) -> Figures:
    """Bytes: of the log for each call, and on the disk for a finished operation with its result."""
    claims: list[PageClaim] = []

    async def claim() -> None:
        taken = await store.claim(60)
        assert taken
        claims.append(taken)

    before = _on_disk(server, database)
    table = {
        "log: accept 250 kB": await written(server, lambda: store.accept(new()), times),
        "log: accept 2 kB": await written(server, lambda: store.accept(new(size=2000)), times),
    }
    while True:
        taken = await store.claim(60)
        if taken is None:
            break
        await store.complete(taken, RESULT)
    for _ in range(times):
        await store.accept(new(size=2000))
    table["log: claim"] = await written(server, claim, times)
    held = iter(claims)
    table["log: complete 8 kB"] = await written(server, lambda: store.complete(next(held), RESULT), times)
    server.execute("VACUUM", database)
    table["disk: finished operation"] = (_on_disk(server, database) - before) / (3 * times)
    return table


def _on_disk(server: PostgresServer, database: str) -> float:
    query = (
        "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'readstone' AND c.relkind = 'r' AND c.relname <> 'input'"
    )
    return float(str(server.execute(query, database)[0][0]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=400, help="calls of each kind")
    parser.add_argument("--out", type=Path, default=Path("bench/simulation/statement_costs.json"))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, postgres("max_connections=400") as server:
        flush = flush_milliseconds()
        table = asyncio.run(measure(server, Path(folder), chosen.times))
    rounded = {state: {name: round(ms, 4) for name, ms in row.items()} for state, row in table.items()}
    chosen.out.write_text(json.dumps({"milliseconds": rounded, "flush_ms": round(flush, 3)}, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
