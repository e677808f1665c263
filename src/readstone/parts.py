"""What reads the pages of accepted documents, put together the same way in the server and in `readstone worker`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from readstone.access.gate import Gate, KeyGate, OpenGate
from readstone.access.keys import KeyFile, KeyRing
from readstone.access.metering import Metering
from readstone.access.tokens import Tokens, load_secret
from readstone.api import metrics, vision
from readstone.api.credentials import bearer_as_key, presented
from readstone.api.extras import sample_image
from readstone.api.routing import Surface
from readstone.api.vision.page_work import PageWork
from readstone.api.vision.services import Caps
from readstone.domain.options import ReadOptions
from readstone.domain.standing import standing_as
from readstone.engines.manifest import DEFAULT_MODELS
from readstone.engines.protocols import TextReader
from readstone.inference.documents import Documents
from readstone.inference.memory import keep_few_heaps
from readstone.inference.pool import WorkPool
from readstone.inference.precedence import Precedence
from readstone.inference.reading import ReaderSlot
from readstone.intake.decoder_guards import give_memory_back
from readstone.intake.decoder_process import DecoderPool
from readstone.intake.limits import OCR_V2_0
from readstone.observe.exposition import Exposition
from readstone.observe.observer import Observer
from readstone.observe.queue import Queue
from readstone.operations.admission import Admission, Bounds
from readstone.operations.choice import choose_store
from readstone.operations.operation import Operation
from readstone.operations.runner import ReadPage, Runner
from readstone.operations.sweeper import Sweeper
from readstone.operations.watermark import Watermark
from readstone.plugging import check_engines, plug_in, reader_of
from readstone.settings import Auth, MetricsAccess, Settings

KEYS_RECHECK_SECONDS = 0.25
"""A key made or revoked on the command line takes effect within this time."""


def tokens_of(settings: Settings) -> Tokens:
    """Who issues and judges tokens."""
    secret = settings.token_secret.get_secret_value() if settings.token_secret else None
    return Tokens(load_secret(settings.data_dir, secret))


def keys_of(settings: Settings) -> KeyFile:
    """The stored keys, which the gate and the metering both look at."""
    return KeyFile(settings.data_dir, KEYS_RECHECK_SECONDS)


def gate_of(settings: Settings, stored: KeyFile, tokens: Tokens) -> Gate:
    """Who lets callers in."""
    ring = KeyRing((key.get_secret_value() for key in settings.keys), stored)
    return OpenGate() if settings.auth is Auth.OPEN else KeyGate(ring, tokens)


def metering_of(settings: Settings, stored: KeyFile) -> Metering:
    """What keys may do, and have done."""
    database = settings.database.get_secret_value() if settings.database else None
    return Metering(settings.data_dir, stored, settings.rate, database)


def behind_clients(read_page: ReadPage, precedence: Precedence) -> ReadPage:
    """`read_page` for pages that stand behind clients who wait, and among each other as `precedence` says."""

    async def read(operation: Operation, page: int) -> bytes:
        with standing_as(precedence.of(operation.owner)):
            return await read_page(operation, page)

    return read


class Parts:
    """Decoder, worker threads, reader, store, and who reads what waits there; `observer` watches it all.

    `make_reader` is called once, by `load`, off the event loop. In order: `load`, the store's
    `open`, `begin`, `rest`, `close`.
    """

    def __init__(
        self, settings: Settings, observer: Observer, make_reader: Callable[[], TextReader] | None = None
    ) -> None:
        self._settings = settings
        self.plugged = plug_in(settings)
        self._make_reader = make_reader or (lambda: reader_of(settings, self.plugged))
        self.caps = Caps(settings.max_image_bytes, settings.max_image_side, settings.max_pages)
        self.decoder = DecoderPool(processes=settings.workers)
        self.pool = WorkPool(settings.workers, settings.queue, patient=settings.workers + 1)  # what the runner reads
        self.reader = ReaderSlot()
        self.documents = Documents(self.pool, self.decoder, self.reader)
        self.watermark = Watermark(fresh_seconds=0.5)
        self.folder = settings.data_dir / "operations"
        self.store = choose_store(
            self.folder,
            database=settings.database.get_secret_value() if settings.database else None,
            inputs=settings.inputs,
            retention_seconds=settings.result_hours * 3600,
            watermark=self.watermark,
        )
        bounds = Bounds(settings.backlog_pages, settings.backlog_pages_per_key, settings.backlog_seconds)
        self.admission = Admission(self.store.backlog, bounds)
        page_work = PageWork(vision.text_families(self.caps), self.documents, self.store)
        read = behind_clients(page_work.read, Precedence())
        self._runner = Runner(self.store, read, settings.workers, witness=observer)
        self._sweeper = Sweeper(self.store, witness=observer)
        queue = Queue(self.store, settings.data_dir)
        self._exposition = Exposition(observer.metrics, queue, self.decoder.restarts, DEFAULT_MODELS)

    def metrics(self, gate: Gate) -> tuple[Surface, ...]:
        """The route of /metrics, where there is to be one; `gate` is asked when it wants a key."""
        if self._settings.metrics is MetricsAccess.OFF:
            return ()
        if self._settings.metrics is MetricsAccess.OPEN:
            return (metrics.surface(self._exposition),)
        return (metrics.surface(self._exposition, lambda call: gate.admit(bearer_as_key(presented(call.request)))),)

    async def load(self) -> None:
        """Start the decoder's processes and load the reader. Raises as these do."""
        keep_few_heaps()
        check_engines(self._settings, self.plugged)
        self.decoder.start()
        self.reader.put(await asyncio.to_thread(self._make_reader))
        give_memory_back()  # the models' files, parsed graphs and first runs leave 30 MiB free in the heap

    async def warm_up(self) -> None:
        """Have a small picture read, so that the first page finds all ready. Raises when it cannot be."""
        await asyncio.to_thread(self._read_sample)

    def _read_sample(self) -> None:
        picture = self.decoder.decode(sample_image(), OCR_V2_0.image)
        self.reader.get().read(picture, ReadOptions())

    def begin(self) -> None:
        """Read pages, unless the settings leave that to others, and sweep."""
        if self._settings.read_pages:
            self._runner.start()
        self._sweeper.start()

    async def rest(self, grace_seconds: float) -> None:
        """Claim no more; pages in work may end for `grace_seconds`, the others go back to the store."""
        await self._runner.stop(grace_seconds)
        await self._sweeper.stop()

    async def close(self) -> None:
        """Let running calls of the reader end, let go of the store and the decoder."""
        await asyncio.to_thread(self.pool.close)
        await asyncio.to_thread(self.plugged.close)
        await self.store.close()
        self.decoder.close()
