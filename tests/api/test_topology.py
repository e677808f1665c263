"""Two API processes and three workers over one PostgreSQL, each as on a machine of its own: as good as one process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests

from chaos.numbered import document, said
from echo_processes import SlowEchoReader
from object_stores import BUCKET, s3_server
from postgres import PostgresServer, fresh_database
from serving import KEY, server_in_thread
from topology import ECHO, Topology, balancer, topology

KEYED = {"Ocp-Apim-Subscription-Key": KEY}
BYTES = {**KEYED, "Content-Type": "application/octet-stream"}
SIZES = (0, 0, 0, 300_000, 3_000_000)
"""Documents of a few hundred bytes, and padded ones: on both sides of what is kept in a file anywhere."""


@pytest.fixture(scope="module")
def spread(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Topology]:
    """Documents lie in an object store; nobody shares a folder."""
    with s3_server(tmp_path_factory.mktemp("s3")) as objects:
        store = {"READSTONE_DATABASE": fresh_database(), "READSTONE_INPUTS": f"s3://{BUCKET}/inputs"}
        with topology(tmp_path_factory.mktemp("spread"), store | objects.environ) as made:
            yield made


def submit(url: str, data: bytes, session: requests.Session | None = None) -> str:
    answer = (session or requests).post(f"{url}/vision/v3.2/read/analyze", data=data, headers=BYTES, timeout=60)
    assert answer.status_code == 202, f"{answer.status_code} {answer.text}"
    return answer.headers["Operation-Location"].rpartition("/")[2]


def poll(url: str, operation_id: str, session: requests.Session | None = None) -> dict[str, Any]:
    where = f"{url}/vision/v3.2/read/analyzeResults/{operation_id}"
    answer = (session or requests).get(where, headers=KEYED, timeout=60)
    assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
    body: dict[str, Any] = answer.json()
    return body


def result(url: str, operation_id: str, seconds: float = 60) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while (body := poll(url, operation_id))["status"] in ("notStarted", "running"):
        assert time.monotonic() < deadline, body
        time.sleep(0.05)
    return body


def documents(how_many: int, first: int) -> dict[int, tuple[list[int], bytes]]:
    """Numbers that nobody else uses, and the documents that say them."""
    made = {}
    for number in range(how_many):
        numbers = list(range(first + 10 * number, first + 10 * number + 1 + number % 6))
        made[number] = numbers, document(numbers, SIZES[number % len(SIZES)])
    return made


def test_results_are_those_of_a_single_process(spread: Topology, tmp_path: Path) -> None:
    here, there = (member.url for member in spread.apis)
    sent = documents(30, 1_000_000)
    with server_in_thread(tmp_path, SlowEchoReader) as single:
        spread_ids = {n: submit((here, there)[n % 2], data) for n, (_, data) in sent.items()}
        single_ids = {n: submit(single.url, data) for n, (_, data) in sent.items()}
        for n, (numbers, _) in sent.items():
            body = result((there, here)[n % 2], spread_ids[n])  # asked where it was not submitted
            assert body["status"] == "succeeded"
            assert said(body) == numbers
            assert body["analyzeResult"] == result(single.url, single_ids[n])["analyzeResult"]
            assert poll((here, there)[n % 2], spread_ids[n]) == body


def test_each_worker_has_its_share(spread: Topology) -> None:
    ids = [submit(spread.apis[0].url, document([n, n + 1, n + 2])) for n in range(2_000_000, 2_000_090, 3)]
    for operation_id in ids:
        assert result(spread.apis[1].url, operation_id)["status"] == "succeeded"
    pages = []
    for member in spread.workers:
        figures = requests.get(f"{member.url}/metrics", timeout=30).text
        lines = [line for line in figures.splitlines() if line.startswith('readstone_pages_total{kind="read"}')]
        pages.append(sum(float(line.split()[-1]) for line in lines))
    assert all(pages), pages


def test_a_token_of_one_process_is_good_at_the_other(spread: Topology) -> None:
    here, there = (member.url for member in spread.apis)
    token = requests.post(f"{here}/sts/v1.0/issueToken", headers=KEYED, timeout=30).text
    bearer = {"Authorization": f"Bearer {token}"}
    where = f"{there}/vision/v3.2/read/analyzeResults/00000000-0000-0000-0000-000000000000"
    assert requests.get(where, headers=bearer, timeout=30).status_code == 404  # let in, and there is no such operation
    assert requests.get(where, headers={"Authorization": f"Bearer {token}x"}, timeout=30).status_code == 401


def test_a_worker_that_is_stopped_under_load_loses_nothing(spread: Topology) -> None:
    """Its pages take longer than it is given, so they go back, and others read them long before a lease would lapse."""
    hasty = spread.start("worker", ECHO_SECONDS="4", ECHO_GRACE="0.2").wait_until_ready()
    sent = documents(40, 3_000_000)
    ids = {n: submit(spread.apis[n % 2].url, data) for n, (_, data) in sent.items()}
    time.sleep(0.3)
    started = time.monotonic()
    hasty.terminate()
    assert hasty.ended() == 0
    assert time.monotonic() - started < 30
    for n, (numbers, _) in sent.items():
        assert said(result(spread.apis[n % 2].url, ids[n], 45)) == numbers
    assert time.monotonic() - started < 50  # a lease is 60 s


def test_a_worker_whose_store_is_away_is_not_ready(tmp_path: Path) -> None:
    made = Topology(tmp_path, {"READSTONE_DATABASE": "postgresql://postgres@127.0.0.1:9/nobody"})
    try:
        worker = made.start("worker")
        time.sleep(1)
        assert requests.get(f"{worker.url}/ready", timeout=30).status_code == 503
        assert requests.get(f"{worker.url}/ContainerLiveness", timeout=30).status_code == 200
        assert worker.process.poll() is None  # it waits some time: a database may start after its workers
        worker.terminate()
        assert worker.ended() == 0
    finally:
        made.close()


def test_a_database_that_says_nothing_holds_up_neither_probes_nor_the_end(tmp_path: Path) -> None:
    """Paused, as behind a network that swallows everything: no connection breaks, and nothing ever answers."""
    database = PostgresServer(durable=False)
    made = Topology(tmp_path, {"READSTONE_DATABASE": database.url()})
    try:
        database.start()
        worker = made.start("worker").wait_until_ready()
        database.pause()
        deadline = time.monotonic() + 15
        while worker.ready():
            assert time.monotonic() < deadline
        started = time.monotonic()
        assert requests.get(f"{worker.url}/ready", timeout=30).status_code == 503
        assert requests.get(f"{worker.url}/ContainerLiveness", timeout=30).status_code == 200
        assert time.monotonic() - started < 5
        database.resume()
        worker.wait_until_ready()
        database.pause()
        worker.terminate()
        assert worker.ended(30) == 0
    finally:
        database.resume()
        made.close()
        database.remove()


def test_a_server_that_leaves_says_so_before_it_closes_the_port(tmp_path: Path) -> None:
    made = Topology(tmp_path, {})
    try:
        api = made.start("serve", READSTONE_DRAIN_SECONDS="2").wait_until_ready()
        where = f"{api.url}/vision/v3.2/read/analyzeResults/00000000-0000-0000-0000-000000000000"
        with requests.Session() as session:
            assert "Connection" not in session.get(where, headers=KEYED, timeout=30).headers
            api.terminate()
            time.sleep(0.5)
            answer = session.get(where, headers=KEYED, timeout=30)
            assert (answer.status_code, answer.headers["Connection"]) == (404, "close")
            assert session.get(f"{api.url}/ready", timeout=30).status_code == 503
            assert session.get(f"{api.url}/ContainerLiveness", timeout=30).status_code == 200
        assert api.ended(30) == -15
    finally:
        made.close()


# --- a new release, process by process ----------------------------------------------------------------


@dataclass
class Client:
    """Submits and polls without pause through a balancer, and notes everything that is not as it should be."""

    url: str
    first: int
    stop: threading.Event = field(default_factory=threading.Event)
    accepted: dict[str, list[int]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    requests: int = 0

    def run(self) -> None:
        session = requests.Session()
        for number in count(self.first, 5):
            if self.stop.is_set():
                return
            numbers = list(range(number, number + 1 + number % 3))
            try:
                self.accepted[submit(self.url, document(numbers, 300_000 if number % 7 == 0 else 0), session)] = numbers
                for operation_id in list(self.accepted)[-3:]:
                    poll(self.url, operation_id, session)
                self.requests += 4
            except (AssertionError, requests.RequestException) as fault:
                self.failed.append(repr(fault))
            time.sleep(0.05)


def test_a_new_release_is_brought_in_without_a_failed_request(tmp_path: Path) -> None:
    """The new release's schema has one step more. Old and new processes work side by side meanwhile."""
    store = {"READSTONE_DATABASE": fresh_database(), "READSTONE_DRAIN_SECONDS": "0.5", "READSTONE_WORKERS": "1"}
    with topology(tmp_path, store, ECHO, apis=2, workers=2) as made, balancer(made) as balanced:
        old = made.apis + made.workers
        clients = [Client(balanced.url, first) for first in (4_000_000, 5_000_000, 6_000_000)]
        threads = [threading.Thread(target=client.run) for client in clients]
        for thread in threads:
            thread.start()
        try:
            for pair in (old[:1] + old[2:3], old[1:2] + old[3:]):  # a server and a worker at a time
                for new in [made.start(member.kind, ECHO_RELEASE="next") for member in pair]:
                    new.wait_until_ready()
                time.sleep(0.3)
                for member in pair:
                    member.terminate()
                assert [member.ended(40) for member in pair] == [-15, 0]  # uvicorn ends by the signal it got
        finally:
            for client in clients:
                client.stop.set()
            for thread in threads:
                thread.join()
        assert [fault for client in clients for fault in client.failed] == []
        accepted = {i: numbers for client in clients for i, numbers in client.accepted.items()}
        assert len(accepted) > 20
        for operation_id, numbers in accepted.items():
            assert said(result(balanced.url, operation_id)) == numbers
        # One that is still of the old release does not start any more, and says why in one line.
        late = made.start("worker")
        assert late.ended() == 1
        assert "newer Readstone" in late.log.read_text()
        assert len({passed.member for passed in balanced.passed}) == 4
