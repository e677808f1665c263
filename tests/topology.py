"""Several API processes and workers over one store, as real processes, and a balancer before the API processes."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import requests

from sdk.clients import Sent
from serving import KEY

ECHO = (str(Path(__file__).with_name("echo_processes.py")),)
REAL = ("-m", "readstone")
SECRET = "a secret that all processes have in common"


@dataclass
class Member:
    """One process: a server or a worker. `log` is what it said to standard error."""

    kind: str
    url: str
    process: subprocess.Popen[str]
    log: Path

    def ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/ready", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def wait_until_ready(self, seconds: float = 60) -> Member:
        deadline = time.monotonic() + seconds
        while not self.ready():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
        return self

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def ended(self, seconds: float = 30) -> int:
        """The exit status; it is killed when it does not come within `seconds`, and that is an error."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"a {self.kind} does not end: {self.log.read_text()}") from None


@dataclass
class Topology:
    """Processes over one store. `store` is what points them at it, and `program` what they run.

    Each has a data folder of its own, as on a machine of its own; without a database they have one in common.
    """

    folder: Path
    store: Mapping[str, str]
    program: tuple[str, ...] = ECHO
    prefix: tuple[str, ...] = ()  # a command that runs the processes elsewhere
    members: list[Member] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    def start(self, kind: str, *arguments: str, **environ: str) -> Member:
        """A new process, which may not be ready yet."""
        name = f"{kind}-{next(self.numbers)}"
        own = self.folder / (name if "READSTONE_DATABASE" in self.store else "common")
        own.mkdir(exist_ok=True)
        log = self.folder / f"{name}.log"
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("READSTONE_")},
            "READSTONE_DATA_DIR": str(own),
            "READSTONE_KEYS": KEY,
            "READSTONE_TOKEN_SECRET": SECRET,
            "READSTONE_PORT": "0",
            "READSTONE_WORKERS": "2",
            "READSTONE_READ_PAGES": "false",
            **self.store,
            **environ,
        }
        with log.open("ab") as stderr:
            process = subprocess.Popen(
                [*self.prefix, sys.executable, *self.program, kind, *arguments],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        assert process.stdout
        url = next((found[0] for line in process.stdout if (found := re.search(r"http://[\d.]+:\d+", line))), None)
        member = Member(kind, url or "", process, log)
        self.members.append(member)
        assert url, f"no greeting; it said: {log.read_text()}"
        return member

    @property
    def apis(self) -> list[Member]:
        return [member for member in self.members if member.kind == "serve" and member.process.poll() is None]

    @property
    def workers(self) -> list[Member]:
        return [member for member in self.members if member.kind == "worker" and member.process.poll() is None]

    def close(self) -> None:
        for member in self.members:
            if member.process.poll() is None:
                member.terminate()
        for member in self.members:
            with suppress(AssertionError):
                member.ended(40)
            if member.process.stdout:
                member.process.stdout.close()


@contextmanager
def topology(
    folder: Path,
    store: Mapping[str, str],
    program: tuple[str, ...] = ECHO,
    apis: int = 2,
    workers: int = 3,
    **environ: str,
) -> Iterator[Topology]:
    """So many processes, all ready."""
    made = Topology(folder, store, program)
    try:
        with ThreadPoolExecutor(apis + workers) as threads:
            kinds = ["serve"] * apis + ["worker"] * workers
            list(threads.map(lambda kind: made.start(kind, **environ), kinds))
        for member in made.members:
            member.wait_until_ready()
        yield made
    finally:
        made.close()


# --- a balancer --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Passed:
    """One request that a balancer passed on, and to whom."""

    method: str
    path: str
    member: str


class Balancer:
    """Passes each request on to the next API process that says it is ready, as small balancers do.

    A process that refuses the connection is taken out and the next one asked: nothing was sent yet. Any other
    fault on the way is a 502, which is a failed request.
    """

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._lock = threading.Lock()
        self._turn = 0
        self._out: set[str] = set()
        self._stop = threading.Event()
        self.passed: list[Passed] = []
        self.sent: list[Sent] = []
        self.url = ""

    def next(self) -> Member | None:
        with self._lock:
            members = [member for member in self._topology.apis if member.url not in self._out]
            self._turn += 1
            return members[self._turn % len(members)] if members else None

    def take_out(self, member: Member) -> None:
        with self._lock:
            self._out.add(member.url)

    def probe(self) -> None:
        """Ask everybody every 50 ms."""
        while not self._stop.wait(0.05):
            for member in self._topology.apis:
                ready = member.ready()
                with self._lock:
                    (self._out.discard if ready else self._out.add)(member.url)

    def stop(self) -> None:
        self._stop.set()

    def pass_on(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, object, bytes]:
        for _ in range(20):
            member = self.next()
            if member is None:
                time.sleep(0.05)
                continue
            connection = http.client.HTTPConnection(urlsplit(member.url).netloc, timeout=60)
            try:
                connection.connect()
            except ConnectionRefusedError:
                self.take_out(member)
                continue
            with closing(connection):
                path, _, query = target.partition("?")
                self.passed.append(Passed(method, path, member.url))
                self.sent.append(Sent(method, path, tuple(parse_qsl(query)), as_seen(headers)))
                try:
                    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
                    for name, value in headers.items():
                        if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                            connection.putheader(name, value)
                    connection.putheader("Content-Length", str(len(body)))
                    connection.endheaders(body)
                    answer = connection.getresponse()
                    return answer.status, answer.getheaders(), answer.read()
                except (OSError, http.client.HTTPException) as fault:
                    return 502, [], repr(fault).encode()
        return 502, [], b"nobody is ready"


def as_seen(headers: Mapping[str, str]) -> dict[str, str]:
    """Names as a server takes them in."""
    return {name.lower(): value for name, value in headers.items()}


@contextmanager
def balancer(topology: Topology) -> Iterator[Balancer]:
    """A balancer before the API processes that `topology` has at any time."""
    balancing = Balancer(topology)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self._body()
            status, headers, data = balancing.pass_on(self.command, self.path, dict(self.headers.items()), body)
            self.send_response_only(status)
            assert isinstance(headers, list)
            for name, value in headers:
                if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _body(self) -> bytes:
            if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                return self.rfile.read(int(self.headers.get("Content-Length", "0")))
            chunks = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(chunks)

        do_GET = do_POST = do_OPTIONS = _any  # noqa: N815 - names of the base class

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as host:
        host.daemon_threads = True
        balancing.url = f"http://127.0.0.1:{host.server_port}"
        threads = [
            threading.Thread(target=host.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True),
            threading.Thread(target=balancing.probe, daemon=True),
        ]
        for thread in threads:
            thread.start()
        yield balancing
        balancing.stop()
        host.shutdown()
        for thread in threads:
            thread.join()
