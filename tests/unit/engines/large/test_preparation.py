"""Pictures as a model's own files want them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from readstone.engines.large.preparation import Preparation, preparation_of
from readstone.engines.model_file import ModelUnusableError

DEFAULT = Preparation(20, 10)


def told(folder: Path, said: dict[str, Any], name: str = "preprocessor_config.json") -> Preparation:
    (folder / name).write_text(json.dumps(said))
    return preparation_of(folder, DEFAULT)


def test_nothing_told(tmp_path: Path) -> None:
    assert preparation_of(tmp_path, DEFAULT) is not None
    assert preparation_of(tmp_path, DEFAULT) == DEFAULT


@pytest.mark.parametrize(
    ("size", "sides"),
    [(32, (32, 32)), ([30, 40], (40, 30)), ({"height": 7, "width": 9}, (9, 7)), ({"shortest_edge": 8}, (8, 8))],
)
def test_sizes(tmp_path: Path, size: Any, sides: tuple[int, int]) -> None:
    found = told(tmp_path, {"size": size})
    assert (found.width, found.height) == sides


def test_new_place_of_the_same(tmp_path: Path) -> None:
    inside = {"size": {"height": 4, "width": 4}, "image_mean": [0.1, 0.2, 0.3], "image_std": [1, 2, 4]}
    found = told(tmp_path, {"image_processor": inside}, "processor_config.json")
    assert (found.width, found.mean, found.deviation) == (4, (0.1, 0.2, 0.3), (1.0, 2.0, 4.0))


def test_values(tmp_path: Path) -> None:
    said = {"size": 2, "image_mean": [0.0, 0.5, 1.0], "image_std": [1.0, 0.5, 2.0], "rescale_factor": 1 / 255}
    found = told(tmp_path, said)
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[0, 1] = (255, 255, 255)
    values = found.prepared(pixels)
    assert (values.shape, values.dtype) == ((3, 2, 2), np.float32)
    np.testing.assert_allclose(values[:, 0, 1], [1, 1, 0], atol=1e-6)
    np.testing.assert_allclose(values[:, 1, 0], [0, -1, -0.5], atol=1e-6)


def test_not_normalised(tmp_path: Path) -> None:
    found = told(tmp_path, {"size": 2, "do_normalize": False, "image_mean": [1, 1, 1]})
    assert found.prepared(np.full((5, 3, 3), 255, np.uint8)).max() == pytest.approx(1)


@pytest.mark.parametrize("text", ["[]", "no json", '{"size": 99999}', '{"size": {"height": -1, "width": 4}}'])
def test_what_cannot_be_meant(tmp_path: Path, text: str) -> None:
    (tmp_path / "preprocessor_config.json").write_text(text)
    with pytest.raises(ModelUnusableError):
        preparation_of(tmp_path, DEFAULT)


@pytest.mark.parametrize("name", ["Blip", "Siglip", "ViT", "RTDetr"])
def test_as_transformers_own_processors_do(tmp_path: Path, name: str) -> None:
    transformers = pytest.importorskip("transformers")
    processor = getattr(transformers, f"{name}ImageProcessorPil")(size={"height": 40, "width": 56})
    processor.save_pretrained(tmp_path)
    pixels = np.random.default_rng(5).integers(0, 256, (90, 120, 3)).astype(np.uint8)
    expected = processor(images=[pixels], return_tensors="np")["pixel_values"][0]
    own = preparation_of(tmp_path, Preparation(1, 1)).prepared(pixels)
    assert own.shape == (3, 40, 56)
    np.testing.assert_allclose(own, expected, atol=1e-5)
