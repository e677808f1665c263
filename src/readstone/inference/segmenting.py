"""Image bytes to a cut-out or matte: decode in a disposable process, segment on a worker thread, one call of a pool."""

from __future__ import annotations

from collections.abc import Callable

from readstone.domain.picture import Picture
from readstone.domain.refusals import Cancelled
from readstone.domain.segmentation import Segmentation
from readstone.domain.stages import PageKind, Stage, engine_name, page_done, stage
from readstone.engines.protocols import Segmenter
from readstone.inference.pool import WorkPool
from readstone.inference.reading import Decoder, decoded
from readstone.inference.slot import Slot
from readstone.intake.decode import ImageLimits
from readstone.intake.encode_alpha import cut_out, matte


class Segmenting:
    """What routes call to have a picture's foreground told from its background."""

    def __init__(self, pool: WorkPool, decoder: Decoder, make: Callable[[], Segmenter]) -> None:
        self._pool = pool
        self._decoder = decoder
        self._segmenter = Slot(make, "the segmenter")

    async def segment(self, data: bytes, limits: ImageLimits, segmentation: Segmentation) -> bytes:
        """A PNG file made of an encoded image: see `cut_out` and `matte`.

        Raises Refusal for data that is no acceptable image, when the pool is full, and without a segmenter.
        """

        def work(cancelled: Callable[[], bool]) -> bytes:
            picture = decoded(self._decoder, data, limits)
            if cancelled():
                raise Cancelled
            made = self._made(picture, segmentation, cancelled)
            page_done(PageKind.SEGMENTED)
            return made

        return await self._pool.run(work)

    def _made(self, picture: Picture, segmentation: Segmentation, cancelled: Callable[[], bool]) -> bytes:
        segmenter = self._segmenter.get()
        with stage(Stage.SEE, engine_name(segmenter)):
            alpha = segmenter.foreground(picture, cancelled)
        if cancelled():
            raise Cancelled
        with stage(Stage.ENCODE, "codec"):
            if segmentation is Segmentation.BACKGROUND_REMOVAL:
                return cut_out(picture, alpha)
            return matte(picture, alpha)
