"""The image of a request to 4.0, refused in its words (contract 6.5)."""

from __future__ import annotations

from dataclasses import dataclass

from readstone.api.call import Call
from readstone.api.vision.intake import IMAGE_BODIES, ImageIntake
from readstone.domain.refusals import Reason, Refusal
from readstone.intake.body import URL_MISSING
from readstone.intake.fetch import NOT_ACCESSIBLE
from readstone.intake.limits import InputLimits

BODIES = IMAGE_BODIES | {"image/webp", "image/x-icon", "image/vnd.microsoft.icon"}
"""Media types whose bodies are the image itself: those of v3.2, and of the formats that 4.0 takes beside."""

_FORMED_WRONG = "Image URL is badly formatted or not accessible"
_LONGEST_TOLD = 100


@dataclass(frozen=True, slots=True)
class Taking:
    """Takes images in; `limits` says how large they may be."""

    intake: ImageIntake
    limits: InputLimits

    async def image(self, call: Call) -> bytes:
        """The encoded image, not yet looked at, in memory. Raises Refusal."""
        try:
            data = await self.intake.image_bytes(call, self.limits.max_bytes, BODIES)
        except Refusal as refusal:
            raise self._reworded(refusal, call) from None
        if not data:
            raise self._wrong_size()
        return data

    def _reworded(self, refusal: Refusal, call: Call) -> Refusal:
        if refusal.reason is Reason.MEDIA_TYPE_NOT_SUPPORTED:
            content_type = call.request.headers.get("content-type", "")[:_LONGEST_TOLD]
            return Refusal(Reason.INVALID_REQUEST, f"The provided image content type {content_type} is not supported.")
        if refusal.reason is Reason.IMAGE_TOO_LARGE:
            return self._wrong_size()
        if refusal.reason is Reason.IMAGE_URL:
            if refusal.message == NOT_ACCESSIBLE:
                return Refusal(Reason.INVALID_REQUEST, "The provided image url is not accessible.")
            missing = refusal.message == URL_MISSING
            return Refusal(Reason.IMAGE_URL if missing else Reason.INVALID_REQUEST, _FORMED_WRONG)
        return refusal

    def _wrong_size(self) -> Refusal:
        most = self.limits.max_bytes
        message = f"The image size is not allowed to be zero or larger than {most} bytes."
        return Refusal(Reason.INVALID_REQUEST, message)
