"""Routes of Azure's own containers: health, landing page, API description. No key is asked for.

Shapes as the official containers give them (anchors 7.1): compose files grep for them.
"""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable, Iterable

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from readstone import __version__
from readstone.api.call import Call
from readstone.api.openapi import Descriptions
from readstone.api.routing import Handler, Route, Surface
from readstone.errors import Envelope


def probes(ready: Callable[[], Awaitable[bool]]) -> tuple[Route, ...]:
    """What orchestrators ask of a server or a worker; `ready` tells whether work may be sent to it."""

    async def is_ready(_call: Call) -> Response:
        if await ready():
            return JSONResponse({"ready": "ready"})
        return JSONResponse({"ready": "notReady"}, status_code=503)

    async def status(_call: Call) -> Response:
        return JSONResponse(
            {
                "service": "computervision",
                "apiStatus": "Valid",
                "apiStatusMessage": "Api Key is valid, no action needed.",
            }
        )

    async def alive(_call: Call) -> Response:
        return PlainTextResponse("Healthy")

    return (
        _get("ready", "Ready", is_ready),
        _get("startup", "Startup", is_ready),
        _get("status", "Status", status),
        _get("ContainerLiveness", "ContainerLiveness", alive),
    )


def surface(ready: Callable[[], bool], described: Iterable[Surface]) -> Surface:
    """The routes below `/`.

    `ready` tells whether the models are warm; `described` are the surfaces that /swagger lists.
    """
    descriptions = Descriptions(described)

    async def is_ready() -> bool:
        return ready()

    async def landing(_call: Call) -> Response:
        return HTMLResponse(_page("Readstone", f"<p>Version {__version__} is running.</p>" + _LINKS))

    async def swagger(_call: Call) -> Response:
        return HTMLResponse(_page("API descriptions", _listing(descriptions)))

    async def swagger_file(call: Call) -> Response:
        name = call.match.captured["version"] if call.match else ""
        return JSONResponse(descriptions.of(name))

    return Surface(
        "container",
        "",
        Envelope.GATEWAY,
        (
            _get("", "Landing", landing),
            *probes(is_ready),
            _get("swagger", "Swagger", swagger),
            _get("swagger/{version}/swagger.json", "SwaggerFile", swagger_file),
        ),
    )


def _get(path: str, operation: str, handler: Handler) -> Route:
    return Route("GET", path, operation, handler)


_LINKS = (
    '<ul><li><a href="/swagger">API descriptions</a></li><li><a href="/ready">Ready?</a></li>'
    '<li><a href="/status">Status</a></li></ul>'
)


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}"
        "code{background:#8882;padding:.1em .3em}</style>"
        f"<h1>{title}</h1>{body}</html>"
    )


def _listing(descriptions: Descriptions) -> str:
    parts = []
    for surface in descriptions.surfaces():
        operations = "".join(
            f"<li><code>{html.escape(f'{route.method} {surface.base}/{route.path}')}</code> {route.operation}</li>"
            for route in surface.routes
        )
        link = f"/swagger/{surface.name}/swagger.json"
        parts.append(f'<h2>{surface.name} <small><a href="{link}">swagger.json</a></small></h2><ul>{operations}</ul>')
    return "".join(parts)
