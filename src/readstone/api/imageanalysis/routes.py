"""`POST /imageanalysis:analyze` (contract 7.1)."""

from __future__ import annotations

from starlette.responses import Response

from readstone.api.call import Call
from readstone.api.imageanalysis import parameters
from readstone.api.imageanalysis.analyzing import Analyzing
from readstone.api.imageanalysis.codec import encoded
from readstone.api.query import Query
from readstone.api.routing import Route


def analyze(analyzing: Analyzing) -> Route:
    """All seven features of one image."""

    async def handle(call: Call) -> Response:
        asked = parameters.asked(Query(call.request.query_params))
        body = encoded(await analyzing.analyze(call, asked), asked.version)
        return Response(body, media_type="application/json; charset=utf-8")

    return Route("POST", "imageanalysis:analyze", "ImageAnalysis_Analyze", handle, reads=True)
