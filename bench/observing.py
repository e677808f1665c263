"""What watching costs a request: metrics alone, and metrics with traces, against nothing.

    python bench/observing.py [--requests 20000]

Each round times the three in turn, in processor time of one thread, so that a busy machine counts for nothing: the
context around a request, the stages of one that reads an image, the page, the answer. The log line is left out of
all three: it was there before. Prints the medians over the rounds in microseconds a request. Spans go to a collector
that takes and drops them.
"""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from readstone.domain.stages import PageKind, Stage, page_done, stage
from readstone.observe.observer import Observer
from readstone.observe.traces import Outcome

STAGES = (Stage.DECODE, Stage.READ, Stage.DETECT, Stage.RECOGNISE, Stage.RECOGNISE, Stage.ORDER, Stage.ENCODE)
OUTCOME = Outcome("v3.2", "RecognizePrintedText", "/vision/v3.2/ocr", 200)
ROUNDS = 9


def work() -> None:
    for name in STAGES:
        with stage(name, "default"):
            pass
    page_done(PageKind.READ)


def watched(observer: Observer) -> Callable[[], None]:
    def one() -> None:
        with observer.request("an-id", "POST", "http", "/vision/v3.2/ocr", {}) as request:
            work()
            request.answered(OUTCOME, "an-id")

    return one


def microseconds(call: Callable[[], None], times: int) -> float:
    started = time.thread_time()
    for _ in range(times):
        call()
    return (time.thread_time() - started) / times * 1e6


class Drain(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None: ...


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    times = parser.parse_args().requests
    logging.getLogger("readstone.access").setLevel(logging.CRITICAL)
    drain = ThreadingHTTPServer(("127.0.0.1", 0), Drain)
    threading.Thread(target=drain.serve_forever, daemon=True).start()
    counted, traced = Observer(), Observer(f"http://127.0.0.1:{drain.server_port}")
    traced.start()
    ways = {"nothing": work, "metrics": watched(counted), "metrics and traces": watched(traced)}
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, call in ways.items():
            found[name].append(microseconds(call, times if name != "metrics and traces" else times // 20))
    base = statistics.median(found["nothing"])
    for name, each in found.items():
        middle = statistics.median(each)
        print(f"{name:20} {middle:8.1f} us a request, {middle - base:+8.1f}  ({min(each):.1f} .. {max(each):.1f})")
    print(f"{len(STAGES)} stages, {ROUNDS} rounds; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    traced.close()
    drain.shutdown()


if __name__ == "__main__":
    main()
