"""`POST /sts/v1.0/issueToken`: a key for a token that is valid ten minutes (contract 3)."""

from __future__ import annotations

from starlette.responses import Response

from readstone.access.gate import Gate
from readstone.access.tokens import Tokens
from readstone.api.call import Call
from readstone.api.credentials import presented
from readstone.api.routing import Route, Surface
from readstone.errors import Envelope


def surface(gate: Gate, tokens: Tokens) -> Surface:
    """The token service."""

    async def issue_token(call: Call) -> Response:
        owner = gate.admit_key(presented(call.request))
        return Response(tokens.issue(owner), media_type="application/jwt")

    route = Route("POST", "issueToken", "IssueToken", issue_token)
    return Surface("sts", "/sts/v1.0", Envelope.GATEWAY, (route,), metered=False)
