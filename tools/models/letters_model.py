"""Counts the models of letters: src/readstone/models/latin_letters/latin_letters.npz.

    python tools/models/letters_model.py --packages build/packages --out latin_letters.npz

What they are counted from stands in letters_texts.py, what came of it in the model's card. The same command makes the
same tables on every machine.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
from letters_texts import LANGUAGES, SAID, Texts, texts_of
from numpy.typing import NDArray

from readstone.engines.read.letters import BITS, LEAST, ORDER, OTHER, STEP, packed, symbol_of

PROSE_AS = 8e6  # characters that a language's prose weighs at most
WORDS_AS = 4e6  # and its words, where there is prose; without, both
COMMON = 60_000  # words of a language that are counted, the most frequent ones
DAMPED = 0.8  # power of a word's frequency: letters do not speak as films do
GAIN = 6.0  # an n-gram is kept when the texts are likelier with it by this, in natural logarithms

Keys = NDArray[np.int64]
Weights = NDArray[np.float64]
Counted = tuple[Keys, Weights]
Estimate = tuple[Keys, Weights, Keys, Weights]
"""N-grams and their probabilities; contexts and the factors for what does not stand with them."""

_TABLE = np.array([symbol_of(chr(code)) for code in range(0x3000)], np.int64)


def encoded(text: str) -> Keys:
    """The symbols of a text."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    return _TABLE[np.minimum(codes, len(_TABLE) - 1)]


def counted(symbols: Keys, weights: Weights, words: Keys, starts: Keys | None) -> list[Counted]:
    """The n-grams of every length within words (any numbers that tell them apart), and what they weigh.

    With `starts`, those single symbols are not counted: the space before a word of a list.
    """
    found = []
    keys = symbols
    for longer in range(ORDER):
        if longer:
            keys = keys[:-1] << BITS | symbols[longer:]
        whole = words[longer:] == words[: len(words) - longer]
        if longer == 0 and starts is not None:
            whole[starts] = False
        unique, places = np.unique(keys[whole], return_inverse=True)
        found.append((unique, np.bincount(places, weights[longer:][whole], len(unique))))
    return found


def counts_of(texts: Texts) -> list[Counted]:
    """The n-grams of a language, of every length."""
    parts = []
    size = sum(map(len, texts.prose))
    for text in texts.prose:
        symbols = encoded(f" {text} ")
        parts.append(counted(symbols, np.full(len(symbols), min(1.0, PROSE_AS / size)), np.zeros(len(symbols)), None))
    if texts.words:
        parts.append(_listed(texts.words, WORDS_AS if texts.prose else PROSE_AS + WORDS_AS))
    return [_sum([part[length] for part in parts]) for length in range(ORDER)]


def _listed(words: dict[str, int], weight: float) -> list[Counted]:
    """The n-grams of the most frequent of some words, which together weigh so many characters."""
    common = sorted(words.items(), key=lambda item: (-item[1], item[0]))[:COMMON]
    lengths = np.array([len(word) + 2 for word, _ in common])
    uses = np.array([count for _, count in common]) ** DAMPED
    uses *= weight / (uses @ (lengths - 1))
    numbers = np.repeat(np.arange(len(common)), lengths)
    listed = encoded("".join(f" {word} " for word, _ in common))
    return counted(listed, uses[numbers], numbers, np.cumsum(lengths) - lengths)


def _sum(parts: list[Counted]) -> Counted:
    keys, places = np.unique(np.concatenate([keys for keys, _ in parts]), return_inverse=True)
    return keys, np.bincount(places, np.concatenate([weights for _, weights in parts]), len(keys))


def estimated(counts: list[Counted], gain: float) -> list[Estimate]:
    """The probabilities of what is worth keeping, of every length (Witten and Bell's interpolation)."""
    kept: list[Estimate] = []
    full: list[Counted] = []
    for longer, (keys, weights) in enumerate(counts):
        contexts, places = np.unique(keys >> BITS, return_inverse=True)
        total, kinds = np.bincount(places, weights), np.bincount(places).astype(float)
        below = _probability_of(full, keys, longer)
        probability = (weights + kinds[places] * below) / (total + kinds)[places]
        full.append((keys, probability))
        factors = kinds / (total + kinds)
        if longer:
            below = likely(kept, keys & ((1 << BITS * longer) - 1))
            worth = weights * np.log(probability / (factors[places] * below)) > gain
            keys, probability, below, places = keys[worth], probability[worth], below[worth], places[worth]
            rest = 1 - np.bincount(places, probability, len(contexts))
            factors = rest / np.maximum(1 - np.bincount(places, below, len(contexts)), 1e-3)
            used = np.bincount(places, minlength=len(contexts)) > 0
            contexts, factors = contexts[used], factors[used]
        kept.append((keys, probability, contexts, np.clip(factors, np.exp(LEAST), 1)))
    return kept


def _probability_of(full: list[Counted], keys: Keys, longer: int) -> Weights:
    if not longer:
        return np.full(len(keys), 1 / (OTHER + 1))
    shorter, probability = full[-1]
    return probability[np.searchsorted(shorter, keys & ((1 << BITS * longer) - 1))]


def likely(kept: list[Estimate], keys: Keys) -> Weights:
    """The probability of n-grams of the length of `kept`, by what is kept."""
    if not kept:
        return np.full(len(keys), np.exp(LEAST))
    known, probability, contexts, factors = kept[-1]
    shorter = likely(kept[:-1], keys & ((1 << BITS * (len(kept) - 1)) - 1))
    at = np.minimum(np.searchsorted(contexts, keys >> BITS), len(contexts) - 1)
    result = shorter * np.where(contexts[at] == keys >> BITS, factors[at], 1)
    at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[at] == keys, probability[at], result)


def arrays_of(models: list[list[Estimate]]) -> dict[str, NDArray[np.uint8]]:
    """The arrays of the model file."""
    arrays: dict[str, NDArray[np.uint8]] = {}
    for longer in range(ORDER):
        estimates = [model[longer] for model in models]
        contexts = np.concatenate([(i << BITS * longer) | found[2] for i, found in enumerate(estimates)])
        counts = [np.unique(keys >> BITS, return_counts=True)[1] for keys, *_ in estimates]
        symbols = np.concatenate([keys & ((1 << BITS) - 1) for keys, *_ in estimates])
        costs = _costs(np.concatenate([probability for _, probability, *_ in estimates]))
        backoffs = _costs(np.concatenate([factors for *_, factors in estimates]))
        if longer == 0:
            backoffs[:] = 0  # below is nothing but LEAST
        small = [np.concatenate(counts).astype(np.uint8), symbols.astype(np.uint8), costs, backoffs]
        arrays |= packed(longer + 1, contexts, *small)
    return arrays


def _costs(probability: Weights) -> NDArray[np.uint8]:
    return np.clip(np.rint(-np.log(probability) / STEP), 0, 255).astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path, required=True, help="where packages are unpacked")
    parser.add_argument("--gain", type=float, default=GAIN)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    models = []
    for language in (*LANGUAGES, *SAID):
        model = estimated(counts_of(texts_of(language, chosen.packages)), chosen.gain)
        print(language, sum(len(keys) for keys, *_ in model), "n-grams")
        models.append(model)
    np.savez_compressed(chosen.out, **arrays_of(models))
    print(chosen.out.stat().st_size, "bytes, sha256", hashlib.sha256(chosen.out.read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
