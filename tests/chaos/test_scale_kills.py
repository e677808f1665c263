"""Many machines under kill -9: servers, workers, PostgreSQL, all at once (T8), and a network cut in two.

make chaos DATABASE=postgres ROUNDS=n. 20 rounds under 1,000 accepted documents by default, in a release 200 under
20,000. 0 lost, 0 published twice, 0 mixed; all finished within two leases of the last recovery; while the database
is away documents are refused with 503 and Retry-After, and everything else is served.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from chaos.numbered import document, said
from pictures import drawn, encoded
from postgres import PostgresServer
from serving import KEY
from topology import ECHO, Member, Topology, topology

RELEASE = os.environ.get("READSTONE_TEST_SIZE") == "release"
ROUNDS = int(os.environ.get("ROUNDS", "200" if RELEASE else "20"))
ACCEPTED = 50 * ROUNDS if not RELEASE else 100 * ROUNDS
LEASE_SECONDS = 60.0  # of a runner that nobody told otherwise
HEADERS = {"Ocp-Apim-Subscription-Key": KEY}
BYTES = {**HEADERS, "Content-Type": "application/octet-stream"}
READ = "/vision/v3.2/read"

# What a client cannot see from outside: how often an operation ended.
AUDIT = """
SET search_path = readstone;
CREATE TABLE audit (id uuid, state text);
CREATE FUNCTION note_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit VALUES (NEW.id, NEW.state);
    RETURN NEW;
END $$;
CREATE TRIGGER note_end AFTER UPDATE OF state ON operation FOR EACH ROW
    WHEN (NEW.state IN ('succeeded', 'failed')) EXECUTE FUNCTION note_end()
