"""TrOCR: reads one line of handwriting, sign by sign as a language model writes.

Li et al. 2021, "TrOCR: Transformer-based Optical Character Recognition with Pre-trained Models".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from readstone.domain.picture import RgbPixels
from readstone.engines.large.preparation import Preparation, preparation_of
from readstone.engines.large.runtime import Torch, json_in
from readstone.engines.model_file import ModelUnusableError

_SIDE = 384
_LONGEST = 100  # tokens; no line that was trained on has more


class TrOcr:
    """A `LineRecogniser` that `ReadsTogether`. Raises ModelUnusableError when `folder` holds no such model whole."""

    def __init__(self, folder: Path, runtime: Torch) -> None:
        config = json_in(folder, "config.json")
        if config.get("model_type") != "vision-encoder-decoder":
            raise ModelUnusableError(f"{folder} holds no TrOCR model")
        side = int(config.get("encoder", {}).get("image_size", _SIDE))
        self._preparation = preparation_of(folder, Preparation(side, side, Image.Resampling.BILINEAR))
        self._runtime = runtime
        self._model = runtime.model("VisionEncoderDecoderModel", folder, spare="encoder.pooler.")
        self._tokenizer = runtime.tokenizer(folder)

    def read(self, line: RgbPixels) -> tuple[str, float]:
        """See `LineRecogniser`; written greedily, and the probability is the geometric mean of its tokens'."""
        return self.read_lines([line])[0]

    def read_lines(self, lines: Sequence[RgbPixels]) -> list[tuple[str, float]]:
        """See `ReadsTogether`."""
        inputs = {"pixel_values": self._runtime.tensor(self._preparation.batch(list(lines)))}
        tokens, scores = self._runtime.written(self._model, inputs, longest=_LONGEST)
        texts = self._tokenizer.batch_decode(tokens, skip_special_tokens=True)
        return [(str(text).strip(), math.exp(min(score, 0.0))) for text, score in zip(texts, scores, strict=True)]
