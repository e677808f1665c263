"""Image bytes to what is seen on it: decode in a disposable process, see on a worker thread, one call of the pool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from readstone.domain.geometry import Box
from readstone.domain.picture import Picture
from readstone.domain.refusals import Cancelled
from readstone.domain.scene import Feature, Scene, SceneOptions
from readstone.domain.stages import PageKind, Stage, engine_name, page_done, stage
from readstone.engines.protocols import SceneViewer
from readstone.inference.pool import WorkPool
from readstone.inference.reading import Decoder, decoded
from readstone.inference.slot import Slot
from readstone.inference.wording import Dictionary, worded
from readstone.intake.decode import ImageLimits
from readstone.intake.encode import encode


def seen_by(viewer: SceneViewer, picture: Picture, options: SceneOptions, cancelled: Callable[[], bool]) -> Scene:
    """What `viewer` sees, as a stage. Raises as the viewer does."""
    with stage(Stage.SEE, engine_name(viewer)):
        return viewer.see(picture, options, cancelled)


class ViewerSlot(Slot[SceneViewer]):
    """The viewer, loaded when something is first to be seen: who only reads text never pays its memory."""

    def __init__(self, make: Callable[[], SceneViewer]) -> None:
        super().__init__(make, "the viewer")


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """An encoded image and its media type."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen on an image, and the container that the image came in (`Picture.format`)."""

    scene: Scene
    format: str


class Seeing:
    """What routes call to have an image looked at, or made smaller."""

    def __init__(self, pool: WorkPool, decoder: Decoder, viewer: ViewerSlot, dictionary: Dictionary) -> None:
        self._pool = pool
        self._decoder = decoder
        self._viewer = viewer
        self._dictionary = dictionary

    async def see(self, data: bytes, limits: ImageLimits, options: SceneOptions, language: str = "en") -> Seen:
        """The features of `options` of an encoded image, words in `language` where the dictionary has them.

        Raises Refusal for data that is no acceptable image, when the pool is full, and without a viewer.
        """

        def work(cancelled: Callable[[], bool]) -> Seen:
            picture = decoded(self._decoder, data, limits)
            if cancelled():
                raise Cancelled
            scene = seen_by(self._viewer.get(), picture, options, cancelled)
            page_done(PageKind.SEEN)
            return Seen(worded(scene, language, self._dictionary), picture.format)

        return await self._pool.run(work)

    async def thumbnail(self, data: bytes, limits: ImageLimits, width: int, height: int, *, smart: bool) -> Thumbnail:
        """An encoded image of exactly `width` x `height` pixels, cut around what matters, else around the centre.

        Raises as `see`.
        """

        def work(cancelled: Callable[[], bool]) -> Thumbnail:
            picture = decoded(self._decoder, data, limits)
            if cancelled():
                raise Cancelled
            box = self._smart_box(picture, width / height, cancelled) if smart else None
            box = box or _centre(picture, width / height)
            # A PNG stays one, everything else becomes a JPEG (contract 4.2).
            kind = "png" if picture.format == "Png" else "jpeg"
            with stage(Stage.ENCODE, "codec"):
                thumbnail = Thumbnail(encode(picture, box, width, height), f"image/{kind}")
            page_done(PageKind.THUMBNAIL)
            return thumbnail

        return await self._pool.run(work)

    def _smart_box(self, picture: Picture, ratio: float, cancelled: Callable[[], bool]) -> Box | None:
        options = SceneOptions(frozenset({Feature.CROPS}), ratios=(ratio,))
        crops = seen_by(self._viewer.get(), picture, options, cancelled).crops
        return crops[0].box if crops else None


def _centre(picture: Picture, ratio: float) -> Box:
    """The largest box of that ratio of width to height around the picture's centre."""
    width = min(float(picture.width), picture.height * ratio)
    height = width / ratio
    return Box((picture.width - width) / 2, (picture.height - height) / 2, width, height)
