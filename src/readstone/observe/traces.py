"""Traces: off unless an endpoint is set, then sent by OpenTelemetry (the extra `telemetry`).

Without it a request still belongs to its caller's trace: the id is in the log lines and goes through the queue.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from readstone.domain.stages import Stage
from readstone.observe import traceparent
from readstone.operations.operation import PageClaim

_log = logging.getLogger("readstone.traces")

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a span tells of a request; `path` without its query, which may hold a key."""

    method: str
    scheme: str
    path: str
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended: the operation's names, its route's pattern, empty when none was found, and the status.

    `operation_id`: the accepted document that it is about, empty when it is about none.
    """

    version: str
    operation: str
    route: str
    status: int
    operation_id: str = ""


class RequestTrace(Protocol):
    """The trace of one request: `traceparent` is what its parts, and the operation it starts, belong to."""

    @property
    def traceparent(self) -> str:
        """W3C Trace Context; empty when there is no trace."""
        ...

    def answered(self, outcome: Outcome) -> None:
        """The request has been answered."""
        ...


class Tracing(Protocol):
    """Makes spans. Every context belongs to the one that is open around it."""

    @property
    def on(self) -> bool:
        """Whether stages are worth telling."""
        ...

    def request(self, arrival: Arrival) -> AbstractContextManager[RequestTrace]:
        """While a request is being worked on."""
        ...

    def page(self, claim: PageClaim) -> AbstractContextManager[str]:
        """While a page of an accepted document is; yields the traceparent."""
        ...

    def stage(self, stage: Stage, engine: str) -> AbstractContextManager[None]:
        """While a stage lasts."""
        ...

    def close(self) -> None:
        """Send what is left, for a few seconds at most."""
        ...


class NoTracing:
    """Passes on what callers send, and makes no spans."""

    on = False

    def request(self, arrival: Arrival) -> AbstractContextManager[RequestTrace]:
        """See `Tracing.request`."""
        return nullcontext(_Passed(traceparent.accepted(arrival.traceparent)))

    def page(self, claim: PageClaim) -> AbstractContextManager[str]:
        """See `Tracing.page`."""
        return nullcontext(claim.operation.trace)

    def stage(self, _stage: Stage, _engine: str) -> AbstractContextManager[None]:
        """See `Tracing.stage`."""
        return nullcontext()

    def close(self) -> None:
        """See `Tracing.close`."""


@dataclass(frozen=True, slots=True)
class _Passed:
    traceparent: str

    def answered(self, _outcome: Outcome) -> None:
        return


def open_tracing(endpoint: str | None, environ: Mapping[str, str] = os.environ) -> Tracing:
    """Tracing to the OTLP/HTTP collector at `endpoint`, else where OpenTelemetry's own variables say.

    When there is an endpoint but the extra is not installed, that is one line in the log.
    """
    if not endpoint and not any(environ.get(name) for name in _ENDPOINTS):
        return NoTracing()
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or environ.get("OTEL_TRACES_EXPORTER") == "none":
        return NoTracing()
    try:
        from readstone.observe.otlp import OtlpTracing
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("opentelemetry"):
            _log.warning("no traces are sent: an endpoint is set, but `pip install readstone[telemetry]` is missing")
            return NoTracing()
        raise
    return OtlpTracing(endpoint)
