"""The places for inputs that the contract suite runs against."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol
from uuid import uuid4

from object_stores import BUCKET, ObjectServer
from readstone.operations.inputs import InputStore
from readstone.operations.inputs_choice import inputs_at
from readstone.operations.inputs_objects import ObjectInputs


class Place(Protocol):
    """One place; every `inputs()` is a new handle on it, as another machine would have."""

    def inputs(self) -> InputStore: ...

    def goes_away(self) -> None:
        """Until `comes_back` nobody reaches it."""
        ...

    def comes_back(self) -> None: ...


class FolderPlace:
    """A folder; away it is an empty one, as where nothing is mounted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "shared" / "inputs"

    def inputs(self) -> InputStore:
        found = inputs_at(str(self._folder), Path("/nowhere"))
        assert found
        return found

    def goes_away(self) -> None:
        self._folder.rename(self._folder.with_name("unmounted"))
        self._folder.mkdir()

    def comes_back(self) -> None:
        self._folder.rmdir()
        self._folder.with_name("unmounted").rename(self._folder)


class ObjectPlace:
    """A prefix in the bucket of a real server; each handle has local copies of its own."""

    def __init__(self, folder: Path, server: ObjectServer) -> None:
        self._server = server
        self._copies = folder / "copies"
        self._url = f"{server.scheme}://{BUCKET}/tests/{uuid4().hex}"

    def inputs(self) -> InputStore:
        return ObjectInputs(self._url, self._copies, patience_seconds=2)

    def goes_away(self) -> None:
        self._server.stop()

    def comes_back(self) -> None:
        self._server.start()
