"""How uvicorn listens for the server and for a worker's probes."""

from __future__ import annotations

from typing import Any

import uvicorn

from readstone.api.connection import connections
from readstone.settings import Settings


def listening(app: Any, settings: Settings, grace_seconds: int) -> uvicorn.Config:
    """uvicorn's configuration for an ASGI application; requests in flight have `grace_seconds` at the end."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=connections(settings.header_timeout),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,  # its lines hold the query, which may hold a key; ours do not
        server_header=False,
        proxy_headers=False,  # READSTONE_PUBLIC_URL says how clients see us
        timeout_graceful_shutdown=grace_seconds,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )
