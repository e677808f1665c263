"""Inputs in an object store: Amazon S3 and what speaks like it, or Azure Blob Storage.

Credentials and endpoint come from the environment that the vendors' own tools read (AWS_*, AZURE_*).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from readstone.operations.errors import StoreFullError, StoreUnavailableError, StoreUnusableError
from readstone.operations.inputs import unavailable
from readstone.operations.inputs_copies import LocalCopies

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

_MEMORY_BYTES = 2 << 20  # what is larger is given out as a file, as intake/spool.py takes it in
_PART_BYTES = 8 << 20
_PARTS_AT_ONCE = 3  # 24 MB of memory a document on its way
_NAMES_AT_ONCE = 1000  # what S3 lists in one answer

_LONGEST_ANSWER = "10m"  # a large document may take its time, as long as something arrives

# What stores say when there is no room: HTTP's own status, and the codes of MinIO, Ceph, SeaweedFS and Azure.
_NO_ROOM = (
    "507 Insufficient Storage",
    "InsufficientStorage",
    "StorageFull",
    "QuotaExceeded",
    "EntityTooLarge",
    "no space left on device",
    "AccountLimitExceeded",
)
# As 404 as an object that is not there, but no reason to give a document up.
_NO_CONTAINER = ("NoSuchBucket", "ContainerNotFound", "ContainerBeingDeleted")

_NEEDS_A_PERSON = "Give {} and its credentials as docs/workers.md says."


class ObjectInputs:
    """An `InputStore` below `url`, s3://BUCKET/PREFIX or az://CONTAINER/PREFIX; copies of large ones in `folder`.

    `patience_seconds`: so long the store may be silent, and so long a failed request is asked again.
    """

    def __init__(self, url: str, folder: Path, *, patience_seconds: float = 10.0) -> None:
        self._url = url
        self._copies = LocalCopies(folder)
        self._patience = timedelta(seconds=patience_seconds)
        self._store: ObjectStore | None = None

    def open(self) -> None:
        """Reach the store once. Raises StoreUnusableError for wrong credentials or names, StoreUnavailableError."""
        self._store = _store_at(self._url, self._patience)
        try:
            self._copies.open()
        except OSError as fault:
            raise StoreUnusableError(f"The data folder cannot be used: {fault.strerror}.") from fault
        try:
            self.delete_strictly(self.put(b""))
        except StoreUnavailableError as fault:
            if _is_for_a_person(fault.__cause__):
                raise StoreUnusableError(
                    f"The input store refuses us ({type(fault.__cause__).__name__}). "
                    + _NEEDS_A_PERSON.format("READSTONE_INPUTS")
                ) from fault
            raise

    def close(self) -> None:
        """Remove the copies."""
        self._store = None
        self._copies.close()

    def put(self, document: bytes | Path) -> str:
        """Keep a document, in parts when it is large; whole or not at all, and safe once the store has said so."""
        import obstore

        name = uuid4().hex
        try:
            with _told():
                obstore.put(self._reached(), name, document, chunk_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE)
        except FileNotFoundError as fault:  # the document's own file
            raise unavailable(fault) from fault
        return name

    def get(self, name: str) -> bytes | Path | None:
        """The document; a large one as a copy. Raises StoreUnavailableError."""
        import obstore

        try:
            with _told():
                found = obstore.get(self._reached(), name)
                if found.meta["size"] <= _MEMORY_BYTES:
                    return found.bytes().to_bytes()
            del found  # ends the answer under way: the copy may be there already
            return self._copies.get(name, lambda path: self._fetch(name, path))
        except FileNotFoundError:
            return None

    def _fetch(self, name: str, path: Path) -> None:
        import obstore

        with _told(), path.open("xb") as file:
            for part in obstore.get(self._reached(), name).stream(_PART_BYTES):
                file.write(part)

    def delete(self, name: str) -> None:
        """Remove it, if it is there and the store answers."""
        self._copies.forget(name)
        try:
            self.delete_strictly(name)
        except StoreUnavailableError:
            return  # a later sweep finds it

    def delete_strictly(self, name: str) -> None:
        """Remove it, if it is there. Raises StoreUnavailableError."""
        import obstore

        with _told():
            try:
                obstore.delete(self._reached(), name)
            except FileNotFoundError:
                return

    def names(self) -> Iterator[tuple[str, ...]]:
        """All names, as many at a time as the store lists. Uploads that were broken off are none: see docs."""
        import obstore

        with _told():
            for found in obstore.list(self._reached(), chunk_size=_NAMES_AT_ONCE):
                if batch := tuple(entry["path"] for entry in found):
                    yield batch

    def _reached(self) -> ObjectStore:
        if self._store is None:
            raise StoreUnavailableError("The input store is closed.")
        return self._store


def _store_at(url: str, patience: timedelta) -> ObjectStore:
    try:
        import obstore.exceptions
        from obstore.store import AzureStore, S3Store
    except ImportError:
        raise StoreUnusableError(
            "READSTONE_INPUTS names an object store, which needs one more package: pip install readstone[objects]"
        ) from None
    scheme, _, place = url.partition("://")
    container, _, prefix = place.partition("/")
    client: ClientConfig = {"connect_timeout": "3s", "read_timeout": patience, "timeout": _LONGEST_ANSWER}
    retry: RetryConfig = {"max_retries": 3, "retry_timeout": patience}
    endpoints = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT")
    if any(os.environ.get(name, "").startswith("http://") for name in endpoints):
        client["allow_http"] = True  # whoever writes http:// means it
    try:
        if scheme == "s3":
            return S3Store(container, prefix=prefix or None, client_options=client, retry_config=retry)
        return AzureStore(container, prefix=prefix or None, client_options=client, retry_config=retry)
    except (obstore.exceptions.BaseError, ValueError) as fault:
        raise StoreUnusableError(
            f"READSTONE_INPUTS cannot be used ({type(fault).__name__}). " + _NEEDS_A_PERSON.format("the place")
        ) from fault


@contextmanager
def _told() -> Iterator[None]:
    """Faults as callers of a store know them; that nothing is there stays FileNotFoundError."""
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, OSError) as fault:
        if isinstance(fault, FileNotFoundError) and not any(words in str(fault) for words in _NO_CONTAINER):
            raise
        if any(words in str(fault) for words in _NO_ROOM):
            raise StoreFullError("The input store has no room for the document.") from fault
        raise unavailable(fault) from fault


def _is_for_a_person(fault: BaseException | None) -> bool:
    from obstore.exceptions import InvalidPathError, PermissionDeniedError, UnauthenticatedError

    return isinstance(fault, InvalidPathError | PermissionDeniedError | UnauthenticatedError | FileNotFoundError)
