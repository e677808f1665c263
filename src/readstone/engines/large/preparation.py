"""From a picture to what a network takes, as the model's own `preprocessor_config.json` says.

Written out here instead of taken from transformers: its processors want torchvision, and every network here needs no
more than a size, a way to resample, a mean and a deviation.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from readstone.domain.picture import RgbPixels
from readstone.engines.large.runtime import json_in
from readstone.engines.model_file import ModelUnusableError

HALF = (0.5, 0.5, 0.5)
IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_LARGEST = 4096


@dataclass(frozen=True, slots=True)
class Preparation:
    """`width` and `height` in pixels, `resample` PIL's number of a filter; values are scaled by `scale` (1/255 makes
    0 to 1), then `mean` (red, green, blue) is taken off and the rest divided by `deviation`."""

    width: int
    height: int
    resample: int = Image.Resampling.BICUBIC
    mean: tuple[float, float, float] = HALF
    deviation: tuple[float, float, float] = HALF
    scale: float = 1 / 255

    def prepared(self, pixels: RgbPixels) -> NDArray[np.float32]:
        """Shape (3, height, width), red, green, blue; the whole picture squeezed to that size, as in training."""
        picture = Image.fromarray(pixels)
        if picture.size != (self.width, self.height):
            picture = picture.resize((self.width, self.height), Image.Resampling(self.resample))
        values = np.asarray(picture, np.float32) * np.float32(self.scale)
        values -= np.asarray(self.mean, np.float32)
        values /= np.asarray(self.deviation, np.float32)
        return np.ascontiguousarray(values.transpose(2, 0, 1), np.float32)

    def batch(self, pictures: list[RgbPixels]) -> NDArray[np.float32]:
        """Shape (pictures, 3, height, width)."""
        return np.stack([self.prepared(pixels) for pixels in pictures])


def preparation_of(folder: Path, default: Preparation) -> Preparation:
    """What the model in `folder` wants; `default` where its files say nothing.

    Raises ModelUnusableError for sizes that are none.
    """
    said = json_in(folder, "preprocessor_config.json")
    if not said:
        said = json_in(folder, "processor_config.json").get("image_processor", {})
    width, height = _size(said.get("size"), default)
    if not (0 < width <= _LARGEST and 0 < height <= _LARGEST):
        raise ModelUnusableError(f"{folder}: pictures of {width} x {height} pixels cannot be meant")
    normalised = said.get("do_normalize", default.mean != (0.0, 0.0, 0.0))
    return Preparation(
        width,
        height,
        int(said.get("resample", default.resample)),
        _three(said.get("image_mean"), default.mean) if normalised else (0.0, 0.0, 0.0),
        _three(said.get("image_std"), default.deviation) if normalised else (1.0, 1.0, 1.0),
        float(said.get("rescale_factor", default.scale)) if said.get("do_rescale", True) else 1.0,
    )


def _size(said: Any, default: Preparation) -> tuple[int, int]:
    """All ways in which configurations of these families have been written; the short side means a square here."""
    if isinstance(said, int):
        return said, said
    if isinstance(said, list) and len(said) == 2:
        return int(said[1]), int(said[0])
    if isinstance(said, dict):
        if said.get("height") and said.get("width"):
            return int(said["width"]), int(said["height"])
        if side := said.get("shortest_edge"):
            return int(side), int(side)
    return default.width, default.height


def _three(said: Any, default: tuple[float, float, float]) -> tuple[float, float, float]:
    if not isinstance(said, list) or len(said) != 3:
        return default
    return (float(said[0]), float(said[1]), float(said[2]))
