"""The real reader's part of `bench/fairness.py`: what others notice of a long document that is being read."""

from __future__ import annotations

import asyncio
import io
import random
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from PIL import Image

from page_times import page
from readstone.api.vision.text_options import TextOptions
from readstone.domain.options import ReadOptions
from readstone.inference.reading import Reading
from readstone.intake.limits import OCR_V2_0
from readstone.observe.observer import Observer
from readstone.operations.operation import NewOperation, Operation
from readstone.operations.store import OperationStore
from readstone.parts import Parts
from readstone.settings import Settings

LEAD_SECONDS = 8.0
"""The document is being read for so long before anybody else comes."""

Took = dict[str, list[float]]
"""Milliseconds of single pages ("page") and of clients that wait ("client"), in the order of the images."""


def document(images: list[bytes], pages: int) -> bytes:
    """A PDF of so many pages."""
    drawn = [Image.open(io.BytesIO(images[n % len(images)])) for n in range(pages)]
    buffer = io.BytesIO()
    drawn[0].save(buffer, "PDF", save_all=True, append_images=drawn[1:], resolution=150)
    return buffer.getvalue()


async def accepted(store: OperationStore, owner: str, data: bytes, pages: int = 1) -> Operation:
    options = TextOptions().packed()
    return await store.accept(NewOperation("v3.2", "read", options, tuple(range(1, pages + 1)), data, owner))


async def singles(parts: Parts, owner: str, images: list[bytes], pause: float, dice: random.Random) -> Took:
    """Each image as a document of `owner`, and as a client's that waits for its answer."""
    reading = Reading(parts.pool, parts.decoder, parts.reader)

    async def as_page(image: bytes) -> None:
        operation = await accepted(parts.store, owner, image)
        while (found := await parts.store.find(operation.id)) and not found.state.ended:  # noqa: ASYNC110 - as clients do
            await asyncio.sleep(0.002)
        assert found
        assert await parts.store.page_bodies(operation.id), "it could not be read"

    async def as_client(image: bytes) -> None:
        await reading.read(image, OCR_V2_0.image, ReadOptions())

    kinds: dict[str, Callable[[bytes], Awaitable[None]]] = {"page": as_page, "client": as_client}
    took: Took = {kind: [] for kind in kinds}
    for image in images:
        for kind, read in kinds.items():
            await asyncio.sleep(dice.uniform(0, 2 * pause))
            start = time.perf_counter()
            await read(image)
            took[kind].append((time.perf_counter() - start) * 1000)
    return took


async def one_round(
    settings: Settings, images: list[bytes], large: bytes, pages: int, pause: float, seed: int
) -> tuple[Took, Took, float]:
    """Idle, beside the document, and the pages of the document read a second meanwhile."""
    parts = Parts(settings, Observer())
    await parts.load()
    await parts.warm_up()
    await parts.store.open()
    parts.begin()
    try:
        # By another owner: what was read for somebody on an idle system is not to count against the figures below.
        idle = await singles(parts, "earlier", images, pause, random.Random(seed))
        await accepted(parts.store, "large", large, pages)
        await asyncio.sleep(LEAD_SECONDS)
        queued, start = (await parts.store.counts()).queued, time.perf_counter()
        beside = await singles(parts, "small", images, pause, random.Random(seed))
        left, seconds = (await parts.store.counts()).queued, time.perf_counter() - start
        assert left, "the document ended before the single pages did: give it more"
        return idle, beside, (queued - left) / seconds
    finally:
        await parts.rest(0)
        await parts.close()


def measure_reader(
    folder: Path, database: str | None, jobs: int | None, pages: int, count: int, rounds: int, pause: float
) -> dict[str, float]:
    """The figures; `count` images a round, each read four times."""
    dice = random.Random(1)
    images = [page(dice) for _ in range(count)]
    large = document(images[:20], pages)
    idle, beside, rates = Took(page=[], client=[]), Took(page=[], client=[]), list[float]()
    for number in range(rounds):
        data = Path(tempfile.mkdtemp(prefix="bench-", dir=folder))
        given = {"data_dir": data, "database": database, "metrics": "off"} | ({"workers": jobs} if jobs else {})
        settings = Settings.model_validate(given)
        try:
            alone, together, rate = asyncio.run(one_round(settings, images, large, pages, pause, number))
        finally:
            shutil.rmtree(data)
        for kind in idle:
            idle[kind] += alone[kind]
            beside[kind] += together[kind]
        rates.append(rate)
    table: dict[str, float] = {}
    for kind in idle:
        for percent in (50, 95):
            before, after = percentile(idle[kind], percent), percentile(beside[kind], percent)
            table[f"{kind}: idle p{percent} ms"] = round(before, 1)
            table[f"{kind}: beside p{percent} ms"] = round(after, 1)
            table[f"{kind}: p{percent} ratio"] = round(after / before, 2)
    return table | {"document's pages a second beside": round(sum(rates) / len(rates), 2)}


def percentile(values: list[float], percent: float) -> float:
    """The value below which `percent` of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
