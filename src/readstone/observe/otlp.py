"""Spans through OpenTelemetry, sent as OTLP over HTTP. Needs the extra `telemetry`.

A span holds names, numbers and ids: no query, no header, no message of an exception, nothing that was read. The
tracer provider is this object's own, never the process's, so that several servers in one process stay apart.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from readstone import __version__
from readstone.domain.refusals import Cancelled, Refusal
from readstone.domain.stages import Stage
from readstone.observe import traceparent
from readstone.observe.traces import Arrival, Outcome
from readstone.operations.operation import PageClaim

_W3C = TraceContextTextMapPropagator()
_CLOSE_SECONDS = 2.0
_LONGEST_PATH = 500
# The methods of RFC 9110 and 5789; the convention has others written as _OTHER.
_METHODS = frozenset("CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE".split())
# Asked for every few seconds by machines: their spans would bury the others.
_PROBES = frozenset({"ready", "startup", "status", "containerliveness", "metrics"})


class OtlpTracing:
    """Sends spans to the collector at `endpoint`, else where OTEL_EXPORTER_OTLP_ENDPOINT says.

    What else OpenTelemetry's variables say of headers, time-outs, sampling and the resource counts too.
    """

    on = True

    def __init__(self, endpoint: str | None) -> None:
        described = {"service.version": __version__, "service.instance.id": str(uuid4())}
        if not os.environ.get("OTEL_SERVICE_NAME"):
            described["service.name"] = "readstone"
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces" if endpoint else None)
        self._provider = TracerProvider(resource=Resource.create(described), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("readstone", __version__)

    @contextmanager
    def request(self, arrival: Arrival) -> Iterator[_RequestSpan]:
        """A server span, child of the caller's (https://opentelemetry.io/docs/specs/semconv/http/http-spans/)."""
        if arrival.path.strip("/").lower() in _PROBES:
            yield _RequestSpan(None, "", arrival.traceparent)
            return
        known = arrival.method in _METHODS
        method = arrival.method if known else "HTTP"
        attributes = {
            "http.request.method": arrival.method if known else "_OTHER",
            "url.scheme": arrival.scheme,
            "url.path": arrival.path[:_LONGEST_PATH],
        }
        with self._span(method, SpanKind.SERVER, attributes, arrival.traceparent) as span:
            yield _RequestSpan(span, method, arrival.traceparent)

    @contextmanager
    def page(self, claim: PageClaim) -> Iterator[str]:
        """A consumer span, child of the submit's."""
        attributes: dict[str, str | int] = {
            "readstone.version": claim.operation.surface,
            "readstone.operation": claim.operation.kind,
            "readstone.operation_id": claim.operation.id,
            "readstone.page": claim.page,
            "readstone.attempt": claim.attempt,
        }
        name = f"page {claim.operation.kind}"
        with self._span(name, SpanKind.CONSUMER, attributes, claim.operation.trace) as span:
            yield _traceparent_of(span)

    @contextmanager
    def stage(self, stage: Stage, engine: str) -> Iterator[None]:
        """An inner span, child of the one that is open."""
        with self._span(stage.value, SpanKind.INTERNAL, {"readstone.engine": engine}):
            yield

    def close(self) -> None:
        """Send what is left; a collector that hangs is left behind."""
        closing = threading.Thread(target=self._provider.shutdown, name="last spans", daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)

    @contextmanager
    def _span(
        self, name: str, kind: SpanKind, attributes: dict[str, str | int] | dict[str, str], parent: str | None = None
    ) -> Iterator[Span]:
        """`parent`: a traceparent; None: the span that is open here."""
        context = None if parent is None else _W3C.extract({traceparent.HEADER: parent}, Context())
        with self._tracer.start_as_current_span(
            name, context, kind, attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except Cancelled:
                raise
            except Exception as fault:
                # Its kind only: a message may quote the document.
                kind_of_fault = fault.reason.name.lower() if isinstance(fault, Refusal) else type(fault).__name__
                span.set_attribute("error.type", kind_of_fault)
                span.set_status(Status(StatusCode.ERROR))
                raise


class _RequestSpan:
    """See `readstone.observe.traces.RequestTrace`."""

    def __init__(self, span: Span | None, method: str, arrived: str) -> None:
        self._span = span
        self._method = method
        self.traceparent = _traceparent_of(span) if span else traceparent.accepted(arrived)

    def answered(self, outcome: Outcome) -> None:
        """Name the span after its route, as the convention has it."""
        span = self._span
        if span is None:
            return
        if outcome.route:
            span.update_name(f"{self._method} {outcome.route}")
            span.set_attribute("http.route", outcome.route)
        span.set_attribute("readstone.version", outcome.version)
        span.set_attribute("readstone.operation", outcome.operation)
        if outcome.operation_id:
            span.set_attribute("readstone.operation_id", outcome.operation_id)
        if outcome.status == _CLIENT_LEFT:
            span.set_attribute("error.type", "client_left")
            return
        span.set_attribute("http.response.status_code", outcome.status)
        if outcome.status >= 500:
            span.set_attribute("error.type", str(outcome.status))
            span.set_status(Status(StatusCode.ERROR))


_CLIENT_LEFT = 499


def _traceparent_of(span: Span) -> str:
    found = span.get_span_context()
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-{int(found.trace_flags):02x}" if found.is_valid else ""