"""


@dataclass
class House:
    """One PostgreSQL and the processes over it; whoever is killed is soon replaced."""

    server: PostgresServer
    processes: Topology
    starting: list[Member] = field(default_factory=list)
    served_without: int = 0  # servers seen to serve what needs no database while it was away

    def api(self) -> Member | None:
        """Any server that lives."""
        members = self.processes.apis
        return random.choice(members) if members else None

    def kill(self, member: Member) -> None:
        member.process.kill()
        member.process.wait()

    def replace(self, apis: int = 2, workers: int = 3) -> None:
        for kind, missing in (
            ("serve", apis - len(self.processes.apis)),
            ("worker", workers - len(self.processes.workers)),
        ):
            for _ in range(missing):
                self.starting.append(self.processes.start(kind))

    def settle(self) -> None:
        """Everybody is there and ready."""
        self.replace()
        for member in (*self.processes.apis, *self.processes.workers):
            member.wait_until_ready(120)

    def poll(self, operation_id: str) -> dict[str, object] | None:
        """The state of an accepted operation, None while nobody can tell."""
        member = self.api()
        try:
            assert member
            answer = requests.get(f"{member.url}{READ}/analyzeResults/{operation_id}", headers=HEADERS, timeout=20)
        except (AssertionError, requests.RequestException):
            return None
        if answer.status_code == 503:
            assert int(answer.headers["Retry-After"]) >= 1
            return None
        assert answer.status_code == 200, f"{operation_id}: {answer.status_code} {answer.text}"  # never 404
        body: dict[str, object] = answer.json()
        return body


@dataclass
class Submitter:
    """Submits documents of numbers nobody else uses, at any server that lives, until it is told to stop."""

    house: House
    first: int
    stop: threading.Event = field(default_factory=threading.Event)
    accepted: dict[str, list[int]] = field(default_factory=dict)
    put_off: int = 0
    wrong: list[str] = field(default_factory=list)

    def run(self) -> None:
        dice = random.Random(self.first)
        number = self.first
        while not self.stop.is_set():
            numbers = list(range(number, number + dice.choice((1, 1, 1, 3))))
            number += len(numbers)
            member = self.house.api()
            try:
                assert member
                answer = requests.post(f"{member.url}{READ}/analyze", data=document(numbers), headers=BYTES, timeout=30)
            except (AssertionError, requests.RequestException):
                time.sleep(0.05)  # it is dead just now; whether it was accepted nobody was told
                continue
            if answer.status_code == 202:
                self.accepted[answer.headers["Operation-Location"].rpartition("/")[2]] = numbers
                time.sleep(dice.random() * 0.05)
            elif answer.status_code == 503 and int(answer.headers.get("Retry-After", "0")) >= 1:
                self.put_off += 1
                time.sleep(0.2)
            else:
                self.wrong.append(f"{answer.status_code} {answer.text[:200]}")


@contextmanager
def house(folder: Path, *settings: str, **environ: str) -> Iterator[House]:
    server = PostgresServer(settings=settings)
    try:
        server.start()
        server.execute("CREATE DATABASE chaos")
        with topology(folder, {"READSTONE_DATABASE": server.url("chaos")}, **environ) as processes:
            server.execute(AUDIT, "chaos")
            yield House(server, processes)
    finally:
        server.remove()


@contextmanager
def submitting(house: House, count: int = 4) -> Iterator[list[Submitter]]:
    submitters = [Submitter(house, 500_000 * n) for n in range(1, count + 1)]
    threads = [threading.Thread(target=submitter.run) for submitter in submitters]
    for thread in threads:
        thread.start()
    try:
        yield submitters
    finally:
        for submitter in submitters:
            submitter.stop.set()
        for thread in threads:
            thread.join()


def accepted_by(submitters: Sequence[Submitter]) -> dict[str, list[int]]:
    return {i: numbers for submitter in submitters for i, numbers in list(submitter.accepted.items())}


def assert_all_are_done(
    house: House, submitters: Sequence[Submitter], seen: dict[str, dict[str, object]], seconds: float
) -> None:
    """Every accepted document is published, once, with its own pages, within `seconds` from now."""
    accepted = accepted_by(submitters)
    assert [wrong for submitter in submitters for wrong in submitter.wrong] == []
    deadline = time.monotonic() + seconds
    waiting = list(accepted)
    while waiting:
        left = []
        for operation_id in waiting:
            body = house.poll(operation_id)
            if body is None or body["status"] not in ("succeeded", "failed"):
                left.append(operation_id)
                continue
            assert body["status"] == "succeeded", operation_id
            assert said(body) == accepted[operation_id]  # all pages, in order, nobody else's
            assert seen.setdefault(operation_id, body) == body  # and never another answer
        assert time.monotonic() < deadline or not left, f"{len(left)} of {len(accepted)} are not done"
        waiting = left
        time.sleep(0.2 if left else 0)
    ends = house.server.execute(
        "SELECT state, count(*), count(DISTINCT id) FROM readstone.audit GROUP BY state", "chaos"
    )
    assert [(state, times == ids) for state, times, ids in ends] == [("succeeded", True)]
    assert house.server.execute("SELECT count(*) FROM readstone.procrastinate_jobs", "chaos") == [(0,)]


# --- kills -----------------------------------------------------------------------------------------------


def kill_a_worker(house: House, dice: random.Random) -> None:
    if workers := house.processes.workers:
        house.kill(dice.choice(workers))


def kill_a_server(house: House, dice: random.Random) -> None:
    if apis := house.processes.apis:
        house.kill(dice.choice(apis))


def kill_the_database(house: House, dice: random.Random) -> None:
    house.server.kill()
    time.sleep(dice.random())
    assert_only_documents_are_put_off(house)
    house.server.start()


def kill_all(house: House, _dice: random.Random) -> None:
    house.server.kill()
    for member in (*house.processes.apis, *house.processes.workers):
        house.kill(member)
    house.server.start()


KILLS: tuple[Callable[[House, random.Random], None], ...] = (
    kill_a_worker, kill_a_worker, kill_a_server, kill_the_database, kill_a_worker,
    kill_a_server, kill_the_database, kill_all,
)  # fmt: skip


def assert_only_documents_are_put_off(house: House) -> None:
    """Without its database a server goes on reading what is read at once."""
    ready = [member for member in house.processes.apis if member not in house.starting or member.ready()]
    for member in ready:
        refused = requests.post(f"{member.url}{READ}/analyze", data=document([7]), headers=BYTES, timeout=30)
        assert refused.status_code == 503, refused.text
        assert int(refused.headers["Retry-After"]) >= 1
        picture = encoded(drawn(size=(120, 80)))
        answer = requests.post(f"{member.url}/vision/v3.2/ocr", data=picture, headers=BYTES, timeout=30)
        assert answer.status_code == 200, answer.text
        assert requests.get(f"{member.url}/ContainerLiveness", timeout=10).status_code == 200
        house.served_without += 1


def test_nothing_accepted_is_lost_by_kills(tmp_path: Path) -> None:
    dice = random.Random(9)
    seen: dict[str, dict[str, object]] = {}
    with house(tmp_path) as made, submitting(made) as submitters:
        for number in range(ROUNDS):
            time.sleep(dice.random() * 0.5)
            KILLS[number % len(KILLS)](made, dice)
            made.replace()
            for submitter in submitters:
                for operation_id in list(submitter.accepted)[-3:]:
                    body = made.poll(operation_id)
                    if body and body["status"] == "succeeded":
                        assert seen.setdefault(operation_id, body) == body
        made.settle()
        while sum(len(submitter.accepted) for submitter in submitters) < ACCEPTED:
            assert [wrong for submitter in submitters for wrong in submitter.wrong] == []
            time.sleep(0.1)
        for submitter in submitters:
            submitter.stop.set()
        made.settle()
        assert_all_are_done(made, submitters, seen, 2 * LEASE_SECONDS)
        assert sum(submitter.put_off for submitter in submitters) > 0
        assert made.served_without > 0


def test_a_paused_database_hangs_nobody(tmp_path: Path) -> None:
    """Connections stay open and nothing answers: the worst a network does."""
    with house(tmp_path, apis=1, workers=1) as made, submitting(made, 1) as submitters:
        made.server.pause()
        try:
            begun = time.monotonic()
            member = made.processes.apis[0]
            refused = requests.post(f"{member.url}{READ}/analyze", data=document([7]), headers=BYTES, timeout=60)
            assert refused.status_code == 503, refused.text
            assert time.monotonic() - begun < 30
        finally:
            made.server.resume()
        deadline = time.monotonic() + 60
        before = len(submitters[0].accepted)
        while len(submitters[0].accepted) < before + 5:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        submitters[0].stop.set()
        assert_all_are_done(made, submitters, {}, 2 * LEASE_SECONDS)


# --- a network in two ------------------------------------------------------------------------------------


@dataclass
class Network:
    """A network namespace of its own, with one cable to ours."""

    name: str = f"readstone{os.getpid()}"
    near: str = "10.213.7.1"
    far: str = "10.213.7.2"

    def ip(self, *arguments: str) -> None:
        subprocess.run(["ip", *arguments], check=True, capture_output=True)

    def make(self) -> None:
        cable, end = f"rs{os.getpid() % 10_000}a", f"rs{os.getpid() % 10_000}b"
        self.cable = cable
        self.ip("netns", "add", self.name)
        self.ip("link", "add", cable, "type", "veth", "peer", "name", end, "netns", self.name)
        self.ip("addr", "add", f"{self.near}/24", "dev", cable)
        self.ip("link", "set", cable, "up")
        self.ip("-n", self.name, "addr", "add", f"{self.far}/24", "dev", end)
        self.ip("-n", self.name, "link", "set", end, "up")
        self.ip("-n", self.name, "link", "set", "lo", "up")

    def cut(self) -> None:
        self.ip("link", "set", self.cable, "down")

    def rejoin(self) -> None:
        self.ip("link", "set", self.cable, "up")

    def remove(self) -> None:
        for arguments in (("link", "del", self.cable), ("netns", "del", self.name)):
            with suppress(subprocess.CalledProcessError):
                self.ip(*arguments)


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or shutil.which("ip") is None,
    reason="network namespaces want Linux, root and iproute2",
)
def test_a_network_cut_and_rejoined(tmp_path: Path) -> None:
    """Two workers are beyond the cut, with pages in work; what they bring back late is nobody's result."""
    network = Network()
    with ExitStack() as stack:
        stack.callback(network.remove)
        network.make()
        made = stack.enter_context(house(tmp_path, "listen_addresses=*", apis=1, workers=1, ECHO_SECONDS="0.05"))
        made.server.allow("10.213.7.0/24")
        beyond = Topology(
            tmp_path,
            {"READSTONE_DATABASE": made.server.url("chaos").replace("127.0.0.1", network.near)},
            ECHO,
            prefix=("ip", "netns", "exec", network.name),
        )
        stack.callback(beyond.close)
        for _ in range(2):
            beyond.start("worker", READSTONE_HOST=network.far, ECHO_SECONDS="2").wait_until_ready()
        submitters = stack.enter_context(submitting(made, 2))
        time.sleep(2)
        for _ in range(3 if RELEASE else 1):
            network.cut()  # two pages each are in work there, and are read to the end
            time.sleep(40)  # longer than a worker is believed in without a sign of life
            network.rejoin()
            time.sleep(5)
        for submitter in submitters:
            submitter.stop.set()
        for member in beyond.members:
            member.wait_until_ready(60)  # it has found its way back by itself
        assert_all_are_done(made, submitters, {}, 2 * LEASE_SECONDS)
        late = "".join(member.log.read_text() for member in beyond.members)
        assert "read by another too" in late or "the lease was lost" in late
