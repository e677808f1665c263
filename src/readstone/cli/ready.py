"""Asks the server or worker on this machine whether it is ready: what a container's health check runs."""

from __future__ import annotations

import http.client
import ssl
from urllib.parse import urlsplit

from readstone.settings import Settings

SECONDS = 5.0
"""How long an answer may take; a health check's own limit should be longer."""


def is_ready(settings: Settings) -> bool:
    """True when `/ready` of the address that the settings name answers 200 in time."""
    address = urlsplit(settings.local_url)
    connection: http.client.HTTPConnection
    if address.scheme == "https":
        # Its certificate is for the name that clients use, not for this machine's own address.
        unchecked = ssl._create_unverified_context()  # noqa: S323 - see above
        connection = http.client.HTTPSConnection(address.netloc, timeout=SECONDS, context=unchecked)
    else:
        connection = http.client.HTTPConnection(address.netloc, timeout=SECONDS)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
