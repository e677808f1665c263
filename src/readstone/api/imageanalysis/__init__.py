"""/computervision: Image Analysis 4.0, one route for all its api-versions (contract 7)."""

from __future__ import annotations

from readstone.api.imageanalysis.analyzing import Analyzing
from readstone.api.imageanalysis.routes import analyze
from readstone.api.imageanalysis.versions import API_VERSIONS
from readstone.api.routing import Surface
from readstone.errors import Envelope

BASE = "/computervision"


def surface(analyzing: Analyzing) -> Surface:
    """What is served; `api-version` is a query parameter, so all versions are one surface."""
    return Surface("4.0", BASE, Envelope.UNIFIED, (analyze(analyzing),))


def described(analyzing: Analyzing) -> tuple[Surface, ...]:
    """The same, a surface for each api-version: Microsoft describes each in a file of its own."""
    return tuple(Surface(name, BASE, Envelope.UNIFIED, (analyze(analyzing),)) for name in API_VERSIONS)
