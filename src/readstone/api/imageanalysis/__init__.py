"""/computervision: Image Analysis 4.0, one route for all its api-versions (contract 7)."""

from __future__ import annotations

from readstone.api.imageanalysis.analyzing import Analyzing
from readstone.api.imageanalysis.routes import analyze
from readstone.api.imageanalysis.segment import API_VERSIONS as WITH_SEGMENT
from readstone.api.imageanalysis.segment import Segmentations, segment
from readstone.api.imageanalysis.vectorize import API_VERSIONS as WITH_VECTORS
from readstone.api.imageanalysis.vectorize import Vectorizing, vectorize_routes
from readstone.api.imageanalysis.versions import API_VERSIONS
from readstone.api.routing import Surface
from readstone.errors import Envelope

BASE = "/computervision"


def surface(analyzing: Analyzing, vectorizing: Vectorizing, segmentations: Segmentations) -> Surface:
    """What is served; `api-version` is a query parameter, so all versions are one surface."""
    routes = (analyze(analyzing), *vectorize_routes(vectorizing), segment(segmentations))
    return Surface("4.0", BASE, Envelope.UNIFIED, routes)


def described(analyzing: Analyzing, vectorizing: Vectorizing, segmentations: Segmentations) -> tuple[Surface, ...]:
    """The same, a surface for each api-version: Microsoft describes each in a file of its own."""
    vectors = {name: vectorize_routes(vectorizing) for name in WITH_VECTORS}
    segments = {name: (segment(segmentations),) for name in WITH_SEGMENT}
    return tuple(
        Surface(name, BASE, Envelope.UNIFIED, (analyze(analyzing), *vectors.get(name, ()), *segments.get(name, ())))
        for name in API_VERSIONS
    )
