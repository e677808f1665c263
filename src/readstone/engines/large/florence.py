"""Florence-2: one sentence for a picture, and phrases for the parts that it finds itself.

Xiao et al. 2023, "Florence-2: Advancing a Unified Representation for a Variety of Vision Tasks". Read with the class
that transformers has for it, so from the checkpoints that were converted to it; the first ones, which bring code of
their own to run, are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from readstone.domain.geometry import Box
from readstone.domain.picture import Picture
from readstone.domain.scene import Caption, DenseCaption
from readstone.engines.large.preparation import (
    IMAGENET_DEVIATION,
    IMAGENET_MEAN,
    Preparation,
    preparation_of,
)
from readstone.engines.large.runtime import Torch, json_in
from readstone.engines.large.sentences import as_caption, distinct
from readstone.engines.model_file import ModelUnusableError
from readstone.engines.protocols import never

# The prompts of the paper's tasks CAPTION and DENSE_REGION_CAPTION.
_WHOLE = "What does the image describe?"
_PARTS = "Locate the objects in the image, with their descriptions."
_MOST = 8
_LONGEST, _LONGEST_OF_PARTS = 60, 512  # tokens
_SIDE, _IMAGE_TOKENS = 768, 577
_BINS = 1000  # a place is told in thousandths of the side
_PART = re.compile(r"([^<>]+)((?:<loc_\d+>){4,})")
_PLACE = re.compile(r"<loc_(\d+)>")


class Florence:
    """A `Captioner`. Raises ModelUnusableError when `folder` holds no such model whole."""

    def __init__(self, folder: Path, runtime: Torch) -> None:
        config = json_in(folder, "config.json")
        if config.get("model_type") != "florence2" or "auto_map" in config:
            raise ModelUnusableError(f"{folder} holds no Florence-2 model in the form that transformers itself knows")
        default = Preparation(_SIDE, _SIDE, mean=IMAGENET_MEAN, deviation=IMAGENET_DEVIATION)
        self._preparation = preparation_of(folder, default)
        said = json_in(folder, "preprocessor_config.json") or json_in(folder, "processor_config.json").get(
            "image_processor", {}
        )
        self._image_tokens = int(said.get("image_seq_length", _IMAGE_TOKENS))
        self._runtime = runtime
        self._model = runtime.model("Florence2ForConditionalGeneration", folder)
        self._tokenizer = runtime.tokenizer(folder)

    def caption(self, picture: Picture, most: int, cancelled: Callable[[], bool] = never) -> tuple[Caption, ...]:
        """See `Captioner`. The confidence is the geometric mean of the probabilities of the sentence's tokens."""
        most = min(max(most, 1), _MOST)
        found = self._generated(picture, _WHOLE, most, _LONGEST, cancelled, plain=True)
        return distinct((as_caption(text, score) for text, score in found), most)

    def caption_parts(
        self,
        picture: Picture,
        boxes: Sequence[Box],  # noqa: ARG002 - it finds its own
        cancelled: Callable[[], bool] = never,
    ) -> tuple[DenseCaption, ...]:
        """See `Captioner`. The confidence is that of the whole answer: the model gives no other."""
        [(text, score)] = self._generated(picture, _PARTS, 1, _LONGEST_OF_PARTS, cancelled, plain=False)
        return parts_in(text, score, picture.width, picture.height)

    def _generated(
        self, picture: Picture, prompt: str, most: int, longest: int, cancelled: Callable[[], bool], *, plain: bool
    ) -> list[tuple[str, float]]:
        """`most` answers to `prompt` and their mean log-probabilities; `plain`: without tokens for places."""
        tokenizer, model = self._tokenizer, self._model
        image = tokenizer.convert_ids_to_tokens(model.config.image_token_id)
        text = f"{image * self._image_tokens}{tokenizer.bos_token}{prompt}{tokenizer.eos_token}"
        asked = tokenizer(text, add_special_tokens=False, return_tensors="pt", return_token_type_ids=False)
        asked = asked.to(self._runtime.device)
        pixels = self._runtime.tensor(self._preparation.batch([picture.pixels]))
        # One beam is greedy: of parts there may be hundreds of tokens.
        tokens, scores = self._runtime.written(
            model, {**asked, "pixel_values": pixels}, longest=longest, beams=most, most=most, cancelled=cancelled
        )
        texts = tokenizer.batch_decode(tokens, skip_special_tokens=plain)
        return list(zip(texts, scores, strict=True))


def parts_in(text: str, log_probability: float, width: int, height: int) -> tuple[DenseCaption, ...]:
    """The parts in an answer such as `a red car<loc_10><loc_20><loc_300><loc_400>`, in the order told.

    Four numbers are left, top, right, bottom in thousandths of the picture's sides; a phrase may have several boxes.
    """
    found: list[DenseCaption] = []
    for phrase, places in _PART.findall(re.sub(r"</?s>|<pad>", "", text)):
        caption = as_caption(phrase, log_probability)
        numbers = [min(int(number), _BINS - 1) + 0.5 for number in _PLACE.findall(places)]
        for at in range(0, len(numbers) - 3, 4):
            left, top, right, bottom = numbers[at : at + 4]
            if caption is not None and right > left and bottom > top:
                x, y = width / _BINS, height / _BINS
                box = Box(left * x, top * y, (right - left) * x, (bottom - top) * y)
                found.append(DenseCaption(caption.text, caption.confidence, box))
    return tuple(found)
