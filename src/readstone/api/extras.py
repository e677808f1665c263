"""Routes of ours alone, under /readstone/."""

from __future__ import annotations

from importlib.resources import files

from starlette.responses import Response

from readstone.api.call import Call
from readstone.api.routing import Route, Surface
from readstone.errors import Envelope

SAMPLE_PATH = "/readstone/sample.png"
"""A picture with text to try the server on; what `readstone serve` prints fetches it."""


def sample_image() -> bytes:
    """The sample as PNG bytes (drawn by tools/sample_image.py)."""
    return (files("readstone.api") / "sample.png").read_bytes()


def surface() -> Surface:
    """The routes."""

    async def sample(_call: Call) -> Response:
        return Response(sample_image(), media_type="image/png")

    return Surface("readstone", "/readstone", Envelope.GATEWAY, (Route("GET", "sample.png", "Sample", sample),))
