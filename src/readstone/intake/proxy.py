"""The operator's HTTP proxy for image URLs."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import httpcore2


def parse_proxy(text: str) -> httpcore2.Proxy:
    """`http://[user:password@]host[:port]`, or https. Raises ValueError with a sentence that repeats no
    password.
    """
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise ValueError("The proxy must be a URL like http://proxy.example:3128.")
    auth = None
    if parts.username is not None:
        auth = (unquote(parts.username).encode(), unquote(parts.password or "").encode())
    url = httpcore2.URL(scheme=parts.scheme, host=parts.hostname, port=parts.port, target="/")
    return httpcore2.Proxy(url, auth=auth)
