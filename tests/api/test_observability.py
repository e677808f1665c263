"""What is seen of a running server: series after real traffic, traces through the queue, ids in log lines, a guard
before /metrics. That nothing of keys and texts is in any of it: tests/security/test_secrets.py."""

from __future__ import annotations

import itertools
import json
import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from chaos.numbered import document
from collector import collector
from documents import tiff
from pictures import drawn, encoded
from postgres import fresh_database
from readers import FixedReader, HeldReader, two_word_page
from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture
from readstone.domain.text import Page
from readstone.engines.protocols import never
from readstone.observe import logs
from serving import KEY, RunningServer, server_in_thread
from topology import topology
from viewers import FixedViewer

PNG = encoded(drawn(size=(120, 80)))
KEYED = {"Ocp-Apim-Subscription-Key": KEY}
BYTES = {"Content-Type": "application/octet-stream", **KEYED}
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACED = {"traceparent": f"00-{TRACE}-{SPAN}-01"}


@pytest.fixture(autouse=True)
def _logging_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    loggers = [logging.getLogger(name) for name in ("", "readstone", "uvicorn")]
    handlers, levels = loggers[0].handlers[:], [logger.level for logger in loggers]
    yield
    loggers[0].handlers[:] = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def series(server: RunningServer, **headers: str) -> dict[str, float]:
    """Every sample by its name and labels in the order of the alphabet."""
    answer = requests.get(f"{server.url}/metrics", headers=headers, timeout=30)
    assert answer.status_code == 200
    return {
        f"{sample.name}{json.dumps(sample.labels, sort_keys=True)}": sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def named(name: str, **labels: str) -> str:
    return name + json.dumps(labels, sort_keys=True)


def submitted(server: RunningServer, data: bytes = PNG, **headers: str) -> requests.Response:
    return requests.post(f"{server.url}/vision/v3.2/read/analyze", data=data, headers={**BYTES, **headers}, timeout=30)


def finished(answer: requests.Response) -> dict[str, Any]:
    """The body once the operation has ended."""
    assert answer.status_code == 202, answer.text
    until = time.monotonic() + 60
    while time.monotonic() < until:
        body: dict[str, Any] = requests.get(answer.headers["Operation-Location"], headers=KEYED, timeout=30).json()
        if body["status"] in ("succeeded", "failed"):
            return body
        time.sleep(0.02)
    raise AssertionError("the operation does not end")


def settled(server: RunningServer, pages: int, operations: int) -> dict[str, float]:
    """The series once so many are counted: a client may see a result a moment before its reader has told of it."""
    published = named("readstone_stage_duration_seconds_count", stage="publish", engine="store")
    ended = named("readstone_operation_duration_seconds_count", kind="read", state="succeeded")
    until = time.monotonic() + 20
    while True:
        found = series(server)
        if (found.get(published), found.get(ended)) == (pages, operations) or time.monotonic() > until:
            return found
        time.sleep(0.05)


def test_series_after_real_traffic(tmp_path: Path) -> None:
    with server_in_thread(tmp_path, FixedReader, FixedViewer) as server:
        for _ in range(3):
            assert requests.post(f"{server.url}/vision/v3.2/ocr", data=PNG, headers=BYTES, timeout=30).ok
        assert (
            requests.post(f"{server.url}/vision/v3.2/ocr", data=b"junk", headers=BYTES, timeout=30).status_code == 400
        )
        assert requests.post(f"{server.url}/vision/v3.2/ocr", data=PNG, timeout=30).status_code == 401
        tags = f"{server.url}/vision/v3.1/tag"
        assert requests.post(tags, data=PNG, headers=BYTES, timeout=30).ok
        thumbnail = f"{server.url}/vision/v2.0/generateThumbnail?width=50&height=50"
        assert requests.post(thumbnail, data=PNG, headers=BYTES, timeout=30).ok
        both = f"{server.url}/computervision/imageanalysis:analyze?api-version=2023-10-01&features=read,tags"
        assert requests.post(both, data=PNG, headers=BYTES, timeout=30).ok
        assert finished(submitted(server, tiff(["one", "two"])))["status"] == "succeeded"
        found = settled(server, pages=2, operations=1)

        def count(name: str, **labels: str) -> float:
            return found.get(named(name, **labels), 0.0)

        ocr = {"version": "v3.2", "operation": "RecognizePrintedText"}
        assert count("readstone_http_requests_total", code="200", **ocr) == 3
        assert count("readstone_http_requests_total", code="400", **ocr) == 1
        assert count("readstone_http_requests_total", code="401", version="none", operation="none") == 1
        assert count("readstone_http_requests_total", code="202", version="v3.2", operation="Read") == 1
        assert count("readstone_http_request_duration_seconds_count", **ocr) == 4
        assert count("readstone_http_requests_in_flight") >= 1  # this very scrape
        assert count("readstone_intake_refused_total", reason="image_format") == 1
        assert count("readstone_intake_refused_total", reason="access_denied") == 1
        assert {
            kind: count("readstone_pages_total", kind=kind) for kind in ("read", "seen", "analysed", "thumbnail")
        } == {
            "read": 5,
            "seen": 1,
            "analysed": 1,
            "thumbnail": 1,
        }
        stages = {
            ("decode", "decoder"): 9,  # the junk too
            ("read", "FixedReader"): 6,
            ("see", "FixedViewer"): 2,
            ("encode", "codec"): 3,
            ("inspect", "decoder"): 1,
            ("accept", "store"): 1,
            ("publish", "store"): 2,
        }
        name = "readstone_stage_duration_seconds_count"
        assert {key: count(name, stage=key[0], engine=key[1]) for key in stages} == stages
        assert count("readstone_operation_duration_seconds_count", kind="read", state="succeeded") == 1
        time.sleep(1.1)  # the store is asked once a second at most
        found = series(server)
        assert count("readstone_operations", state="not_started") == count("readstone_operations", state="running") == 0
        assert count("readstone_operation_oldest_queued_seconds") == 0
        assert count("readstone_store_up") == 1


def test_trouble_is_counted(tmp_path: Path) -> None:
    """A decoder that was killed, a key that calls too often, a caller whom no worker is free for."""
    reader = HeldReader()
    with server_in_thread(tmp_path, lambda: reader, workers=1, queue=0, rate="2/h") as server:
        assert server.app is not None
        url = f"{server.url}/vision/v3.2/ocr"
        (child,) = server.app._parts.decoder.pids()
        os.kill(child, signal.SIGKILL)
        with ThreadPoolExecutor(1) as beside:
            held = beside.submit(requests.post, url, data=PNG, headers=BYTES, timeout=30)
            assert reader.started.acquire(timeout=30)
            assert requests.post(url, data=PNG, headers=BYTES, timeout=30).status_code == 429
            reader.go_on.set()
            assert held.result().status_code == 200
        assert requests.post(url, data=PNG, headers=BYTES, timeout=30).status_code == 200
        assert requests.post(url, data=PNG, headers=BYTES, timeout=30).status_code == 429
        found = series(server)
    assert found[named("readstone_rate_limited_total", bound="workers")] == 1
    assert found[named("readstone_rate_limited_total", bound="rate")] == 1
    assert found[named("readstone_worker_restarts_total", reason="gone")] == 1
    assert found[named("readstone_intake_refused_total", reason="too_many_requests")] == 2


def test_a_waiting_operation_is_seen(tmp_path: Path) -> None:
    with server_in_thread(tmp_path, FixedReader, read_pages=False) as server:
        assert submitted(server, tiff(["one", "two", "three"])).status_code == 202
        time.sleep(0.5)
        found = series(server)
    assert found[named("readstone_operations", state="not_started")] == 1
    assert found[named("readstone_queued_pages", state="waiting")] == 3
    assert found[named("readstone_operation_oldest_queued_seconds")] > 0.4


def test_metrics_while_the_store_is_away(tmp_path: Path) -> None:
    with server_in_thread(tmp_path, FixedReader) as server:
        assert server.app is not None
        parts = server.app._parts

        async def away() -> None:
            raise OSError("gone")

        parts.store.counts = away
        found = series(server)
    assert found[named("readstone_store_up")] == 0
    assert named("readstone_http_requests_in_flight") in found


def test_who_may_see_metrics(tmp_path: Path) -> None:
    with server_in_thread(tmp_path / "open", FixedReader) as server:
        assert requests.get(f"{server.url}/metrics", timeout=30).status_code == 200
        assert requests.head(f"{server.url}/metrics", timeout=30).status_code == 200
    with server_in_thread(tmp_path / "key", FixedReader, metrics="key") as server:
        refused = requests.get(f"{server.url}/metrics", timeout=30)
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "401")
        wrong = requests.get(f"{server.url}/metrics", headers={"Authorization": "Bearer nonsense"}, timeout=30)
        assert wrong.status_code == 401
        for header in (KEYED, {"Authorization": f"Bearer {KEY}"}):
            assert requests.get(f"{server.url}/metrics", headers=header, timeout=30).status_code == 200
    with server_in_thread(tmp_path / "off", FixedReader, metrics="off") as server:
        assert requests.get(f"{server.url}/metrics", headers=KEYED, timeout=30).status_code == 404


