"""The image of the request and what is found on it, refused in the words of 4.0 (contract 6.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from readstone.api.call import Call
from readstone.api.imageanalysis.parameters import Asked
from readstone.api.vision.intake import IMAGE_BODIES, ImageIntake
from readstone.domain.options import ReadOptions
from readstone.domain.refusals import Reason, Refusal
from readstone.domain.scene import Feature, Scene, SceneOptions
from readstone.inference.analysing import Analysis
from readstone.intake.body import URL_MISSING
from readstone.intake.decode import ImageLimits
from readstone.intake.fetch import NOT_ACCESSIBLE
from readstone.intake.limits import InputLimits

BODIES = IMAGE_BODIES | {"image/webp", "image/x-icon", "image/vnd.microsoft.icon"}
"""Media types whose bodies are the image itself: those of v3.2, and of the formats that 4.0 takes beside."""

_FORMED_WRONG = "Image URL is badly formatted or not accessible"
_LONGEST_TOLD = 100


class Analyses(Protocol):
    """Analyses encoded images (`readstone.inference.analysing.Analysing`)."""

    async def analyse(
        self, data: bytes, limits: ImageLimits, see: SceneOptions, read: ReadOptions | None, language: str = "en"
    ) -> Analysis:
        """Return what is on it, or raise Refusal."""
        ...


@dataclass(frozen=True, slots=True)
class Analyzing:
    """The image intake, who analyses, and how much of what is accepted."""

    intake: ImageIntake
    analysing: Analyses
    limits: InputLimits

    async def analyze(self, call: Call, asked: Asked) -> Analysis:
        """What was asked for of the image of `call`. Raises Refusal."""
        see = SceneOptions(asked.features, neutral=asked.neutral, ratios=asked.ratios)
        # Only the previews tell handwriting from print.
        read = ReadOptions(appearance=asked.version.preview) if asked.read else None
        data = await self._image(call)
        analysis = await call.unless_gone(self.analysing.analyse(data, self.limits.image, see, read, asked.language))
        _check_sentences(analysis.scene, asked.features)
        return analysis

    async def _image(self, call: Call) -> bytes:
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


def _check_sentences(scene: Scene, features: frozenset[Feature]) -> None:
    """A viewer that makes no sentences is, for callers, a region without them (contract 6.5)."""
    members = (
        ("Caption", Feature.DESCRIPTION, scene.description),
        ("DenseCaptions", Feature.DENSE_CAPTIONS, scene.dense_captions),
    )
    for name, feature, found in members:
        if feature in features and found is None:
            raise Refusal(Reason.INVALID_REQUEST, f"The feature '{name}' is not supported in this region")
