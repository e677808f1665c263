"""Bearer tokens of `POST /sts/v1.0/issueToken`: JSON Web Tokens signed with a secret of this server.

A token is valid for ten minutes (contract 3) and dies earlier with the key it was issued for. Nothing is
stored per token, so it holds across restarts and in every process that shares the data folder or is given the
same secret (READSTONE_TOKEN_SECRET).
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

import jwt

LIFETIME_SECONDS = 600
_ALGORITHM = "HS256"
_AUDIENCE = "urn:readstone:vision"


class Tokens:
    """Issues and judges tokens; `secret` is at least 32 random bytes."""

    def __init__(self, secret: bytes, now: Callable[[], float] = time.time) -> None:
        self._secret = secret
        self._now = now

    def issue(self, key_fingerprint: str) -> str:
        """A token for the owner of that key."""
        now = int(self._now())
        claims = {"sub": key_fingerprint, "aud": _AUDIENCE, "iat": now, "exp": now + LIFETIME_SECONDS}
        return jwt.encode(claims, self._secret, _ALGORITHM)

    def owner(self, token: str) -> str | None:
        """The fingerprint of the key a token was issued for, or None when it is not ours or has expired."""
        try:
            claims = jwt.decode(
                token,
                self._secret,
                [_ALGORITHM],
                audience=_AUDIENCE,
                # Time is judged below, against the injected clock.
                options={"require": ["sub", "exp"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            return None
        return str(claims["sub"]) if self._now() < int(claims["exp"]) else None


def load_secret(data_dir: Path, given: str | None = None) -> bytes:
    """The signing secret: `given`, or that of a data folder, made on first use (file mode 0600)."""
    if given is not None:
        return given.encode()
    path = data_dir / "token.secret"
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        secret = path.read_bytes()
        if len(secret) >= 32:
            return secret
        # A crash between creating and writing left it short: nothing was signed with it yet.
        descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC, 0o600)
    secret = secrets.token_bytes(32)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return secret
