"""D-FINE and RT-DETR: things in boxes, one query of the network a thing.

Zhao et al. 2023, "DETRs Beat YOLOs on Real-time Object Detection" (RT-DETR); Peng et al. 2024, "D-FINE". Both are
trained with a focal loss: every query has a probability of its own for every name.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from readstone.domain.geometry import Box
from readstone.domain.picture import Picture
from readstone.domain.refusals import Cancelled
from readstone.domain.scene import DetectedObject
from readstone.engines.large.preparation import Preparation, preparation_of
from readstone.engines.large.runtime import Torch, json_in
from readstone.engines.model_file import ModelUnusableError
from readstone.engines.protocols import never
from readstone.engines.scene.coco import THINGS
from readstone.engines.scene.parents import parents_of

_CLASSES = {
    "d_fine": "DFineForObjectDetection",
    "rt_detr": "RTDetrForObjectDetection",
    "rt_detr_v2": "RTDetrV2ForObjectDetection",
}
_SIDE = 640
_LEAST = 0.001
_MOST = 300
_PLAIN = (0.0, 0.0, 0.0)

# Some configurations name COCO's things as an older data set (VOC) did.
_COCO = {
    "motorbike": "motorcycle",
    "aeroplane": "airplane",
    "sofa": "couch",
    "tvmonitor": "tv",
    "tv/monitor": "tv",
}

_SPACED = {name.replace(" ", ""): name for name in THINGS}
"""And some write "pottedplant"."""


class DetrDetector:
    """A `Detector`. Raises ModelUnusableError when `folder` holds no such model whole."""

    def __init__(self, folder: Path, runtime: Torch) -> None:
        config = json_in(folder, "config.json")
        kind = _CLASSES.get(str(config.get("model_type")))
        if kind is None:
            raise ModelUnusableError(f"{folder} holds no model of the kinds {', '.join(_CLASSES)}")
        default = Preparation(_SIDE, _SIDE, Image.Resampling.BILINEAR, _PLAIN, (1.0, 1.0, 1.0))
        self._preparation = preparation_of(folder, default)
        self._runtime = runtime
        self._model = runtime.model(kind, folder)
        names = {int(number): str(name) for number, name in self._model.config.id2label.items()}
        self._names = [thing_name(names.get(number, "")) for number in range(max(names, default=-1) + 1)]

    def find(self, picture: Picture, cancelled: Callable[[], bool] = never) -> tuple[DetectedObject, ...]:
        """See `Detector`; down to one in a thousand, at most 300."""
        pixels = self._runtime.tensor(self._preparation.batch([picture.pixels]))
        with self._runtime.torch.inference_mode():
            found: Any = self._model(pixel_values=pixels)
        if cancelled():
            raise Cancelled
        odds = np.asarray(found.logits[0].float().cpu(), np.float64)
        boxes = np.asarray(found.pred_boxes[0].float().cpu(), np.float64)
        scores = 1 / (1 + np.exp(-np.clip(odds, -50, 50)))
        best = np.argsort(-scores, axis=None, kind="stable")[:_MOST]
        things = []
        for query, kind in zip(*np.unravel_index(best, scores.shape), strict=True):
            score, name = float(scores[query, kind]), self._names[kind] if kind < len(self._names) else ""
            box = _box(boxes[query], picture.width, picture.height)
            if score >= _LEAST and name and box is not None:
                confidence = round(min(score, 0.9999), 4)
                things.append(DetectedObject(name, confidence, box, parents_of(name, confidence)))
        return tuple(things)


def thing_name(label: str) -> str:
    """A label as answers spell it: lower case, COCO's own words where a configuration has others."""
    name = label.strip().lower().replace("_", " ")
    joined = name.replace(" ", "")
    return _COCO.get(joined) or _SPACED.get(joined) or name


def _box(centred: np.ndarray[Any, np.dtype[np.float64]], width: int, height: int) -> Box | None:
    """A box told as centre and size in parts of the picture, inside it; None where nothing of it is."""
    x, y, wide, high = centred.tolist()
    box = Box((x - wide / 2) * width, (y - high / 2) * height, wide * width, high * height).clipped(width, height)
    return box if box.width >= 1 and box.height >= 1 else None
