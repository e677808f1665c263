from __future__ import annotations

from pathlib import Path

import pytest

from contract.operations.backends import BACKENDS, Backend


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    """A new, empty storage of every kind there is."""
    return BACKENDS[request.param](tmp_path / "operations")
