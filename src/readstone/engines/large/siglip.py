"""SigLIP and SigLIP 2: pictures and texts in one space.

Zhai et al. 2023, "Sigmoid Loss for Language Image Pre-Training"; Tschannen et al. 2025, "SigLIP 2". Both are trained on
texts padded to 64 tokens and on squares of one size; the sizes are read from the model's own configuration. Of
SigLIP 2 these are the models of a fixed size; those that keep the ratio of the sides ("naflex") are not known here.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import Picture
from readstone.domain.refusals import Cancelled
from readstone.engines.large.preparation import Preparation, preparation_of
from readstone.engines.large.runtime import Torch, json_in
from readstone.engines.model_file import ModelUnusableError
from readstone.engines.protocols import never

_TOKENS = 64
_BATCH = 64
_MOST_CHARACTERS = 2000
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


class Siglip:
    """A joint model of pictures and texts, an `Embedder`; `version` names it and its weights.

    Raises ModelUnusableError when `folder` holds no such model whole.
    """

    def __init__(self, folder: Path, runtime: Torch, version: str) -> None:
        self.version = version
        self._runtime = runtime
        config = json_in(folder, "config.json")
        vision = config.get("vision_config", {})
        if "num_patches" in vision or config.get("model_type") not in ("siglip", "siglip2"):
            raise ModelUnusableError(f"{folder} holds no SigLIP model of a fixed picture size")
        side = int(vision.get("image_size", 224))
        self._preparation = preparation_of(folder, Preparation(side, side))
        # Weights of a fixed size are SigLIP's even where they are SigLIP 2's: the newer class is for naflex alone.
        self._model = runtime.model("SiglipModel", folder)
        self._tokens = int(config.get("text_config", {}).get("max_position_embeddings", _TOKENS))
        self._tokenizer, self._second = self._read_tokenizer(folder)

    @property
    def slope(self) -> float:
        """What a cosine is multiplied by to become the log-odds that text and picture belong together."""
        return float(self._model.logit_scale.detach().exp())

    @property
    def shift(self) -> float:
        """What is added then."""
        return float(self._model.logit_bias.detach())

    def of_image(self, picture: Picture) -> NDArray[np.float32]:
        """See `Embedder`."""
        pixels = self._runtime.tensor(self._preparation.batch([picture.pixels]))
        with self._runtime.torch.inference_mode():
            found = _unit(self._model.get_image_features(pixel_values=pixels))
        return np.asarray(found[0], np.float32)

    def of_text(self, text: str) -> NDArray[np.float32]:
        """See `Embedder`; what is beyond the model's 64 tokens is not looked at."""
        return np.asarray(self.of_texts([text])[0], np.float32)

    def of_texts(self, texts: Sequence[str], cancelled: Callable[[], bool] = never) -> NDArray[np.float32]:
        """Shape (texts, numbers), each of length 1. Raises Cancelled between batches."""
        rows = []
        for start in range(0, len(texts), _BATCH):
            if cancelled():
                raise Cancelled
            rows.append(self._of_batch(texts[start : start + _BATCH]))
        return np.concatenate(rows)

    def _of_batch(self, texts: Sequence[str]) -> NDArray[np.float32]:
        found = self._tokenizer.encode_batch([self._plain(text[:_MOST_CHARACTERS]) for text in texts])
        tokens = self._runtime.tensor(np.array([each.ids for each in found], np.int64))
        with self._runtime.torch.inference_mode():
            return _unit(self._model.get_text_features(input_ids=tokens))

    def _plain(self, text: str) -> str:
        """As texts were written in training: the first model's lack punctuation and capitals, the second's capitals."""
        text = text.lower()
        return text if self._second else re.sub(r"\s+", " ", text.translate(_NO_PUNCTUATION)).strip()

    def _read_tokenizer(self, folder: Path) -> tuple[Any, bool]:
        """The tokenizer that pads and cuts to the model's length, and whether it is SigLIP 2's.

        Read by the tokenizers library alone: transformers would want sentencepiece for the first model's.
        """
        try:
            tokenizer: Any = import_module("tokenizers").Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as broken:  # the library raises bare Exception
            raise ModelUnusableError(f"{folder}: tokenizer.json is missing or unusable: {broken}") from None
        second = tokenizer.token_to_id("<bos>") is not None  # Gemma's vocabulary
        said = json_in(folder, "tokenizer_config.json")
        pad = said.get("pad_token") or json_in(folder, "special_tokens_map.json").get("pad_token") or "<pad>"
        pad = str(pad["content"] if isinstance(pad, dict) else pad)
        if tokenizer.token_to_id(pad) is None:
            raise ModelUnusableError(f"{folder}: tokenizer.json knows no token {pad} to pad with")
        if "add_bos_token" in said or "add_eos_token" in said:
            # Said beside the tokenizer, in place of what it does by itself.
            tokenizer.post_processor = _ends(tokenizer, said)
        tokenizer.enable_truncation(self._tokens)
        tokenizer.enable_padding(
            direction=str(said.get("padding_side", "right")),
            length=self._tokens,
            pad_id=tokenizer.token_to_id(pad),
            pad_token=pad,
        )
        return tokenizer, second


def _ends(tokenizer: Any, said: dict[str, Any]) -> Any:
    """What puts the tokens around a text that `tokenizer_config.json` says."""
    first, last = ("<bos>" if said.get("add_bos_token") else ""), ("<eos>" if said.get("add_eos_token") else "")
    around = [(token, tokenizer.token_to_id(token)) for token in (first, last) if token]
    make = import_module("tokenizers").processors.TemplateProcessing
    return make(single=" ".join(part for part in (first, "$A", last) if part), special_tokens=around)


def _unit(found: Any) -> NDArray[np.float32]:
    """Rows of length 1, of a tensor or of the output that holds one (which of them is a matter of the release)."""
    rows = getattr(found, "pooler_output", found)
    values = np.asarray(rows.float().cpu(), np.float32)
    return np.asarray(values / np.maximum(np.linalg.norm(values, axis=-1, keepdims=True), 1e-12), np.float32)
