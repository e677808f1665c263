"""A SigLIP model that also tags: each word of the house's vocabulary is held against the picture (zero-shot)."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import Picture
from readstone.domain.refusals import Cancelled
from readstone.domain.scene import Tag
from readstone.engines.large.runtime import Torch
from readstone.engines.large.siglip import Siglip
from readstone.engines.protocols import never
from readstone.engines.scene.tags import tags_said, vocabulary

_PROMPT = "this is a photo of {}."
"""As in SigLIP's own evaluation."""

_TRAINED_AMONG = 32_768
_TRUE_WORDS = 10
_MOST = 50


class JointModel(Siglip):
    """An `Embedder` and a `Tagger` in one, for those who want both of one model.

    `cache`: folder in which the words' vectors are kept; that it cannot be written costs time and nothing else.
    Raises as `Siglip`.
    """

    def __init__(self, folder: Path, runtime: Torch, version: str, cache: Path) -> None:
        super().__init__(folder, runtime, version)
        self._cache = cache
        self._words = vocabulary()
        self._vectors: NDArray[np.float32] | None = None

    def tag(self, picture: Picture, cancelled: Callable[[], bool] = never) -> tuple[Tag, ...]:
        """See `Tagger`. The first time all words are encoded, which takes a while.

        The model's own probabilities are those of a batch of 32,768 texts of which one is true. Of the vocabulary
        about ten words are true of a picture, so the odds are moved by the ratio of those priors (Saerens, Latinne,
        Decaestecker 2002, "Adjusting the Outputs of a Classifier to New a Priori Probabilities").
        """
        vectors = self._word_vectors(cancelled)
        if cancelled():
            raise Cancelled
        odds = self.slope * (vectors @ self.of_image(picture)) + self.shift + prior_shift(len(self._words))
        probabilities = 1 / (1 + np.exp(-np.clip(odds.astype(np.float64), -50, 50)))
        best = np.argsort(-probabilities, kind="stable")[:_MOST]
        return tags_said((self._words[at], float(probabilities[at])) for at in best)

    def _word_vectors(self, cancelled: Callable[[], bool]) -> NDArray[np.float32]:
        """Shape (words, numbers), each of length 1."""
        if self._vectors is None:
            sentences = [_PROMPT.format(word) for word in self._words]
            told = hashlib.sha256("\n".join((self.version, *sentences)).encode()).hexdigest()[:16]
            file = self._cache / f"words-{told}.npy"
            vectors = _read(file, len(sentences))
            if vectors is None:
                vectors = self.of_texts(sentences, cancelled)
                _keep(file, vectors)
            self._vectors = vectors
        return self._vectors


def prior_shift(words: int) -> float:
    """What log-odds of training are moved by when about ten of `words` words are true of a picture."""
    share = min(_TRUE_WORDS / words, 0.5)
    return math.log(share / (1 - share)) + math.log(_TRAINED_AMONG - 1)


def _read(file: Path, rows: int) -> NDArray[np.float32] | None:
    try:
        found: NDArray[np.float32] = np.load(file, allow_pickle=False)
    except (OSError, ValueError):
        return None
    return found if found.ndim == 2 and len(found) == rows and found.dtype == np.float32 else None


def _keep(file: Path, vectors: NDArray[np.float32]) -> None:
    temporary = file.with_name(f"{file.stem}.{os.getpid()}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as opened:
            np.save(opened, vectors)
        temporary.replace(file)
    except OSError:
        return
