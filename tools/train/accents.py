"""Trains what the text recogniser's last layer tells accented Latin letters by; nothing else of it changes.

    python tools/train/accents.py --fonts FOLDER --packages FOLDER --lines 16000 \\
        --out RUN.npz

The recogniser's own body, exact and quick in turn, makes features of drawn lines, once. On them the columns of the last
layer that stand for letters with accents and ligatures are trained by CTC. With all other columns held fast, plain
letters, digits, signs and blanks weigh in every step what they weighed before: a page without accents reads the same.
"""

from __future__ import annotations

import argparse
import functools
import math
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as fn
from latin_lines import LatinLines, Mixture, texts
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein
from torch import Tensor
from training import decoded

from readstone.engines.manifest import TEXT_RECOGNISER
from readstone.engines.onnx_graph import before_last_layer
from readstone.engines.read.recognise import STEP, Manner, Recogniser

_BATCH = 32
_LEAST = 20  # times that a letter must be among the lines to be trained
_SIGNS = "ªºµ"  # letters to Unicode, signs to a reader of bills
_PART = 500  # lines that one process draws at a time
_WATCHED = 800


class Sample(NamedTuple):
    """The features of one line, float16 (steps, 120), its kind and what it says."""

    kind: str
    text: str
    features: NDArray[np.float16]


@functools.cache
def _recogniser() -> Recogniser:
    return Recogniser()


def samples(fonts: Path, packages: Path, mixture: Mixture, seed: int, count: int, held_out: bool) -> list[Sample]:
    """Draw `count` lines and look at them, every other one with the exact weights."""
    cv2.setNumThreads(1)
    recogniser = _recogniser()
    known = set(recogniser.latin_classes)
    lines = LatinLines(fonts, texts(packages), np.random.default_rng(seed), mixture, held_out=held_out)
    found: list[Sample] = []
    while len(found) < count:
        line = lines.line()
        if set(line.text) <= known:
            look = recogniser.look_at([line.picture], Manner(exact=len(found) % 2 == 0, latin=True))[0]
            written = math.ceil(line.picture.shape[1] / STEP) + 2
            found.append(Sample(line.name, line.text, look.features[:written].astype(np.float16)))
    return found


def batches(every: list[Sample], places: dict[str, int]) -> list[tuple[Tensor, ...]]:
    """Lines of similar length together: features (n, steps, 120), steps, letters in one row, their counts."""
    ordered = sorted(every, key=lambda sample: len(sample.features))
    found = []
    for at in range(0, len(ordered), _BATCH):
        some = ordered[at : at + _BATCH]
        x = np.zeros((len(some), len(some[-1].features), some[0].features.shape[1]), np.float16)
        for row, sample in zip(x, some, strict=True):
            row[: len(sample.features)] = sample.features
        letters = [places[letter] for sample in some for letter in sample.text]
        steps, counts = (
            [len(part) for part in parts] for parts in zip(*((s.features, s.text) for s in some), strict=True)
        )
        found.append((torch.from_numpy(x), torch.tensor(steps), torch.tensor(letters), torch.tensor(counts)))
    return found


def error_rates(watched: list[Sample], weights: Tensor, bias: Tensor, characters: list[str]) -> str:
    """Edits per hundred true characters, by kind of line."""
    wrong, long = Counter[str](), Counter[str]()
    for sample in watched:
        said = decoded(torch.from_numpy(sample.features).float() @ weights + bias, characters)
        wrong[sample.kind] += Levenshtein.distance(said, sample.text)
        long[sample.kind] += len(sample.text)
    return ", ".join(f"{kind} {100 * wrong[kind] / long[kind]:.2f}" for kind in sorted(long))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fonts", type=Path, required=True)
    parser.add_argument("--packages", type=Path, required=True, help="where packages of texts are kept")
    parser.add_argument("--lines", type=int, default=16_000)
    parser.add_argument("--accented", type=float, default=Mixture.accented, help="part chosen for one accented letter")
    parser.add_argument("--bills", type=float, default=Mixture.bills, help="part that are rows of bills")
    parser.add_argument("--rounds", type=int, default=8, help="how often each is shown")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    mixture = Mixture(chosen.accented, chosen.bills)
    texts(chosen.packages)  # fetched once, before several processes want them
    seeds = range(1, 1 + math.ceil(chosen.lines / _PART))
    with ProcessPoolExecutor(chosen.processes) as pool:
        held = pool.submit(samples, chosen.fonts, chosen.packages, mixture, 0, _WATCHED, True)
        parts = [pool.submit(samples, chosen.fonts, chosen.packages, mixture, seed, _PART, False) for seed in seeds]
        watched, every = held.result(), [sample for part in parts for sample in part.result()]
    train(every, watched, chosen)


def train(every: list[Sample], watched: list[Sample], chosen: argparse.Namespace) -> None:
    """Train and write the columns."""
    torch.manual_seed(1)
    recogniser = _recogniser()
    cut = before_last_layer(TEXT_RECOGNISER.verified())
    characters = list(recogniser.latin_classes)
    places = {character: at for at, character in enumerate(characters)}
    columns = recogniser.latin_columns
    met = Counter(letter for sample in every for letter in sample.text)
    ours = [
        c
        for c in characters
        if len(c) == 1 and c not in _SIGNS and c.isalpha() and not c.isascii() and met[c] >= _LEAST
    ]
    free = torch.tensor([float(c in ours) for c in characters])
    weights, bias = (torch.tensor(part[..., columns]).requires_grad_() for part in (cut.weights, cut.bias))
    for part in (weights, bias):
        part.register_hook(lambda gradient: gradient * free)
    with torch.no_grad():
        print(f"{len(every)} lines, {len(ours)} letters; before: {error_rates(watched, weights, bias, characters)}")
    optimiser = torch.optim.Adam([weights, bias], lr=chosen.rate)
    lessons = batches(every, places)
    steps = chosen.rounds * len(lessons)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / steps)
    for number in range(1, chosen.rounds + 1):
        losses = []
        for which in torch.randperm(len(lessons)).tolist():
            x, lengths, letters, counts = lessons[which]
            scores = (x.float() @ weights + bias).log_softmax(-1).transpose(0, 1)
            loss = fn.ctc_loss(scores, letters, lengths, counts, reduction="sum", zero_infinity=True) / counts.sum()
            loss.backward()
            losses.append(float(loss.detach()))
            optimiser.step()
            optimiser.zero_grad()
            schedule.step()
        with torch.no_grad():
            rates = error_rates(watched, weights, bias, characters)
        print(f"round {number}: loss {np.mean(losses):.4f}, {rates}", flush=True)
    kept = [places[letter] for letter in ours]
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        chosen.out,
        letters=np.array("".join(ours)),
        weights=weights.detach().numpy()[:, kept],
        bias=bias.detach().numpy()[kept],
    )


if __name__ == "__main__":
    main()
