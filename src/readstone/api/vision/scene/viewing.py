"""What all these operations share: the image of the request, and what is seen on it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from starlette.responses import Response

from readstone.api.call import Call
from readstone.api.vision.intake import ImageIntake
from readstone.api.vision.scene.asked import Asked
from readstone.domain.refusals import Reason, Refusal
from readstone.domain.scene import SceneOptions
from readstone.inference.seeing import Seen, Thumbnail
from readstone.intake.decode import ImageLimits
from readstone.intake.limits import InputLimits

Result = TypeVar("Result")


class Sees(Protocol):
    """Looks at encoded images (`readstone.inference.seeing.Seeing`)."""

    async def see(self, data: bytes, limits: ImageLimits, options: SceneOptions, language: str = "en") -> Seen:
        """Return what is on it, or raise Refusal."""
        ...

    async def thumbnail(self, data: bytes, limits: ImageLimits, width: int, height: int, *, smart: bool) -> Thumbnail:
        """Return it cut and resized to that many pixels, or raise Refusal."""
        ...


@dataclass(frozen=True, slots=True)
class Viewing:
    """The image intake, the viewer, how much of what is accepted, and whether faces have age and gender."""

    intake: ImageIntake
    seeing: Sees
    limits: InputLimits
    age_and_gender: bool = False

    async def see(self, call: Call, asked: Asked, most_captions: int = 1) -> Seen:
        """What is seen on the image of `call`. Raises Refusal."""
        options = SceneOptions(asked.features, most_captions=most_captions, age_and_gender=self.age_and_gender)
        return await self._on_image(
            call, lambda data: self.seeing.see(data, self.limits.image, options, asked.language)
        )

    async def thumbnail(self, call: Call, width: int, height: int, *, smart: bool) -> Thumbnail:
        """The image of `call` at that size. Raises Refusal."""
        return await self._on_image(
            call, lambda data: self.seeing.thumbnail(data, self.limits.image, width, height, smart=smart)
        )

    async def _on_image(self, call: Call, work: Callable[[bytes], Coroutine[Any, Any, Result]]) -> Result:
        data = await self.intake.image_bytes(call, self.limits.max_bytes)
        try:
            return await call.unless_gone(work(data))
        except Refusal as refusal:
            if refusal.reason is Reason.IMAGE_DIMENSION:
                # InvalidImageDimension is of the text routes alone (contract 6.6).
                raise Refusal(Reason.IMAGE_TOO_LARGE, refusal.message) from None
            raise


def json_answer(body: bytes) -> Response:
    """A JSON body as it goes out."""
    return Response(body, media_type="application/json; charset=utf-8")
