"""The image of the request and what is found on it, refused in the words of 4.0 (contract 6.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from readstone.api.call import Call
from readstone.api.imageanalysis.parameters import Asked
from readstone.api.imageanalysis.taking import Taking
from readstone.api.vision.intake import ImageIntake
from readstone.domain.options import ReadOptions
from readstone.domain.refusals import Reason, Refusal
from readstone.domain.scene import Feature, Scene, SceneOptions
from readstone.inference.analysing import Analysis
from readstone.intake.decode import ImageLimits
from readstone.intake.limits import InputLimits


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
        data = await Taking(self.intake, self.limits).image(call)
        analysis = await call.unless_gone(self.analysing.analyse(data, self.limits.image, see, read, asked.language))
        _check_sentences(analysis.scene, asked.features)
        return analysis


def _check_sentences(scene: Scene, features: frozenset[Feature]) -> None:
    """A viewer that makes no sentences is, for callers, a region without them (contract 6.5)."""
    members = (
        ("Caption", Feature.DESCRIPTION, scene.description),
        ("DenseCaptions", Feature.DENSE_CAPTIONS, scene.dense_captions),
    )
    for name, feature, found in members:
        if feature in features and found is None:
            raise Refusal(Reason.INVALID_REQUEST, f"The feature '{name}' is not supported in this region")
