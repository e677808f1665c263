"""BLIP: one sentence for a picture, or for a part cut out of it.

Li et al. 2022, "BLIP: Bootstrapping Language-Image Pre-training".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from readstone.domain.geometry import Box
from readstone.domain.picture import Picture, RgbPixels
from readstone.domain.scene import Caption, DenseCaption
from readstone.engines.large.preparation import Preparation, preparation_of
from readstone.engines.large.runtime import Torch, json_in
from readstone.engines.large.sentences import as_caption, distinct
from readstone.engines.model_file import ModelUnusableError
from readstone.engines.protocols import never

_MEAN, _DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
_BEAMS = 3
_MOST = 8
_LONGEST = 40  # tokens
_SMALLEST = 16  # pixels; of smaller parts no model says anything true


class Blip:
    """A `Captioner`. Raises ModelUnusableError when `folder` holds no BLIP captioning model whole."""

    def __init__(self, folder: Path, runtime: Torch) -> None:
        config = json_in(folder, "config.json")
        if config.get("model_type") != "blip":
            raise ModelUnusableError(f"{folder} holds no BLIP model")
        side = int(config.get("vision_config", {}).get("image_size", 384))
        self._preparation = preparation_of(folder, Preparation(side, side, mean=_MEAN, deviation=_DEVIATION))
        self._runtime = runtime
        self._model = runtime.model("BlipForConditionalGeneration", folder)
        self._tokenizer = runtime.tokenizer(folder)

    def caption(self, picture: Picture, most: int, cancelled: Callable[[], bool] = never) -> tuple[Caption, ...]:
        """See `Captioner`. The confidence is the geometric mean of the probabilities of the sentence's tokens."""
        return self._captions([picture.pixels], min(max(most, 1), _MOST), cancelled)[0]

    def caption_parts(
        self, picture: Picture, boxes: Sequence[Box], cancelled: Callable[[], bool] = never
    ) -> tuple[DenseCaption, ...]:
        """See `Captioner`: each box is cut out and described by itself."""
        cut = [(box, pixels) for box in boxes if (pixels := _cut(picture, box)) is not None]
        if not cut:
            return ()
        found = self._captions([pixels for _, pixels in cut], 1, cancelled)
        return tuple(
            DenseCaption(said[0].text, said[0].confidence, box)
            for (box, _), said in zip(cut, found, strict=True)
            if said
        )

    def _captions(
        self, pictures: list[RgbPixels], most: int, cancelled: Callable[[], bool]
    ) -> list[tuple[Caption, ...]]:
        inputs = {"pixel_values": self._runtime.tensor(self._preparation.batch(pictures))}
        tokens, scores = self._runtime.written(
            self._model, inputs, longest=_LONGEST, beams=max(_BEAMS, most), most=most, cancelled=cancelled
        )
        # The first token only says that a sentence begins; not every tokenizer counts it among the special ones.
        texts = self._tokenizer.batch_decode(tokens[:, 1:], skip_special_tokens=True)
        made = [as_caption(text, score) for text, score in zip(texts, scores, strict=True)]
        return [distinct(made[start : start + most], most) for start in range(0, len(made), most)]


def _cut(picture: Picture, box: Box) -> RgbPixels | None:
    inside = box.clipped(picture.width, picture.height)
    left, top, right, bottom = (round(side) for side in (inside.left, inside.top, inside.right, inside.bottom))
    if right - left < _SMALLEST or bottom - top < _SMALLEST:
        return None
    return np.ascontiguousarray(picture.pixels[top:bottom, left:right])
