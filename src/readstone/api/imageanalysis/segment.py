"""`POST /imageanalysis:segment` (contract 7.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from starlette.responses import Response

from readstone.api.call import Call
from readstone.api.imageanalysis.taking import Taking
from readstone.api.imageanalysis.versions import API_VERSIONS as ALL_VERSIONS
from readstone.api.imageanalysis.versions import asked_version
from readstone.api.query import Query
from readstone.api.routing import Route
from readstone.domain.refusals import Reason, Refusal
from readstone.domain.segmentation import Segmentation
from readstone.intake.decode import ImageLimits

API_VERSIONS = tuple(version.name for version in ALL_VERSIONS.values() if version.preview)
"""Those that have the operation."""

MODES = {
    "backgroundRemoval": Segmentation.BACKGROUND_REMOVAL,
    "foregroundMatting": Segmentation.FOREGROUND_MATTING,
}
"""What `mode` may be."""


class Segments(Protocol):
    """Segments encoded images (`readstone.inference.segmenting.Segmenting`)."""

    async def segment(self, data: bytes, limits: ImageLimits, segmentation: Segmentation) -> bytes:
        """Return a PNG file, or raise Refusal."""
        ...


@dataclass(frozen=True, slots=True)
class Segmentations:
    """The image intake and who segments."""

    taking: Taking
    segments: Segments

    async def made(self, call: Call) -> bytes:
        """The PNG file that was asked for of the image of `call`. Raises Refusal."""
        segmentation = _asked(Query(call.request.query_params))
        data = await self.taking.image(call)
        return await call.unless_gone(self.segments.segment(data, self.taking.limits.image, segmentation))


def segment(segmentations: Segmentations) -> Route:
    """The cut-out or the matte of one image."""

    async def handle(call: Call) -> Response:
        return Response(await segmentations.made(call), media_type="image/png")

    return Route("POST", "imageanalysis:segment", "ImageAnalysis_Segment", handle, reads=True)


def _asked(query: Query) -> Segmentation:
    if asked_version(query).name not in API_VERSIONS:
        message = f"The API version is not supported. Supported are {', '.join(API_VERSIONS)}."
        raise Refusal(Reason.API_VERSION_UNKNOWN, message)
    wrong = Refusal(Reason.INVALID_REQUEST, f"'mode' must be one of {', '.join(MODES)}.")
    mode = query.choice("mode", MODES, "", wrong)
    if not mode:
        raise wrong
    return MODES[mode]
