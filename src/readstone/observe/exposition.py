"""The text that Prometheus reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from prometheus_client.exposition import choose_encoder

from readstone.engines.model_file import ModelFile
from readstone.observe.metrics import Metrics
from readstone.observe.queue import Queue


@dataclass(frozen=True, slots=True)
class Scrape:
    """One answer: the text and its media type."""

    text: bytes
    media_type: str


class Exposition:
    """All series of one process; those of the queue are looked up at each scrape.

    `restarts`: how many decoder processes were replaced, by reason. `models`: the files that the process works with.
    """

    def __init__(
        self,
        metrics: Metrics,
        queue: Queue,
        restarts: Callable[[], Mapping[str, int]] = dict,
        models: Iterable[ModelFile] = (),
    ) -> None:
        metrics.registry.register(queue)
        metrics.count_from("worker_restarts", "Image decoder processes replaced.", "reason", restarts)
        metrics.models(models)
        self._metrics = metrics
        self._queue = queue

    async def scrape(self, accept: str) -> Scrape:
        """The series in the format that the header `accept` prefers, the plain text one if it says nothing."""
        await self._queue.refresh()
        encode, media_type = choose_encoder(accept)
        # Some milliseconds of work for a few hundred series: not on the event loop.
        text: bytes = await asyncio.to_thread(encode, self._metrics.registry)
        return Scrape(text, media_type)
