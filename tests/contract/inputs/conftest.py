from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.inputs.places import FolderPlace, ObjectPlace, Place
from object_stores import AZURITE, ObjectServer, azure_server, s3_server
from readstone.operations.inputs import InputStore


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    with azure_server(tmp_path_factory.mktemp("azure")) as server:
        yield server


@pytest.fixture(params=["folder", "s3", *(["azure"] if AZURITE else [])])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A new, empty place of every kind there is."""
    if request.param == "folder":
        return FolderPlace(tmp_path)
    server: ObjectServer = request.getfixturevalue(request.param)
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
    return ObjectPlace(tmp_path, server)


@pytest.fixture
def inputs(place: Place) -> Iterator[InputStore]:
    """An open handle on it."""
    inputs = place.inputs()
    inputs.open()
    yield inputs
    inputs.close()
