"""One limit over many processes, exact to 1 % (T14), and what becomes of it when the database goes away."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from pictures import drawn, encoded
from postgres import PostgresServer, fresh_database
from readers import FixedReader
from readstone.access.postgres_rate import SharedLimiter
from readstone.access.rate import parse_rates
from readstone.access.usage import FLUSH_SECONDS
from readstone.operations.postgres.connection import Connections
from serving import KEY, RunningServer, server_in_thread, server_process
from viewers import FixedViewer

CHILD = Path(__file__).parents[1] / "limiter_child.py"
PNG = encoded(drawn(size=(120, 80)))
PROCESSES = 8
KEYED = {"Ocp-Apim-Subscription-Key": KEY}


def processes_at_once(url: str, rates: str, seconds: float) -> list[dict[str, Any]]:
    """What each of the processes says."""
    command = [sys.executable, CHILD, url, rates, str(seconds)]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)
    ]
    try:
        for child in children:
            assert child.stdout
            assert child.stdout.readline() == "ready\n"
        start = f"{time.time() + 0.3}\n"
        for child in children:
            assert child.stdin
            child.stdin.write(start)
            child.stdin.flush()
        return [json.loads(child.communicate(timeout=60)[0]) for child in children]
    finally:
        for child in children:
            child.kill()
            child.communicate()


def test_8_processes_share_one_limit() -> None:
    """5.7 s of 100 a second are six windows: 100 calls each, whoever makes them and however many ask."""
    said = processes_at_once(fresh_database(migrated=True), "100/s", 5.7)
    let_in = sorted(moment for one in said for moment in one["let_in"])
    assert 0.99 * 600 <= len(let_in) <= 600
    assert sum(one["asked"] for one in said) > 2 * len(let_in)
    assert max(one["longest_wait"] for one in said) <= 1.0
    # 101 calls never came within a second; what is measured here includes the way back from the database.
    assert min(later - first for first, later in zip(let_in, let_in[100:], strict=False)) > 0.8


def test_a_burst_on_8_processes() -> None:
    said = processes_at_once(fresh_database(migrated=True), "1000/min,5000/h", 2.5)
    assert sum(len(one["let_in"]) for one in said) == 1000
    assert all(one["let_in"] for one in said)


@pytest.fixture
def two_servers(tmp_path: Path) -> Iterator[tuple[RunningServer, RunningServer]]:
    database = fresh_database()
    settings = {"database": database, "rate": "10/h", "workers": 1}
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    with (
        server_in_thread(tmp_path / "one", FixedReader, FixedViewer, **settings) as one,
        server_in_thread(tmp_path / "other", FixedReader, FixedViewer, **settings) as other,
    ):
        yield one, other


def test_two_servers_share_limits_and_usage(two_servers: tuple[RunningServer, RunningServer]) -> None:
    statuses = [
        requests.get(f"{two_servers[n % 2].url}/vision/v3.2/models", headers=KEYED, timeout=30).status_code
        for n in range(14)
    ]
    assert statuses == [200] * 10 + [429] * 4
    deadline = time.monotonic() + 15
    while True:  # what the other has counted comes within a few seconds
        answer = requests.get(f"{two_servers[0].url}/readstone/usage", headers=KEYED, timeout=30)
        (row,) = answer.json()["usage"]
        if row["calls"] == 14 or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    assert (row["calls"], row["refused"], row["version"], row["operation"]) == (14, 4, "v3.2", "ListModels")


def test_while_the_database_is_away_each_process_keeps_the_limit(caplog: pytest.LogCaptureFixture) -> None:
    from readstone.operations.postgres.schema import migrate

    caplog.set_level(logging.INFO, "readstone.access")
    server = PostgresServer(durable=False)
    server.start()
    rates = parse_rates("3/min")

    async def main() -> None:
        await migrate(server.url())
        connections = Connections(server.url(), 2)
        await connections.open()
        limiter = SharedLimiter(connections)
        assert [await limiter.admit("a", rates) == 0 for _ in range(4)] == [True, True, True, False]
        for stop, go_on in ((server.kill, server.start), (server.pause, server.resume)):
            stop()
            started = time.monotonic()
            let_in = [await limiter.admit("b", rates) == 0 for _ in range(20)]
            assert sum(let_in) <= 3
            assert time.monotonic() - started < 3  # nobody waits long, and only the first waits at all
            go_on()
            deadline = time.monotonic() + 30
            while await limiter.admit("a", rates) == 0 or limiter.away:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.1)
        await connections.close()

    try:
        asyncio.run(main())
    finally:
        server.remove()
    said = [record.getMessage().partition(":")[0] for record in caplog.records if record.name == "readstone.access"]
    assert said == ["rate limits are kept by each process for itself", "rate limits are shared again"] * 2


def test_synchronous_calls_go_on_without_the_database(tmp_path: Path) -> None:
    server = PostgresServer(durable=False)
    server.start()
    try:
        settings = {"database": server.url(), "rate": "5/min", "workers": 1}
        with server_in_thread(tmp_path, FixedReader, FixedViewer, **settings) as running:

            def call(path: str) -> requests.Response:
                headers = {**KEYED, "Content-Type": "application/octet-stream"}
                return requests.post(f"{running.url}/vision/v3.2/{path}", PNG, headers=headers, timeout=30)

            assert call("ocr").status_code == 200
            server.kill()
            submit = call("read/analyze")
            assert submit.status_code == 503
            assert int(submit.headers["Retry-After"]) >= 1
            started = time.monotonic()
            assert [call("ocr").status_code for _ in range(6)] == [200] * 4 + [429] * 2  # this process's own count
            assert time.monotonic() - started < 5
            server.start()
    finally:
        server.remove()


def test_what_was_counted_survives_a_kill(tmp_path: Path) -> None:
    """All but the last five seconds of it."""
    with server_process(tmp_path) as running:
        assert running.process
        models = f"{running.url}/vision/v3.2/models"
        assert [requests.get(models, headers=KEYED, timeout=30).status_code for _ in range(3)] == [200] * 3
        time.sleep(FLUSH_SECONDS + 1)
        running.process.kill()
        running.process.wait()
    command = [sys.executable, "-m", "readstone", "usage", "--csv", "--data-dir", str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert said.splitlines()[1].endswith(",v3.2,ListModels,3,0,0")
