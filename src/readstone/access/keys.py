"""Keys: made once, shown once, kept hashed, compared in constant time.

Stored keys live in `keys.json` of the data folder. A running server sees keys made or revoked by the
command line within a fraction of a second: the file's identity is checked, which costs one stat.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One stored key: `sha256` is the hex digest of the key, `created` an ISO 8601 time in UTC.

    A plain digest is enough: keys are 128 random bits, nothing a dictionary could hold. `rate`: limits of its own,
    as `parse_rates` reads them; empty: those of the server. `admin`: it may see what other keys used.
    """

    id: str
    name: str
    sha256: str
    created: str
    rate: str = ""
    admin: bool = False


_FIELDS = frozenset(field.name for field in fields(KeyRecord))


def fingerprint(key: str) -> str:
    """Hex SHA-256 of a key's UTF-8 bytes."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


class KeyFile:
    """The stored keys. Safe to use from several processes: writers lock, and replace the file whole.

    `recheck_seconds`: how long what was read is taken for current before the file is looked at again.
    """

    def __init__(self, data_dir: Path, recheck_seconds: float = 0.0) -> None:
        self._path = data_dir / "keys.json"
        self._recheck = recheck_seconds
        self._checked = float("-inf")
        self._seen: tuple[int, int, int] | None = None
        self._records: tuple[KeyRecord, ...] = ()

    def records(self) -> tuple[KeyRecord, ...]:
        """All stored keys, oldest first."""
        now = time.monotonic()
        if now - self._checked < self._recheck:
            return self._records
        self._checked = now
        return self._read()

    def _read(self) -> tuple[KeyRecord, ...]:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            self._records, self._seen = (), None
            return ()
        seen = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
        if seen != self._seen:
            stored = json.loads(self._path.read_text("utf-8"))
            # A newer release may have more to say of a key.
            self._records = tuple(KeyRecord(**{f: v for f, v in r.items() if f in _FIELDS}) for r in stored)
            self._seen = seen
        return self._records

    def record(self, presented: str) -> KeyRecord | None:
        """The stored key with that fingerprint, or None."""
        return next((r for r in self.records() if r.sha256 == presented), None)

    def create(self, name: str, *, rate: str = "", admin: bool = False) -> tuple[KeyRecord, str]:
        """Make and store a key. Returns its record and the key itself, which is kept nowhere else."""
        key = secrets.token_hex(16)  # 32 hex digits, as Azure's keys look
        created = datetime.now(UTC).isoformat(timespec="seconds")
        record = KeyRecord(secrets.token_hex(4), name, fingerprint(key), created, rate, admin)
        with self._locked():
            self._write((*self._read(), record))
        return record, key

    def limit(self, key_id: str, rate: str) -> bool:
        """Give a key other limits. Returns False when there is none of that id."""
        with self._locked():
            stored = self._read()
            self._write(replace(r, rate=rate) if r.id == key_id else r for r in stored)
        return any(r.id == key_id for r in stored)

    def revoke(self, key_id: str) -> bool:
        """Forget a key by its id. Returns False when there is none of that id."""
        with self._locked():
            stored = self._read()
            kept = tuple(r for r in stored if r.id != key_id)
            if len(kept) == len(stored):
                return False
            self._write(kept)
        return True

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _write(self, records: Iterable[KeyRecord]) -> None:
        # What is as usual is not written: a file without limits is read by the releases that knew none.
        text = json.dumps(
            [{f: v for f, v in asdict(r).items() if v not in ("", False) or f == "name"} for r in records], indent=1
        )
        temporary = self._path.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)


class KeyRing:
    """The keys a server accepts: those of its settings and those stored."""

    def __init__(self, configured: Iterable[str], stored: KeyFile) -> None:
        self._configured = tuple(fingerprint(key) for key in configured)
        self._stored = stored

    def find(self, key: str) -> str | None:
        """The fingerprint of `key` when it is accepted, else None.

        Every accepted key is compared, each in constant time, so that the answer's delay tells nothing.
        """
        presented = fingerprint(key)
        found = False
        for accepted in self._fingerprints():
            found |= hmac.compare_digest(accepted, presented)
        return presented if found else None

    def holds(self, presented: str) -> bool:
        """Whether a fingerprint still belongs to an accepted key."""
        return presented in self._fingerprints()

    def empty(self) -> bool:
        """Whether nobody could get in."""
        return not self._fingerprints()

    def _fingerprints(self) -> tuple[str, ...]:
        return (*self._configured, *(r.sha256 for r in self._stored.records()))
