"""Traces: what is taken from a request, what is sent to a collector, what goes through the queue."""

import asyncio
import logging
import subprocess
import sys
import threading
import time

import pytest

from collector import collector
from readstone.domain.refusals import Cancelled, Reason, Refusal
from readstone.domain.stages import Stage, stage
from readstone.inference.pool import WorkPool
from readstone.observe import traceparent
from readstone.observe.observer import Observer
from readstone.observe.otlp import OtlpTracing
from readstone.observe.traces import NoTracing, Outcome, open_tracing
from readstone.operations.operation import Operation, PageClaim, State
from readstone.settings import ConfigurationError, load

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SENT = f"00-{TRACE}-{SPAN}-01"
DONE = Outcome("v3.2", "Read", "/vision/v3.2/read/analyze", 202)
SERVER, INTERNAL, CONSUMER = 2, 1, 5
ERROR = 2


@pytest.fixture(autouse=True)
def _no_endpoint_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_SDK_DISABLED"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        (SENT, SENT),
        (f" {SENT} ", SENT),
        (f"cc-{TRACE}-{SPAN}-09-later-fields", f"00-{TRACE}-{SPAN}-09"),
        (None, ""),
        ("", ""),
        (f"ff-{TRACE}-{SPAN}-01", ""),
        (f"00-{TRACE}-{SPAN}-01-more", ""),
        (f"00-{'0' * 32}-{SPAN}-01", ""),
        (f"00-{TRACE}-{'0' * 16}-01", ""),
        (f"00-{TRACE.upper()}-{SPAN}-01", ""),
        (f"00-{TRACE[:-1]}-{SPAN}-01", ""),
        (f"00-{TRACE}-{SPAN}-01\nx", ""),
        ("x" * 10_000, ""),
    ],
)
def test_traceparents_of_callers(value: str | None, accepted: str) -> None:
    assert traceparent.accepted(value) == accepted
    assert traceparent.trace_id(accepted) == (TRACE if accepted else "")


def test_the_default_server_does_not_import_opentelemetry() -> None:
    asked = "import sys, readstone.app, readstone.worker; sys.exit('opentelemetry' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0


