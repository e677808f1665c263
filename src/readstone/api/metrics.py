"""`GET /metrics`, for Prometheus (docs/observability.md)."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from readstone.api.call import Call
from readstone.api.routing import Route, Surface
from readstone.errors import Envelope
from readstone.observe.exposition import Exposition


def surface(exposition: Exposition, admit: Callable[[Call], object] | None = None) -> Surface:
    """The route. `admit` raises Refusal for a caller who may not look; None: everybody may."""

    async def metrics(call: Call) -> Response:
        if admit is not None:
            admit(call)
        scrape = await exposition.scrape(call.request.headers.get("accept", ""))
        # Not through media_type: Starlette would add a second charset.
        return Response(scrape.text, headers={"Content-Type": scrape.media_type})

    return Surface("metrics", "", Envelope.GATEWAY, (Route("GET", "metrics", "Metrics", metrics),))
