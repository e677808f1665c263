"""What is counted and timed: one registry a server, so that several servers in one process stay apart.

Names and units follow Prometheus' conventions: base units, `_total` for counters, labels of few values. A label
holds only names of ours (a version, an operation, a stage, a reason), never anything that a caller wrote.
docs/observability.md describes every name.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from readstone import __version__
from readstone.domain.refusals import Reason
from readstone.domain.stages import PageKind, Stage
from readstone.engines.model_file import ModelFile

# A second series for every other, with the time of its first use: nobody asks for it.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it untyped

_REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_STAGE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_OPERATION_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)


class Metrics:
    """All series of one server. Thread-safe; looking up a series by its labels happens once for each."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.build = self._gauge("build_info", "The running release.", "version", "python")
        self.build.labels(__version__, platform.python_version()).set(1)
        self._models = self._gauge("model_info", "Model files of this server.", "model", "version", "source")
        answered = ("version", "operation")
        self._requests = self._counter("http_requests", "Requests answered, by status.", *answered, "code")
        self._request_seconds = self._histogram(
            "http_request_duration_seconds", "From a request's headers to its answer.", _REQUEST_SECONDS, *answered
        )
        self.in_flight = self._gauge("http_requests_in_flight", "Requests being worked on.")
        self._refused = self._counter("intake_refused", "Requests refused, by reason.", "reason")
        self._limited = self._counter("rate_limited", "Requests answered 429, by the bound they met.", "bound")
        self._stage_seconds = self._histogram(
            "stage_duration_seconds", "Time in one stage of the work on an image.", _STAGE_SECONDS, "stage", "engine"
        )
        self._pages = self._counter("pages", "Pages and images done.", "kind")
        self._operation_seconds = self._histogram(
            "operation_duration_seconds",
            "From acceptance to the end of an operation.",
            _OPERATION_SECONDS,
            *("kind", "state"),
        )
        self._reclaims = self._counter("lease_reclaims", "Pages taken over from a worker that died or hung.")
        # The last label look-ups, so that a request costs none.
        self.request_of = cache(self._request_of)
        self.stage_of = cache(self._stage_of)
        self.page_of = cache(self._page_of)
        self.gauge = self._gauge

    # --- what happened ------------------------------------------------------------------------------

    def _request_of(self, version: str, operation: str, code: int) -> Callable[[float], None]:
        """Counts a request and its seconds."""
        count = self._requests.labels(version, operation, code).inc
        observe = self._request_seconds.labels(version, operation).observe

        def answered(seconds: float) -> None:
            count()
            observe(seconds)

        return answered

    def _stage_of(self, stage: Stage, engine: str) -> Callable[[float], None]:
        """Counts a stage and its seconds."""
        return self._stage_seconds.labels(stage.value, engine).observe

    def _page_of(self, kind: PageKind) -> Callable[[], None]:
        """Counts a page."""
        return self._pages.labels(kind.value).inc

    def refused(self, reason: Reason) -> None:
        """A request was refused."""
        self._refused.labels(reason.name.lower()).inc()

    def limited(self, bound: str) -> None:
        """A request was answered 429; `bound` says which one it met, in a word of ours."""
        self._limited.labels(bound).inc()

    def reclaimed(self) -> None:
        """A page was taken over."""
        self._reclaims.inc()

    def operation_ended(self, kind: str, state: str, seconds: float) -> None:
        """An operation of `kind` came to its end."""
        self._operation_seconds.labels(kind, state).observe(seconds)

    # --- what is looked up when somebody asks ---------------------------------------------------------

    def models(self, files: Iterable[ModelFile]) -> None:
        """Tell which model files this server works with."""
        for file in files:
            self._models.labels(file.name, file.version, file.distribution).set(1)

    def count_from(self, name: str, help_text: str, label: str, read: Callable[[], Mapping[str, int]]) -> None:
        """Show a count that is kept elsewhere: `read` returns it by the values of `label`, and only ever grows."""
        self.registry.register(_Borrowed(f"readstone_{name}", help_text, label, read))

    # --- making series --------------------------------------------------------------------------------

    def _counter(self, name: str, help_text: str, *labels: str) -> Counter:
        return Counter(f"readstone_{name}", help_text, labels, registry=self.registry)

    def _gauge(self, name: str, help_text: str, *labels: str) -> Gauge:
        return Gauge(f"readstone_{name}", help_text, labels, registry=self.registry)

    def _histogram(self, name: str, help_text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"readstone_{name}", help_text, labels, registry=self.registry, buckets=buckets)


class _Borrowed(Collector):
    """A counter whose figures are kept by the part that counts."""

    def __init__(self, name: str, help_text: str, label: str, read: Callable[[], Mapping[str, int]]) -> None:
        self._name, self._help, self._label, self._read = name, help_text, label, read

    def describe(self) -> Iterable[Metric]:
        return [CounterMetricFamily(self._name, self._help, labels=[self._label])]

    def collect(self) -> Iterable[Metric]:
        family = CounterMetricFamily(self._name, self._help, labels=[self._label])
        for value, count in self._read().items():
            family.add_metric([value], count)
        return [family]
