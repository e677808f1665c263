"""kill -9 of the server under a stream of submits: 0 lost, 0 published twice, 0 mixed, no 404 on a live id (T8, T10).

ROUNDS kills (30 by default, 300 in a release).
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from chaos.numbered import document, said
from readstone.intake.spool import MEMORY_BYTES
from serving import KEY

RELEASE = os.environ.get("READSTONE_TEST_SIZE") == "release"
ROUNDS = int(os.environ.get("ROUNDS", "300" if RELEASE else "30"))
HEADERS = {"Ocp-Apim-Subscription-Key": KEY}
BYTES = {**HEADERS, "Content-Type": "application/octet-stream"}
POISON = 666
SPOOLED = MEMORY_BYTES + 1_500_000
"""So large a body is written to a file while it arrives."""


@dataclass
class Server:
    """A server that is started again whenever it is gone."""

    data_dir: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/vision/v3.2/read"

    def ensure(self) -> None:
        if self.process and self.process.poll() is None:
            return
        if self.process:
            self.deaths += 1
        script = Path(__file__).with_name("echo_server.py")
        with (self.data_dir / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(script), str(self.data_dir), str(self.port)], stdout=log, stderr=log
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                requests.get(f"http://127.0.0.1:{self.port}/ready", timeout=5)
            except requests.ConnectionError:
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Server(tmp_path, port)
    server.ensure()
    yield server
    if server.process:
        server.process.kill()
        server.process.wait()


@dataclass
class Submitter:
    """Submits documents of numbers nobody else uses until it is told to stop."""

    server: Server
    first: int
    stop: threading.Event = field(default_factory=threading.Event)
    accepted: dict[str, list[int]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def run(self) -> None:
        dice = random.Random(self.first)
        number = self.first
        session = requests.Session()
        while not self.stop.is_set():
            numbers = list(range(number, number + dice.choice((1, 1, 1, 3))))
            number += len(numbers)
            data = document(numbers, SPOOLED if dice.random() < 0.1 else 0)
            try:
                answer = session.post(f"{self.server.url}/analyze", data=data, headers=BYTES, timeout=20)
            except requests.RequestException:
                time.sleep(0.02)  # it is dead just now; whether it was accepted nobody was told
                continue
            if answer.status_code == 202:
                self.accepted[answer.headers["Operation-Location"].rpartition("/")[2]] = numbers
            else:
                self.refused.append(f"{answer.status_code} {answer.text[:200]}")
            time.sleep(dice.random() * 0.03)


def poll(server: Server, operation_id: str) -> dict[str, object]:
    answer = requests.get(f"{server.url}/analyzeResults/{operation_id}", headers=HEADERS, timeout=20)
    assert answer.status_code == 200, f"{operation_id}: {answer.status_code} {answer.text}"
    body: dict[str, object] = answer.json()
    return body


def ended(server: Server, operation_id: str, seconds: float) -> dict[str, object]:
    deadline = time.monotonic() + seconds
    while True:
        body = poll(server, operation_id)
        if body["status"] in ("succeeded", "failed"):
            return body
        assert time.monotonic() < deadline, f"{operation_id} is still {body['status']}"
        time.sleep(0.1)


def all_ended(server: Server, operation_ids: Iterable[str], seconds: float) -> Iterator[tuple[str, dict[str, object]]]:
    """Each operation's id and last body as it ends; for `seconds` at most none does. A slow machine may take long."""
    waiting = list(operation_ids)
    deadline = time.monotonic() + seconds
    while waiting:
        bodies = [(operation_id, poll(server, operation_id)) for operation_id in waiting[:20]]
        ended = {operation_id for operation_id, body in bodies if body["status"] in ("succeeded", "failed")}
        yield from ((operation_id, body) for operation_id, body in bodies if operation_id in ended)
        waiting = [operation_id for operation_id in waiting if operation_id not in ended]
        if ended:
            deadline = time.monotonic() + seconds
        assert time.monotonic() < deadline, f"nothing ends any more; {len(waiting)} wait"
        time.sleep(0 if ended else 0.1)


def test_nothing_accepted_is_lost_by_kills(server: Server) -> None:
    dice = random.Random(8)
    submitters = [Submitter(server, 1_000_000 * n) for n in range(1, 4)]
    threads = [threading.Thread(target=s.run) for s in submitters]
    for thread in threads:
        thread.start()
    published: dict[str, dict[str, object]] = {}
    try:
        for _ in range(ROUNDS):
            time.sleep(dice.random() * 0.5)
            server.kill()
            server.ensure()
            for submitter in submitters:
                for operation_id in list(submitter.accepted)[-5:]:
                    body = poll(server, operation_id)  # never 404, however young or old
                    if body["status"] == "succeeded":
                        assert published.setdefault(operation_id, body) == body  # published once, for good
    finally:
        for submitter in submitters:
            submitter.stop.set()
        for thread in threads:
            thread.join()
    accepted = {i: numbers for s in submitters for i, numbers in s.accepted.items()}
    assert len(accepted) > 2 * ROUNDS
    assert [r for s in submitters for r in s.refused] == []
    assert server.deaths == ROUNDS
    for operation_id, body in all_ended(server, accepted, 120):
        assert body["status"] == "succeeded", operation_id
        assert said(body) == accepted[operation_id]  # all pages, in order, nobody else's
        assert published.get(operation_id, body) == body
    assert list((server.data_dir / "operations" / "spool").iterdir()) == []


def test_a_document_that_kills_its_worker_fails_after_three_tries(server: Server) -> None:
    def submit(numbers: list[int]) -> str:
        answer = requests.post(f"{server.url}/analyze", data=document(numbers), headers=BYTES, timeout=20)
        assert answer.status_code == 202
        return answer.headers["Operation-Location"].rpartition("/")[2]

    neighbours = {submit([n]): [n] for n in (1, 2)}
    poisoned = submit([10, POISON, 11])
    deadline = time.monotonic() + 90
    while True:
        server.ensure()
        try:
            body = poll(server, poisoned)
        except requests.RequestException:
            continue
        if body["status"] == "failed":
            break
        assert time.monotonic() < deadline, body
        time.sleep(0.05)
    assert server.deaths == 3
    assert set(body) == {"status", "createdDateTime", "lastUpdatedDateTime"}
    server.ensure()
    after = submit([3])
    for operation_id, numbers in {**neighbours, after: [3]}.items():
        assert said(ended(server, operation_id, 60)) == numbers