def test_one_trace_from_the_caller_through_the_queue(tmp_path: Path) -> None:
    with collector() as received:
        with server_in_thread(tmp_path, FixedReader, otlp_endpoint=received.url) as server:
            answer = submitted(server, **TRACED)
            assert finished(answer)["status"] == "succeeded"
            assert requests.post(f"{server.url}/vision/v3.2/ocr", data=PNG, headers=BYTES, timeout=30).ok
            requests.get(f"{server.url}/ready", timeout=30)
        submit = received.one("POST /vision/v3.2/read/analyze")
        operation_id = answer.headers["apim-request-id"]
        assert (submit.trace, submit.parent) == (TRACE, SPAN)
        assert submit.attributes["readstone.operation_id"] == operation_id
        page = received.one("page read")
        assert (page.trace, page.parent) == (TRACE, submit.id)
        assert page.attributes["readstone.operation_id"] == operation_id
        assert {span.name for span in received.under(submit)} == {"inspect", "accept", "page read"}
        assert {span.name for span in received.under(page)} == {"decode", "read", "encode", "publish"}
        ocr = received.one("POST /vision/v3.2/ocr")
        assert (ocr.parent, ocr.trace == TRACE) == ("", False)
        assert {span.name for span in received.under(ocr)} == {"decode", "read"}
        assert not [span for span in received.spans if "ready" in span.name]


