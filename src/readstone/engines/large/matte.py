"""Foreground and background by an ONNX file such as BiRefNet's, run by onnxruntime: no code of a stranger's is run.

Zheng et al. 2024, "Bilateral Reference for High-Resolution Dichotomous Image Segmentation" (BiRefNet). Other networks
of the same face do as well (U2-Net, IS-Net): one picture in, one map out, as logits or as parts of one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import Picture
from readstone.domain.refusals import Cancelled
from readstone.engines.large.preparation import (
    IMAGENET_DEVIATION,
    IMAGENET_MEAN,
    Preparation,
    preparation_of,
)
from readstone.engines.large.runtime import Device, onnx_session
from readstone.engines.model_file import ModelUnusableError
from readstone.engines.protocols import never

_SIDE = 1024
_PLACES = ("model.onnx", "onnx/model.onnx")


class Matte:
    """Tells the foreground. Raises ModelUnusableError when `folder` holds no such ONNX file."""

    def __init__(self, folder: Path, device: Device, threads: int) -> None:
        self._session = onnx_session(onnx_file(folder), device, threads)
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or len(inputs[0].shape) != 4:
            raise ModelUnusableError(f"{folder}: the ONNX file takes something else than one picture")
        self._input: str = inputs[0].name
        self._kind = np.float16 if inputs[0].type == "tensor(float16)" else np.float32
        default = Preparation(_SIDE, _SIDE, mean=IMAGENET_MEAN, deviation=IMAGENET_DEVIATION)
        preparation = preparation_of(folder, default)
        height, width = inputs[0].shape[2:]
        if isinstance(height, int) and isinstance(width, int):
            # What the file itself fixes goes before what is said beside it.
            preparation = Preparation(
                width, height, preparation.resample, preparation.mean, preparation.deviation, preparation.scale
            )
        self._preparation = preparation

    def foreground(self, picture: Picture, cancelled: Callable[[], bool] = never) -> NDArray[np.float32]:
        """Shape (height, width) of the picture: how much of each pixel belongs to the foreground, 0 to 1."""
        tensor = self._preparation.batch([picture.pixels]).astype(self._kind)
        if cancelled():
            raise Cancelled
        outputs: list[Any] = self._session.run(None, {self._input: tensor})
        # The last of several is the finest: the others are the network's steps on the way.
        found = np.asarray(outputs[-1], np.float32)
        if found.shape[-2:] == (0, 0) or found.size < found.shape[-1] * found.shape[-2]:
            raise ModelUnusableError("the ONNX file gives no map")
        plane = found.reshape(-1, *found.shape[-2:])[0]
        if float(plane.min()) < 0 or float(plane.max()) > 1:
            plane = 1 / (1 + np.exp(-np.clip(plane, -50, 50)))
        whole = cv2.resize(plane, (picture.width, picture.height), interpolation=cv2.INTER_LINEAR)
        return np.clip(np.asarray(whole, np.float32), 0, 1)


def onnx_file(folder: Path) -> Path:
    """The one ONNX file of a model's folder. Raises ModelUnusableError where it is not clear which."""
    for place in _PLACES:
        if (folder / place).is_file():
            return folder / place
    found = sorted(folder.glob("*.onnx"))
    if len(found) != 1:
        raise ModelUnusableError(f"{folder} must hold model.onnx or onnx/model.onnx, or one ONNX file")
    return found[0]
