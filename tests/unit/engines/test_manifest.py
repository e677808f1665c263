from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from readstone.engines.manifest import DEFAULT_MODELS, TEXT_DETECTOR, ModelFile, ModelUnusableError


@pytest.mark.parametrize("model", DEFAULT_MODELS, ids=lambda m: m.name)
def test_every_default_model_is_installed_as_known(model: ModelFile) -> None:
    model.verify()
    assert model.locate().name == model.path.rsplit("/", 1)[-1]
    assert model.licence
    assert model.purpose


def test_locating_does_not_import_the_package() -> None:
    before = "rapidocr" in sys.modules
    TEXT_DETECTOR.locate()
    assert ("rapidocr" in sys.modules) == before


def test_an_altered_file_is_refused_by_name() -> None:
    with pytest.raises(ModelUnusableError, match=r"text-detector.*checksum"):
        replace(TEXT_DETECTOR, sha256="0" * 64).verified()


def test_an_absent_package_is_told_from_an_absent_file() -> None:
    with pytest.raises(ModelUnusableError, match="is not installed"):
        replace(TEXT_DETECTOR, distribution="no-such-package").locate()
    with pytest.raises(ModelUnusableError, match="carries no"):
        replace(TEXT_DETECTOR, path="rapidocr/models/none.onnx").locate()