def test_one_trace_over_two_processes_and_a_database(tmp_path: Path) -> None:
    """The worker's spans are children of the server's, and each tells its own part on /metrics."""
    with collector() as received:
        store = {"READSTONE_DATABASE": fresh_database()}
        with topology(tmp_path, store, apis=1, workers=1, READSTONE_OTLP_ENDPOINT=received.url) as processes:
            (api,), (worker,) = processes.apis, processes.workers
            assert finished(submitted(RunningServer(api.url), document([1, 2]), **TRACED))["status"] == "succeeded"
            accepted, read = series(RunningServer(api.url)), settled(RunningServer(worker.url), pages=2, operations=1)
    submit = received.one("POST /vision/v3.2/read/analyze")
    pages = received.named("page read")
    assert (submit.trace, submit.parent, len(pages)) == (TRACE, SPAN, 2)
    assert {(page.trace, page.parent) for page in pages} == {(TRACE, submit.id)}
    assert {span.name for page in pages for span in received.under(page)} == {"decode", "read", "encode", "publish"}
    assert len({resource["service.instance.id"] for resource in received.resources}) == 2
    pages_read = named("readstone_pages_total", kind="read")
    assert (accepted.get(pages_read, 0), read[pages_read]) == (0, 2)
    assert accepted[named("readstone_store_up")] == read[named("readstone_store_up")] == 1
    ended = named("readstone_operation_duration_seconds_count", kind="read", state="succeeded")
    assert (accepted.get(ended, 0), read[ended]) == (0, 1)


def test_stages_of_the_real_reader(tmp_path: Path) -> None:
    picture = encoded(drawn(["several words of text"], size=(600, 200), font_size=40))
    with collector() as received, server_in_thread(tmp_path, otlp_endpoint=received.url) as server:
        assert requests.post(f"{server.url}/vision/v3.2/ocr", data=picture, headers=BYTES, timeout=60).ok
        found = series(server)
    for stage in ("decode", "read", "detect", "recognise", "order"):
        engine = "decoder" if stage == "decode" else "default"
        assert found[named("readstone_stage_duration_seconds_count", stage=stage, engine=engine)] >= 1
    read = received.one("read")
    assert {span.name for span in received.under(read)} == {"detect", "recognise", "order"}
    assert sum(span.seconds for span in received.under(read)) <= read.seconds + 0.001


class FailsTwice:
    """Fails at the first attempt, reads at the next."""

    def __init__(self) -> None:
        self.calls = itertools.count()

    def read(self, picture: Picture, options: ReadOptions, cancelled: Callable[[], bool] = never) -> Page:
        if next(self.calls) == 0:
            raise ZeroDivisionError("quoting the document")
        return two_word_page(picture)


def test_log_lines_carry_the_ids(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    logs.configure("debug", "json")
    theirs = {"x-ms-client-request-id": "their-own-id"}
    with server_in_thread(tmp_path, FailsTwice) as server:
        capfd.readouterr()
        url = f"{server.url}/vision/v3.2/ocr"
        unfetched = requests.post(
            url, json={"url": "http://127.0.0.1/x.png"}, headers={**KEYED, **theirs, **TRACED}, timeout=30
        )
        assert unfetched.headers["x-ms-client-request-id"] == "their-own-id"
        answer = submitted(server, **theirs, **TRACED)
        assert answer.headers["x-ms-client-request-id"] == "their-own-id"
        operation_id = answer.headers["apim-request-id"]
        assert finished(answer)["status"] == "succeeded"
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    fetch, access = (line for line in lines if line.get("request_id") == unfetched.headers["apim-request-id"])
    assert (fetch["logger"], access["logger"]) == ("readstone.fetch", "readstone.access")
    for line in (fetch, access):
        assert (line["client_request_id"], line["trace_id"]) == ("their-own-id", TRACE)
    (accepted,) = (line for line in lines if line.get("status") == 202)
    assert (accepted["request_id"], accepted["operation_id"], accepted["trace_id"]) == (
        operation_id,
        operation_id,
        TRACE,
    )
    (attempt,) = (line for line in lines if "attempt 1" in line["message"])
    assert (attempt["operation_id"], attempt["page"], attempt["trace_id"]) == (operation_id, "1", TRACE)
    polls = [line for line in lines if line["message"].startswith("GET /vision/v3.2/read/analyzeResults/")]
    assert polls
    assert {line["operation_id"] for line in polls} == {operation_id}
