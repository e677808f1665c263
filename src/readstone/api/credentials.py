"""What a request presents to get in: header, query or bearer (contract 3)."""

from __future__ import annotations

from starlette.requests import Request

from readstone.access.gate import Credentials

KEY_HEADER = "Ocp-Apim-Subscription-Key"
_KEY_PARAMETER = "subscription-key"


def presented(request: Request) -> Credentials:
    """Every key and token of the request; both places may hold a key, either valid one suffices."""
    keys = request.headers.getlist(KEY_HEADER)
    keys += [v for n, v in request.query_params.multi_items() if n.lower() == _KEY_PARAMETER]
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return Credentials(tuple(keys), token.strip() if scheme.lower() == "bearer" else None)


def bearer_as_key(credentials: Credentials) -> Credentials:
    """A bearer token may be a key itself: the one header for it that every Prometheus can send."""
    bearer = () if credentials.bearer is None else (credentials.bearer,)
    return Credentials((*credentials.keys, *bearer), credentials.bearer)
