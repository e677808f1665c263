"""Milliseconds per image of Readstone, in process and over HTTP, of plain rapidocr, and of the bare models.

    python bench/latency_ocr.py [--out FILE.json] [--rounds 5] [--threads N] [--http URL --key KEY]

Each engine lives in a process of its own, so that its peak memory is its own; this program asks them in
turn, A B C A B C, so that whatever else the machine does hits all alike. "models" is the time that
Readstone's models ran during the same reads (summed over threads, so with several threads it can exceed
the wall time). Without --http a server is started on a free port and stopped at the end.
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
from pathlib import Path
from typing import Any, Protocol

import psutil

from latency_pictures import pictures

HERE = Path(__file__).resolve().parent
KEY = "bench"


class Runner(Protocol):
    """One engine in a process."""

    name: str

    def read(self, path: Path) -> dict[str, float]:
        """Milliseconds of one read, by what they are of."""
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
        self.ready_s = self._answer()["ready_s"]

    def _answer(self) -> dict[str, float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended")
        answer: dict[str, float] = json.loads(line)
        return answer

    def read(self, path: Path) -> dict[str, float]:
        assert self._process.stdin is not None
        print(path, file=self._process.stdin, flush=True)
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

    def read(self, path: Path) -> dict[str, float]:
        request = urllib.request.Request(
            f"{self._url}/vision/v3.2/ocr",
            data=path.read_bytes(),
            headers={"Ocp-Apim-Subscription-Key": self._key, "Content-Type": "application/octet-stream"},
        )
        start = time.perf_counter()
        with urllib.request.urlopen(request, timeout=120) as answer:
            json.load(answer)
        return {self.name: 1000 * (time.perf_counter() - start)}

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


def measure(runners: list[Runner], rounds: int, folder: Path) -> dict[str, dict[str, float]]:
    """Median milliseconds per picture and runner; the first round only warms up."""
    table: dict[str, dict[str, float]] = {}
    for name, path in pictures(folder).items():
        times: dict[str, list[float]] = {}
        for turn in range(rounds + 1):
            for runner in runners:
                for what, took in runner.read(path).items():
                    if turn:
                        times.setdefault(what, []).append(took)
        table[name] = {what: round(statistics.median(all_), 1) for what, all_ in times.items()}
    return table


def show(table: dict[str, dict[str, float]]) -> None:
    """One row a picture: medians, and their ratio to plain rapidocr."""
    for name, row in table.items():
        base = row.get("rapidocr")
        cells = (f"{k} {v:.0f} ms" + (f" ({v / base:.2f}x)" if base else "") for k, v in row.items())
        print(f"{name:12} " + "  ".join(cells))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--http", help="URL of a running server; default: start one")
    parser.add_argument("--key", default=KEY)
    parser.add_argument("--no-http", action="store_true")
    chosen = parser.parse_args()
    server = None
    with tempfile.TemporaryDirectory() as folder:
        workers = [InProcess(name, chosen.threads) for name in ("readstone", "rapidocr")]
        runners: list[Runner] = [*workers]
        try:
            if chosen.http:
                runners.insert(1, OverHttp(chosen.http, chosen.key, None))
            elif not chosen.no_http:
                server, url = start_server(folder)
                runners.insert(1, OverHttp(url, KEY, server.pid))
            table = measure(runners, chosen.rounds, Path(folder))
            peaks = {runner.name: round(runner.peak_mib()) for runner in runners if runner.peak_mib() > 0}
        finally:
            if server is not None:
                server.terminate()
                server.wait(30)
            for worker in workers:
                worker.close()
    show(table)
    ready = {worker.name: round(worker.ready_s, 2) for worker in workers}
    print("peak MiB:", peaks, " ready s:", ready)
    result: dict[str, Any] = {"median_ms": table, "peak_mib": peaks, "ready_s": ready, "threads": chosen.threads}
    if chosen.out:
        chosen.out.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
