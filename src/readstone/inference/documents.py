"""Documents to pages of text: looked into and rendered in disposable processes, read on worker threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from readstone.domain.document import Sheet
from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture
from readstone.domain.refusals import Cancelled
from readstone.domain.stages import PageKind, Stage, page_done, stage
from readstone.domain.text import Page
from readstone.engines.protocols import KnowsItsLanguages
from readstone.inference.pool import WorkPool
from readstone.inference.reading import ReaderSlot, read_by
from readstone.intake.document import DocumentInfo, DocumentLimits


class Renderer(Protocol):
    """Looks into documents and renders their pages; blocking, called from threads."""

    def inspect(self, data: bytes | Path, limits: DocumentLimits) -> DocumentInfo:
        """What it is and how many pages it has, or Refusal."""
        ...

    def page(self, data: bytes | Path, number: int, limits: DocumentLimits) -> tuple[Picture, Sheet]:
        """One page as pixels, or Refusal."""
        ...


class Documents:
    """What routes and the runner call to have documents looked into and read."""

    def __init__(self, pool: WorkPool, renderer: Renderer, reader: ReaderSlot) -> None:
        self._pool = pool
        self._renderer = renderer
        self._reader = reader

    def judge(self, options: ReadOptions) -> None:
        """Raise Refusal for what the reader says that it never reads, and before there is a reader."""
        reader = self._reader.get()
        if isinstance(reader, KnowsItsLanguages):
            reader.judge(options)

    async def inspect(self, data: bytes | Path, limits: DocumentLimits) -> DocumentInfo:
        """Header work only; does not wait for a worker."""
        with stage(Stage.INSPECT, "decoder"):
            return await asyncio.to_thread(self._renderer.inspect, data, limits)

    async def read_page(
        self,
        data: bytes | Path,
        number: int,
        limits: DocumentLimits,
        options: ReadOptions,
        encode: Callable[[Sheet, Page], bytes],
        *,
        patient: bool = False,
    ) -> bytes:
        """Render, read and encode one page, all on a worker thread.

        `patient` callers bound themselves and are never told that the line is full. Raises Refusal.
        """
        reader = self._reader.get()

        def work(cancelled: Callable[[], bool]) -> bytes:
            with stage(Stage.DECODE, "decoder"):
                picture, sheet = self._renderer.page(data, number, limits)
            if cancelled():
                raise Cancelled
            page = read_by(reader, picture, options, cancelled)
            with stage(Stage.ENCODE, "codec"):
                body = encode(sheet, page)
            page_done(PageKind.READ)
            return body

        return await self._pool.run(work, patient=patient)