@pytest.mark.parametrize(
    "url", ["collector:4318", "ftp://collector", "http://user:secret@collector", "http://c/?key=1"]
)
def test_endpoints_that_are_none(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load({"otlp_endpoint": url})
    assert "READSTONE_OTLP_ENDPOINT" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_off_without_an_endpoint() -> None:
    assert isinstance(open_tracing(None, {}), NoTracing)
    assert isinstance(open_tracing("http://127.0.0.1:1", {"OTEL_SDK_DISABLED": "true"}), NoTracing)


def test_without_the_extra_one_line_says_so(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    for name in [name for name in sys.modules if name.startswith("opentelemetry")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "readstone.observe.otlp", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with caplog.at_level(logging.WARNING, "readstone"):
        assert isinstance(open_tracing("http://127.0.0.1:1", {}), NoTracing)
    (line,) = caplog.messages
    assert "pip install readstone[telemetry]" in line


def test_a_request_is_passed_on_without_spans() -> None:
    observer = Observer()
    observer.start()
    with observer.request("id", "POST", "http", "/x", {"traceparent": SENT}) as watched:
        assert watched.traceparent == SENT
    with observer.request("id", "POST", "http", "/x", {"traceparent": "junk"}) as watched:
        assert watched.traceparent == ""


def operation(trace: str) -> Operation:
    return Operation("an-id", "v3.2", "read", b"", "", State.RUNNING, 1.0, 1.0, (7,), trace)


def observed(endpoint: str | None = None) -> Observer:
    observer = Observer(endpoint)
    observer.start()
    return observer


def test_a_request_and_its_page_are_one_trace() -> None:
    with collector() as received:
        observer = observed(received.url)
        with observer.request("id", "POST", "http", "/vision/v3.2/read/analyze", {"traceparent": SENT}) as watched:
            with stage(Stage.ACCEPT, "store"):
                carried = watched.traceparent
            watched.answered(DONE, "id")
        with observer.page(PageClaim(operation(carried), 0, 1, 2)), stage(Stage.DECODE, "decoder"):
            pass
        observer.close()
    assert received.paths == {"/v1/traces"}
    assert {span.trace for span in received.spans} == {TRACE}
    request = received.one("POST /vision/v3.2/read/analyze")
    assert (request.parent, request.kind, request.status) == (SPAN, SERVER, 0)
    assert request.attributes == {
        "http.request.method": "POST",
        "url.scheme": "http",
        "url.path": "/vision/v3.2/read/analyze",
        "http.route": "/vision/v3.2/read/analyze",
        "http.response.status_code": 202,
        "readstone.version": "v3.2",
        "readstone.operation": "Read",
    }
    assert {span.name for span in received.under(request)} == {"accept", "page read"}
    page = received.one("page read")
    assert (page.kind, page.attributes["readstone.page"], page.attributes["readstone.attempt"]) == (CONSUMER, 7, 2)
    (decoded,) = received.under(page)
    assert (decoded.name, decoded.kind, decoded.attributes) == ("decode", INTERNAL, {"readstone.engine": "decoder"})
    assert received.resources[0]["service.name"] == "readstone"


def test_stages_on_the_pools_threads_belong_to_their_request() -> None:
    pool = WorkPool(2, 2)
    together = threading.Barrier(2)

    def work(_cancelled: object) -> None:
        with stage(Stage.READ, "default"):
            together.wait(10)

    async def one(observer: Observer, path: str) -> None:
        with observer.request("id", "POST", "http", path, {}) as watched:
            await pool.run(work)
            watched.answered(Outcome("v3.2", path, path, 200), "id")

    async def both(observer: Observer) -> None:
        await asyncio.gather(one(observer, "/a"), one(observer, "/b"))

    with collector() as received:
        observer = observed(received.url)
        asyncio.run(both(observer))
        observer.close()
    pool.close()
    for path in ("/a", "/b"):
        (read,) = received.under(received.one(f"POST {path}"))
        assert read.name == "read"
    assert len({span.trace for span in received.spans}) == 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(Refusal(Reason.IMAGE_FORMAT, "the text"), "image_format"), (ValueError("the text"), "ValueError")],
)
def test_a_fault_is_told_by_its_kind(fault: Exception, kind: str) -> None:
    with collector() as received:
        observer = observed(received.url)
        with observer.request("id", "POST", "http", "/x", {}) as watched:
            with pytest.raises(type(fault)), stage(Stage.DECODE, "decoder"):
                raise fault
            watched.answered(Outcome("v3.2", "Ocr", "/x", 500), "id")
        observer.close()
    decoded = received.one("decode")
    assert (decoded.status, decoded.attributes["error.type"], decoded.events) == (ERROR, kind, 0)
    request = received.one("POST /x")
    assert (request.status, request.attributes["error.type"]) == (ERROR, "500")
    assert not any(b"the text" in body for body in received.raw)


def test_a_caller_who_left_is_no_fault() -> None:
    with collector() as received:
        observer = observed(received.url)
        with observer.request("id", "POST", "http", "/x", {}) as watched:
            with pytest.raises(Cancelled), stage(Stage.READ, "default"):
                raise Cancelled
            watched.answered(Outcome("v3.2", "Ocr", "/x", 499), "id")
        observer.close()
    assert {span.status for span in received.spans} == {0}
    assert "http.response.status_code" not in received.one("POST /x").attributes


def test_probes_make_no_spans_and_odd_methods_no_names() -> None:
    with collector() as received:
        observer = observed(received.url)
        for path in ("/ready", "/metrics/", "/ContainerLiveness"):
            with observer.request("id", "GET", "http", path, {}) as watched:
                watched.answered(Outcome("container", "Ready", path, 200), "id")
        with observer.request("id", "BREW", "http", "/pot", {}) as watched:
            watched.answered(Outcome("none", "none", "", 404), "id")
        observer.close()
    (span,) = received.spans
    assert (span.name, span.attributes["http.request.method"]) == ("HTTP", "_OTHER")


def test_the_usual_variables_count(monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as received:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", received.url)
        monkeypatch.setenv("OTEL_SERVICE_NAME", "ocr-of-ours")
        observer = observed()
        with observer.request("id", "GET", "http", "/x", {}):
            pass
        observer.close()
    assert received.resources[0]["service.name"] == "ocr-of-ours"


@pytest.mark.parametrize("status", [503, 400])
def test_a_collector_that_refuses_costs_nobody_anything(status: int) -> None:
    with collector(status) as received:
        observer = observed(received.url)
        with observer.request("id", "GET", "http", "/x", {}) as watched:
            watched.answered(DONE, "id")
        started = time.monotonic()
        observer.close()
    assert time.monotonic() - started < 7
    assert received.spans == []


def test_two_servers_in_one_process_send_apart() -> None:
    with collector() as one, collector() as other:
        first, second = OtlpTracing(one.url), OtlpTracing(other.url)
        with first.stage(Stage.READ, "x"):
            pass
        second.close()
        first.close()
    assert len(one.spans) == 1
    assert other.spans == []
