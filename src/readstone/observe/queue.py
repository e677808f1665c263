"""How much there is to do and how full the disk is: asked when somebody looks, and not more than once a second.

Nothing here waits on the event loop, and whoever looks never waits long: while the store does not answer its
series are missing and `readstone_store_up` is 0, and everything else is told as ever.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from readstone.operations.errors import StoreUnavailableError
from readstone.operations.store import Counts

_log = logging.getLogger("readstone.metrics")


class Counted(Protocol):
    """What is asked of the store (`readstone.operations.store.OperationStore`)."""

    async def counts(self) -> Counts:
        """How much there is to do. Raises StoreUnavailableError."""
        ...


@dataclass(frozen=True, slots=True)
class Sample:
    """What was found at one moment; None: it could not be asked."""

    counts: Counts | None = None
    used_ratio: float | None = None


class Queue(Collector):
    """Samples `store`, and the disk of `folder`, for the next `fresh_seconds`; gives up after `patience_seconds`."""

    def __init__(
        self, store: Counted, folder: Path, *, fresh_seconds: float = 1.0, patience_seconds: float = 2.0
    ) -> None:
        self._store = store
        self._folder = folder
        self._fresh = fresh_seconds
        self._patience = patience_seconds
        self._last = Sample()
        self._taken = float("-inf")
        self._sampling: asyncio.Task[Sample] | None = None

    async def refresh(self) -> None:
        """Take a sample unless the last one is fresh. Never raises."""
        if time.monotonic() - self._taken < self._fresh:
            return
        # One at a time: a store that hangs is not to be asked by ever more.
        if self._sampling is None:
            self._sampling = asyncio.create_task(self._sample())
        sampling = self._sampling
        await asyncio.wait({sampling}, timeout=self._patience)
        if sampling.done():
            self._last = sampling.result() if not sampling.cancelled() else Sample()
            self._sampling = None
        else:
            self._last = Sample()
        self._taken = time.monotonic()

    async def _sample(self) -> Sample:
        counts, ratio = None, None
        try:
            counts = await self._store.counts()
        except StoreUnavailableError as fault:
            _log.debug("the store cannot be counted: %s", fault)
        except Exception as fault:
            # One figure that cannot be had must not hide all the others.
            _log.warning("the store cannot be counted: %s", type(fault).__name__)
        try:
            usage = await asyncio.to_thread(shutil.disk_usage, self._folder)
            ratio = usage.used / max(1, usage.used + usage.free)  # as `df` counts, and as the watermark does
        except OSError as fault:
            _log.debug("the disk cannot be asked: %s", fault.strerror)
        return Sample(counts, ratio)

    def describe(self) -> Iterable[Metric]:
        """No samples, only the names."""
        return self._families(Sample())

    def collect(self) -> Iterable[Metric]:
        """The last sample."""
        return self._families(self._last)

    def _families(self, sample: Sample) -> list[Metric]:
        up = GaugeMetricFamily("readstone_store_up", "1 while the operation store answers, else 0.")
        up.add_metric([], float(sample.counts is not None))
        operations = GaugeMetricFamily(
            "readstone_operations", "Operations that have not ended, by state.", labels=["state"]
        )
        pages = GaugeMetricFamily("readstone_queued_pages", "Pages of these, waiting or being read.", labels=["state"])
        oldest = GaugeMetricFamily(
            "readstone_operation_oldest_queued_seconds", "Age of the operation whose page has waited longest."
        )
        used = GaugeMetricFamily("readstone_store_used_ratio", "Used share of the disk that the data folder is on.")
        if sample.counts:
            for state, count in sample.counts.operations.items():
                operations.add_metric([state.replace(" ", "_")], count)
            pages.add_metric(["waiting"], sample.counts.queued)
            pages.add_metric(["reading"], sample.counts.running)
            oldest.add_metric([], sample.counts.oldest_queued_seconds)
        if sample.used_ratio is not None:
            used.add_metric([], sample.used_ratio)
        return [up, operations, pages, oldest, used]
