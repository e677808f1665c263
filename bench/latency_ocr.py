"""Milliseconds per image of Readstone, in process and over HTTP, of the bare models, and of other packages.

    python bench/latency_ocr.py [--out FILE.json] [--rounds 5] [--threads N] [--clients 8] [--http URL --key KEY]

Each engine lives in a process of its own, so that its peak memory is its own; this program asks them in
turn, A B C A B C, so that whatever else the machine does hits all alike; each answers when its threads have
come to rest. "models" repeats the very runs that Readstone's models made, and nothing else: the floor. First
one client alone, then several at once, milliseconds per picture. Beside the clock's time stands the processor's,
which a busy machine disturbs less. Without --http a server is started on a free port and stopped at the end.
Engines that are not installed are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import psutil

from latency_pictures import pictures
from latency_worker import WORKERS

HERE = Path(__file__).resolve().parent
KEY = "bench"


class Runner(Protocol):
    """One engine in a process."""

    name: str

    def read(self, path: Path, clients: int) -> dict[str, float]:
        """Milliseconds per picture, "wall" and where known "cpu", when so many clients read it at once."""
        ...

    def peak_mib(self) -> float:
        """Largest resident memory of the process so far; nan where it is not ours to ask."""
        ...


class InProcess:
    """An engine of latency_worker.py, driven over pipes."""

    def __init__(self, name: str, threads: int) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "latency_worker.py"), name, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        answer = self._answer()
        self.absent = answer.get("not run")
        self.ready_s = answer.get("ready_s", float("nan"))

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def read(self, path: Path, clients: int) -> dict[str, float]:
        assert self._process.stdin is not None
        print(json.dumps({"path": str(path), "clients": clients}), file=self._process.stdin, flush=True)
        return self._answer()

    def peak_mib(self) -> float:
        return peak_mib(self._process.pid)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


class OverHttp:
    """The OCR operation of a running server."""

    def __init__(self, url: str, key: str, pid: int | None) -> None:
        self.name = "readstone-http"
        self._url, self._key, self._pid = url.rstrip("/"), key, pid

    def read(self, path: Path, clients: int) -> dict[str, float]:
        content = path.read_bytes()
        start = time.perf_counter()
        with ThreadPoolExecutor(clients) as pool:
            for done in [pool.submit(self._ask, content) for _ in range(clients)]:
                done.result()
        return {"wall": 1000 * (time.perf_counter() - start) / clients}

    def _ask(self, content: bytes) -> None:
        request = urllib.request.Request(
            f"{self._url}/vision/v3.2/ocr",
            data=content,
            headers={"Ocp-Apim-Subscription-Key": self._key, "Content-Type": "application/octet-stream"},
        )
        with urllib.request.urlopen(request, timeout=300) as answer:
            json.load(answer)

    def peak_mib(self) -> float:
        return peak_mib(self._pid) if self._pid else float("nan")


def peak_mib(pid: int) -> float:
    """Peak resident memory of a process and its children now alive, MiB (VmHWM on Linux)."""
    total = 0.0
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        status = Path(f"/proc/{process.pid}/status")
        if status.exists():
            total += next(int(row.split()[1]) / 1024 for row in status.read_text().splitlines() if "VmHWM" in row)
        else:
            total += process.memory_info().rss / 2**20
    return total


def start_server(folder: str) -> tuple[subprocess.Popen[bytes], str]:
    """A server on a free port, ready to serve. Raises RuntimeError when it does not become so."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"READSTONE_DATA_DIR": folder, "READSTONE_KEYS": KEY, "READSTONE_PORT": str(port)}
    log = Path(folder) / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "readstone", "serve"],
            env=os.environ | settings,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/ready", timeout=2):
                return server, url
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    server.terminate()
    raise RuntimeError(f"the server did not become ready:\n{log.read_text(errors='replace')[-2000:]}")


Table = dict[str, dict[str, dict[str, float]]]
"""Picture, engine, "wall" and "cpu": medians in milliseconds per picture."""


def measure(runners: list[Runner], rounds: int, files: dict[str, Path], clients: int) -> Table:
    """Medians over `rounds`; one more round before them only warms up."""
    table: Table = {}
    for name, path in files.items():
        times: dict[str, dict[str, list[float]]] = {}
        for turn in range(rounds + 1):
            for runner in runners:
                for what, took in runner.read(path, clients).items():
                    if turn:
                        times.setdefault(runner.name, {}).setdefault(what, []).append(took)
        table[name] = {
            engine: {what: round(statistics.median(all_), 1) for what, all_ in figures.items()}
            for engine, figures in times.items()
        }
    return table


def show(table: Table) -> None:
    """One row a picture and engine: medians, and their ratios to plain rapidocr and to the bare models."""
    for name, row in table.items():
        for engine, figures in row.items():
            cells = [f"{what} {took:8.1f} ms" for what, took in figures.items()]
            for base in ("rapidocr", "models"):
                if base in row and engine != base:
                    ratios = [f"{took / row[base][what]:.2f}x" for what, took in figures.items() if what in row[base]]
                    cells.append(f"{base} " + " / ".join(ratios))
            print(f"{name:12} {engine:16} " + "  ".join(cells))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--http", help="URL of a running server; default: start one")
    parser.add_argument("--key", default=KEY)
    parser.add_argument("--no-http", action="store_true")
    parser.add_argument("--clients", type=int, default=8, help="how many at once in the second part; 0 leaves it out")
    parser.add_argument("--engines", default=",".join(WORKERS), help="comma-separated: " + ", ".join(WORKERS))
    parser.add_argument("--pictures", default="", help="comma-separated; default all")
    chosen = parser.parse_args()
    server = None
    with tempfile.TemporaryDirectory() as folder:
        files = {
            n: f for n, f in pictures(Path(folder)).items() if not chosen.pictures or n in chosen.pictures.split(",")
        }
        workers = []
        try:
            for name in chosen.engines.split(","):
                worker = InProcess(name, chosen.threads)
                workers.append(worker)
                if worker.absent:
                    print(f"{name}: not run: {worker.absent}")
            runners: list[Runner] = [worker for worker in workers if not worker.absent]
            if chosen.http:
                runners.insert(1, OverHttp(chosen.http, chosen.key, None))
            elif not chosen.no_http:
                server, url = start_server(folder)
                runners.insert(1, OverHttp(url, KEY, server.pid))
            alone = measure(runners, chosen.rounds, files, 1)
            print("one client")
            show(alone)
            peaks = {runner.name: round(runner.peak_mib()) for runner in runners if runner.peak_mib() > 0}
            # Engines that read one picture at a time have nothing to show here.
            many = [runner for runner in runners if runner.name in ("readstone", "readstone-http", "models")]
            together = measure(many, chosen.rounds, files, chosen.clients) if chosen.clients > 1 else {}
            print(f"{chosen.clients} clients")
            show(together)
            peaks_together = {runner.name: round(runner.peak_mib()) for runner in many if runner.peak_mib() > 0}
        finally:
            if server is not None:
                server.terminate()
                server.wait(30)
            for worker in workers:
                worker.close()
    ready = {worker.name: round(worker.ready_s, 2) for worker in workers}
    print("peak MiB, one client:", peaks, f" {chosen.clients} clients:", peaks_together, " ready s:", ready)
    result: dict[str, Any] = {
        "median_ms": alone,
        "median_ms_clients": together,
        "clients": chosen.clients,
        "peak_mib": peaks,
        "peak_mib_clients": peaks_together,
        "ready_s": ready,
        "threads": chosen.threads,
        "load": os.getloadavg()[0],
    }
    if chosen.out:
        chosen.out.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
