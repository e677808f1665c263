"""Images and texts to vectors: one call of the pool, by the one model that knows both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from readstone.domain.refusals import Cancelled, Reason, Refusal
from readstone.domain.stages import PageKind, Stage, page_done, stage
from readstone.engines.large.held import Held
from readstone.engines.protocols import Embedder
from readstone.inference.pool import WorkPool
from readstone.inference.reading import Decoder, decoded
from readstone.intake.decode import ImageLimits

_NO_MODEL = (
    "The feature 'Vectorize' is not supported in this region: no model that knows images and texts is plugged in here. "
    "Name one in READSTONE_ENGINE_VECTORS, such as a SigLIP model's folder; docs/engines.md says how."
)
_ENGINE = "vectors"


@dataclass(frozen=True, slots=True)
class Vector:
    """Numbers of a vector of length 1, and the name of its space: those of other names are not to be compared."""

    version: str
    numbers: tuple[float, ...]


class Vectorising:
    """What routes call to have vectors made. `embedder` is None where no model is plugged in."""

    def __init__(self, pool: WorkPool, decoder: Decoder, embedder: Held[Embedder] | None) -> None:
        self._pool = pool
        self._decoder = decoder
        self._embedder = embedder

    def check(self) -> None:
        """Raise Refusal INVALID_REQUEST without a model."""
        self._held()

    async def image(self, data: bytes, limits: ImageLimits, version: str | None = None) -> Vector:
        """The vector of an encoded image; `version`: the space that it has to be of.

        Raises Refusal for data that is no acceptable image, another version, a full pool and no or an unusable model.
        """
        held = self._held()

        def work(cancelled: Callable[[], bool]) -> Vector:
            picture = decoded(self._decoder, data, limits)
            if cancelled():
                raise Cancelled
            with held.use(cancelled) as embedder, stage(Stage.SEE, _ENGINE):
                _check_version(embedder, version)
                numbers = embedder.of_image(picture).tolist()
            page_done(PageKind.SEEN)
            return Vector(embedder.version, tuple(numbers))

        return await self._pool.run(work)

    async def text(self, text: str, version: str | None = None) -> Vector:
        """The vector of a text, in the same space. Raises Refusal as `image`."""
        held = self._held()

        def work(cancelled: Callable[[], bool]) -> Vector:
            with held.use(cancelled) as embedder, stage(Stage.SEE, _ENGINE):
                _check_version(embedder, version)
                return Vector(embedder.version, tuple(embedder.of_text(text).tolist()))

        return await self._pool.run(work)

    def _held(self) -> Held[Embedder]:
        if self._embedder is None:
            raise Refusal(Reason.INVALID_REQUEST, _NO_MODEL)
        return self._embedder


def _check_version(embedder: Embedder, version: str | None) -> None:
    if version is not None and version != embedder.version:
        raise Refusal(Reason.BAD_ARGUMENT, f"model-version must be latest, a date or {embedder.version}.")
