from __future__ import annotations

import os
from pathlib import Path

import pytest

from readstone.engines.read.reader import PageReader


@pytest.fixture(scope="session")
def reader() -> PageReader:
    return PageReader(threads=2)


@pytest.fixture(scope="session")
def data() -> Path:
    """The labelled images: READSTONE_DATA, or shared/data/ocr beside the repository."""
    named = os.environ.get("READSTONE_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "data" / "ocr"
    if not folder.is_dir():
        pytest.skip("no labelled images: READSTONE_DATA does not name a folder")
    return folder
