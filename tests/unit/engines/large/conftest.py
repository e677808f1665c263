"""Large models in miniature, built once; torch is imported when the first of them is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tiny_models
from readstone.domain.picture import Picture
from readstone.engines.large.runtime import Device, Torch

Built = Callable[[str], Path]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The folder of the model that a function of `tiny_models` builds."""
    folders: dict[str, Path] = {}

    def build(name: str) -> Path:
        if name not in folders:
            folder = tmp_path_factory.mktemp("tiny") / name
            folder.mkdir()
            folders[name] = getattr(tiny_models, name)(folder)
        return folders[name]

    return build


@pytest.fixture(scope="session")
def runtime() -> Torch:
    return Torch(Device.CPU, threads=1)


@pytest.fixture(scope="session")
def picture() -> Picture:
    noise = np.random.default_rng(3).integers(0, 256, (90, 120, 3))
    return Picture(noise.astype(np.uint8), "Png")
