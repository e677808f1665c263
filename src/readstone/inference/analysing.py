"""Image bytes to all that is on it: decoded once, read and looked at side by side, one call of the pool."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace

from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture
from readstone.domain.refusals import Cancelled
from readstone.domain.scene import Scene, SceneOptions
from readstone.domain.stages import PageKind, page_done
from readstone.domain.text import Page
from readstone.inference.pool import WorkPool
from readstone.inference.reading import Decoder, ReaderSlot, decoded, read_by
from readstone.inference.seeing import ViewerSlot, seen_by
from readstone.inference.wording import Dictionary, worded
from readstone.intake.decode import ImageLimits


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was seen on an image, and its text where that was asked for."""

    scene: Scene
    page: Page | None


class Analysing:
    """What routes call to have an image looked at and read.

    `workers`: how many calls the pool runs at once; each needs a second thread while it does both.
    """

    def __init__(
        self,
        pool: WorkPool,
        decoder: Decoder,
        reader: ReaderSlot,
        viewer: ViewerSlot,
        dictionary: Dictionary,
        workers: int,
    ) -> None:
        self._pool = pool
        self._decoder = decoder
        self._reader = reader
        self._viewer = viewer
        self._dictionary = dictionary
        self._beside = ThreadPoolExecutor(workers, thread_name_prefix="seeing")

    async def analyse(
        self, data: bytes, limits: ImageLimits, see: SceneOptions, read: ReadOptions | None, language: str = "en"
    ) -> Analysis:
        """The features of `see` of an encoded image, tags in `language`, and its text if `read` says how.

        Raises Refusal for data that is no acceptable image, when the pool is full, and without reader or viewer.
        """

        def work(cancelled: Callable[[], bool]) -> Analysis:
            picture = decoded(self._decoder, data, limits)
            if cancelled():
                raise Cancelled
            if read is None:
                scene, page = self._see(picture, see, cancelled), None
            elif not see.features:
                scene, page = Scene(picture.width, picture.height), self._read(picture, read, cancelled)
            else:
                scene, page = self._both(picture, see, read, cancelled)
            page_done(PageKind.ANALYSED)
            return Analysis(worded(scene, language, self._dictionary), page)

        return await self._pool.run(work)

    def close(self) -> None:
        """To be called once the pool is closed: nothing runs then."""
        self._beside.shutdown(wait=True, cancel_futures=True)

    def _see(self, picture: Picture, options: SceneOptions, cancelled: Callable[[], bool]) -> Scene:
        return seen_by(self._viewer.get(), picture, options, cancelled)

    def _read(self, picture: Picture, options: ReadOptions, cancelled: Callable[[], bool]) -> Page:
        return read_by(self._reader.get(), picture, options, cancelled)

    def _both(
        self, picture: Picture, see: SceneOptions, read: ReadOptions, cancelled: Callable[[], bool]
    ) -> tuple[Scene, Page]:
        """The viewer on a thread beside; when one of them fails, the other stops at its next check."""
        failed = threading.Event()
        text: Future[Page] = Future()

        def stopped() -> bool:
            return failed.is_set() or cancelled()

        def look() -> Scene:
            try:
                return self._see(picture, replace(see, text=text.result), stopped)
            except BaseException:
                failed.set()
                raise

        scene = self._beside.submit(copy_context().run, look)
        try:
            text.set_result(self._read(picture, read, stopped))
        except BaseException as fault:
            failed.set()
            text.set_exception(fault)
            other = scene.exception()
            if isinstance(fault, Cancelled) and other is not None:
                raise other from None  # the viewer failed first, which stopped the reader
            raise
        return scene.result(), text.result()
