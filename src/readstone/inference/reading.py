"""Image bytes to text: decode in a disposable process, read on a worker thread, one call of the pool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture
from readstone.domain.refusals import Cancelled, Reason, Refusal
from readstone.domain.stages import PageKind, Stage, engine_name, page_done, stage
from readstone.domain.text import Page
from readstone.engines.protocols import TextReader
from readstone.inference.pool import WorkPool
from readstone.intake.decode import ImageLimits


class Decoder(Protocol):
    """Turns image bytes into a picture, or raises Refusal."""

    def decode(self, data: bytes, limits: ImageLimits) -> Picture:
        """Blocking; called from worker threads."""
        ...


def decoded(decoder: Decoder, data: bytes, limits: ImageLimits) -> Picture:
    """`decoder`'s picture, as a stage. Raises Refusal."""
    with stage(Stage.DECODE, "decoder"):
        return decoder.decode(data, limits)


def read_by(reader: TextReader, picture: Picture, options: ReadOptions, cancelled: Callable[[], bool]) -> Page:
    """What `reader` reads, as a stage. Raises as the reader does."""
    with stage(Stage.READ, engine_name(reader)):
        return reader.read(picture, options, cancelled)


class ReaderSlot:
    """Where the reader is put once it is loaded."""

    def __init__(self) -> None:
        self._reader: TextReader | None = None

    def put(self, reader: TextReader) -> None:
        """From now on images are read with `reader`."""
        self._reader = reader

    def get(self) -> TextReader:
        """The reader. Raises Refusal UNAVAILABLE before it is loaded."""
        if self._reader is None:
            raise Refusal(Reason.UNAVAILABLE, "The server is starting.", retry_after=1)
        return self._reader


class Reading:
    """What routes call to have an image read."""

    def __init__(self, pool: WorkPool, decoder: Decoder, reader: ReaderSlot) -> None:
        self._pool = pool
        self._decoder = decoder
        self._reader = reader

    def check_room(self) -> None:
        """Raise Refusal TOO_MANY_REQUESTS when there is no room for another image."""
        self._pool.check_room()

    async def read(self, data: bytes, limits: ImageLimits, options: ReadOptions) -> Page:
        """The text of an encoded image.

        Raises Refusal for data that is no acceptable image, when the pool is full, and before there is a reader.
        """
        reader = self._reader.get()

        def work(cancelled: Callable[[], bool]) -> Page:
            picture = decoded(self._decoder, data, limits)
            if cancelled():
                raise Cancelled
            page = read_by(reader, picture, options, cancelled)
            page_done(PageKind.READ)
            return page

        return await self._pool.run(work)
