"""All that is to be seen of one server or worker, in one place: metrics, traces and the ids of log lines.

`request` goes around a request, the witness's part around pages (readstone.operations.witness), and whatever runs
inside of either tells its stages by itself (readstone.domain.stages).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import TracebackType

from readstone.domain.refusals import Reason, Refusal
from readstone.domain.stages import PageKind, Stage, watched_by
from readstone.observe import ids, logs, traceparent
from readstone.observe.metrics import Metrics
from readstone.observe.traces import Arrival, NoTracing, Outcome, RequestTrace, Tracing, open_tracing
from readstone.operations.operation import Operation, PageClaim

CLIENT_REQUEST_ID = "x-ms-client-request-id"


class Observer:
    """Watches stages, witnesses pages, wraps requests. `endpoint`: see `readstone.observe.traces.open_tracing`."""

    def __init__(self, endpoint: str | None = None) -> None:
        self.metrics = Metrics()
        self._endpoint = endpoint
        self._tracing: Tracing = NoTracing()

    def start(self) -> None:
        """Begin to send traces, if they are to be sent."""
        self._tracing = open_tracing(self._endpoint)

    def close(self) -> None:
        """Send the last traces; blocks for a few seconds at most."""
        self._tracing.close()

    # --- requests -------------------------------------------------------------------------------------

    @contextmanager
    def request(
        self, request_id: str, method: str, scheme: str, path: str, headers: Mapping[str, str]
    ) -> Iterator[WatchedRequest]:
        """While a request is being worked on: its log lines carry its ids, its stages are told.

        `path` comes without the query; of `headers` the trace and the client's own id are looked at.
        """
        started = time.perf_counter()
        carried = {"request_id": request_id}
        theirs = ids.harmless(headers.get(CLIENT_REQUEST_ID))
        if theirs:
            carried["client_request_id"] = theirs
        arrival = Arrival(method, scheme, path, headers.get(traceparent.HEADER) or "")
        self.metrics.in_flight.inc()
        try:
            with self._tracing.request(arrival) as trace, ids.carried(carried), watched_by(self):
                if trace.traceparent:
                    carried["trace_id"] = traceparent.trace_id(trace.traceparent)
                yield WatchedRequest(self.metrics, trace, arrival, carried, started)
        finally:
            self.metrics.in_flight.dec()

    def refused(self, refusal: Refusal) -> None:
        """A request was refused."""
        self.metrics.refused(refusal.reason)
        if refusal.reason is Reason.TOO_MANY_REQUESTS:
            self.metrics.limited(refusal.bound)

    # --- pages: see readstone.operations.witness.Witness ------------------------------------------------

    @contextmanager
    def page(self, claim: PageClaim) -> Iterator[None]:
        """While a page of an accepted document is being worked on."""
        carried = {"operation_id": claim.operation.id, "page": str(claim.page)}
        if claim.left_behind:
            self.metrics.reclaimed()
        with self._tracing.page(claim) as trace, ids.carried(carried), watched_by(self):
            if trace:
                carried["trace_id"] = traceparent.trace_id(trace)
            yield

    def ended(self, operation: Operation) -> None:
        """An operation came to its end here."""
        self.metrics.operation_ended(operation.kind, operation.state.value, operation.updated - operation.created)

    # --- stages: see readstone.domain.stages.Watch ------------------------------------------------------

    def stage(self, stage: Stage, engine: str) -> AbstractContextManager[None]:
        """Times the stage; a span too while there are traces."""
        span = self._tracing.stage(stage, engine) if self._tracing.on else None
        return _Timed(self.metrics.stage_of(stage, engine), span)

    def done(self, kind: PageKind) -> None:
        """Counts the page."""
        self.metrics.page_of(kind)()


@dataclass(frozen=True, slots=True)
class WatchedRequest:
    """One request as it is seen from outside. `traceparent`: what an operation that it starts belongs to."""

    _metrics: Metrics
    _trace: RequestTrace
    _arrival: Arrival
    _ids: dict[str, str]
    _started: float

    @property
    def traceparent(self) -> str:
        """W3C Trace Context, empty when the request belongs to no trace."""
        return self._trace.traceparent

    def answered(self, outcome: Outcome, request_id: str) -> None:
        """Count it, time it, and write its log line. `request_id` is the one that the client is told."""
        seconds = time.perf_counter() - self._started
        self._metrics.request_of(outcome.version, outcome.operation, outcome.status)(seconds)
        self._trace.answered(outcome)
        self._ids["request_id"] = request_id
        if outcome.operation_id:
            self._ids["operation_id"] = outcome.operation_id
        logs.answered(
            method=self._arrival.method,
            path=self._arrival.path,
            status=outcome.status,
            milliseconds=seconds * 1000,
        )


class _Timed:
    """Tells how long it was open."""

    __slots__ = ("_observe", "_span", "_started")

    def __init__(self, observe: Callable[[float], None], span: AbstractContextManager[None] | None) -> None:
        self._observe = observe
        self._span = span

    def __enter__(self) -> None:
        if self._span:
            self._span.__enter__()
        self._started = time.perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._observe(time.perf_counter() - self._started)
        if self._span:
            self._span.__exit__(kind, fault, trace)
