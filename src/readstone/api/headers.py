"""Headers that every answer carries (contract 2.2, 2.6)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from readstone.api.call import Call
from readstone.api.imageanalysis.versions import API_VERSIONS

_SUPPORTED = ",".join(API_VERSIONS)
EXPOSED = "Operation-Location, apim-request-id, Retry-After"
_ALLOWED = "Content-Type, Ocp-Apim-Subscription-Key, Authorization, x-ms-client-request-id"


def finish(call: Call, response: Response) -> None:
    """Add the request ids, the CORS headers and the fixed ones, on errors as on everything else.

    Seed 2 is a page opened from disk: its Origin is `null` and it reads Operation-Location in script, so
    every origin is allowed. That is safe as no cookie is ever looked at: a key must be sent on purpose.
    """
    headers = response.headers
    headers["apim-request-id"] = call.request_id
    if call.segments and call.segments[0].lower() == "computervision":
        headers["request-id"] = call.request_id
        headers["api-supported-versions"] = _SUPPORTED
    client_id = call.request.headers.get("x-ms-client-request-id")
    if client_id is not None and _is_plain(client_id):
        headers["x-ms-client-request-id"] = client_id
    headers["X-Content-Type-Options"] = "nosniff"
    if call.request.url.scheme == "https":
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains; preload"
    headers["Access-Control-Allow-Origin"] = "*"
    headers["Access-Control-Expose-Headers"] = EXPOSED


def preflight(request: Request) -> Response:
    """The answer to OPTIONS: no key needed, every route, the headers the browser asked for."""
    asked = request.headers.get("access-control-request-headers", "")
    return Response(
        status_code=200,
        headers={
            "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
            "Access-Control-Allow-Headers": asked if asked and _is_plain(asked) else _ALLOWED,
            "Access-Control-Max-Age": "86400",
        },
    )


def _is_plain(value: str) -> bool:
    # What is echoed must be a harmless header value of reasonable size.
    return len(value) <= 1024 and value.isascii() and value.isprintable()
