"""Trains the Latin handwriting recogniser on drawn and real lines; runs on ordinary processor cores.

    python tools/train/train.py --plain PP-OCRv6_rec_small.onnx --data ../shared/data/ocr --drawn D1.npz D2.npz \\
        --minutes 60 --out FOLDER [--all-lines] [--start FOLDER/weights.npz]

The lines of the pages that figures are given for are left out (see lines.py), unless --all-lines. FOLDER gets
weights.npz (a moving average of the weights, written every few minutes) and log.txt. Every process works on
one core, and after each step all of them share the mean of their gradients.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
import torch.distributed as dist
import torch.nn.functional as fn
from augment import augmented
from graph import Graph
from latin import characters_of, with_latin_head
from lines import HEIGHT, SCORED_PAGES, Line, load_saved, pages, real_lines, trainable
from rapidfuzz.distance import Levenshtein
from torch import Tensor

FROZEN_UP_TO = "Add.43"  # the strokes and edges of the first stage look the same in print
LETTERS_FOLDER = "handwriting_letters_1905"
HELD_OUT_FOLDERS = ("letters_1905_typed", "handwriting_french_1930s")
COLUMNS = 3600  # pixels of line width in one process's batch
LEAST_WIDTH = 320  # as the reader pads
CHECKED = 70  # real lines never trained on, to watch the training by


@dataclass(frozen=True)
class Data:
    """What is trained on: drawn lines, the letters' and the notebooks' lines; and what is watched."""

    drawn: list[Line]
    letters: list[Line]
    notebooks: list[Line]
    checked: list[Line]
    checked_drawn: list[Line]


def data_of(folder: Path, drawn: list[Path], watched: Path | None, all_lines: bool) -> Data:
    """Reads and splits the lines."""
    lines = real_lines(folder / "handwriting_train_lines")
    if not all_lines:
        letters = pages(folder / LETTERS_FOLDER)
        scored = [text for page, texts in letters.items() if page in SCORED_PAGES for text in texts]
        scored += [t for name in HELD_OUT_FOLDERS for texts in pages(folder / name).values() for t in texts]
        known = [text for page, texts in letters.items() if page not in SCORED_PAGES for text in texts]
        lines = trainable(lines, scored, known)
    notebooks = [line for line in lines if line.name.startswith("peraire")]
    chosen = set(random.Random(5).sample(range(len(notebooks)), CHECKED))
    return Data(
        [line for path in drawn for line in load_saved(path)],
        [line for line in lines if not line.name.startswith("peraire")],
        [line for i, line in enumerate(notebooks) if i not in chosen],
        [line for i, line in enumerate(notebooks) if i in chosen],
        load_saved(watched) if watched else [],
    )


class Batches:
    """Endless batches of lines of similar width, half of them drawn."""

    def __init__(self, data: Data, classes: dict[str, int], seed: int, letters_part: float) -> None:
        self._data, self._classes, self._letters_part = data, classes, letters_part
        self._rng = np.random.default_rng(seed)

    def _line(self) -> tuple[np.ndarray, list[int]]:
        rng, kind = self._rng, self._rng.random()
        pool = self._data.drawn
        if kind < 0.5:
            pool = self._data.letters if kind < 0.5 * self._letters_part else self._data.notebooks
        while True:
            line = pool[int(rng.integers(len(pool)))]
            picture = augmented(rng, line.picture, 0.6 if pool is self._data.drawn else 1.0)
            target = [self._classes[letter] for letter in line.text if letter in self._classes]
            if target and len(target) * 1.2 < picture.shape[1] / 8:
                return picture, target

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Pictures (n, 3, 48, width), all targets in one row, their lengths."""
        while True:
            lines = sorted((self._line() for _ in range(64)), key=lambda line: line[0].shape[1])
            batches: list[list[tuple[np.ndarray, list[int]]]] = [[]]
            for line in lines:
                if batches[-1] and max(LEAST_WIDTH, line[0].shape[1]) * (len(batches[-1]) + 1) > COLUMNS:
                    batches.append([])
                batches[-1].append(line)
            self._rng.shuffle(batches)
            for batch in batches:
                width = max(LEAST_WIDTH, batch[-1][0].shape[1])
                x = np.zeros((len(batch), 3, HEIGHT, width), np.float32)
                for i, (picture, _) in enumerate(batch):
                    x[i, :, :, : picture.shape[1]] = as_input(picture)
                targets = [letter for _, target in batch for letter in target]
                yield torch.from_numpy(x), torch.tensor(targets), torch.tensor([len(t) for _, t in batch])


def as_input(picture: np.ndarray) -> np.ndarray:
    """Blue, green, red planes from -1 to 1, as the reader gives them to the model."""
    return picture[:, :, ::-1].transpose(2, 0, 1) * np.float32(2 / 255) - 1


def decoded(logits: Tensor, characters: list[str]) -> str:
    """Greedy CTC of (steps, classes)."""
    best = logits.argmax(-1).tolist()
    return "".join(characters[c] for c, before in zip(best, [0, *best], strict=False) if c != before and c)


def error_rate(graph: Graph, lines: list[Line], characters: list[str]) -> float:
    """Edits per true character over whole lines, read one by one."""
    wrong = 0
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for line in lines:
            x = np.zeros((1, 3, HEIGHT, max(LEAST_WIDTH, line.picture.shape[1])), np.float32)
            x[0, :, :, : line.picture.shape[1]] = as_input(line.picture)
            wrong += Levenshtein.distance(decoded(graph(torch.from_numpy(x))[0], characters), line.text)
    return wrong / sum(len(line.text) for line in lines)


def freeze(graph: Graph, value: str) -> None:
    """No training for the weights that `value` is worked out from."""
    for _, inputs, output in graph.steps:
        for name in inputs:
            if name in graph.weight_names:
                graph.weight(name).requires_grad_(False)
        if output == value:
            return
    raise ValueError(f"the graph has no value {value}")


def work(rank: int, processes: int, chosen: argparse.Namespace) -> None:
    """One process of the training."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    dist.init_process_group("gloo", init_method=f"file://{chosen.out}/meeting", rank=rank, world_size=processes)
    model = with_latin_head(onnx.load(chosen.plain))
    graph = Graph(model)
    if chosen.start:
        graph.load(chosen.start)
    freeze(graph, FROZEN_UP_TO)
    characters = ["", *characters_of(model), " "]
    classes = {letter: i for i, letter in enumerate(characters) if i}
    data = data_of(chosen.data, chosen.drawn, chosen.watched, chosen.all_lines)
    weights = [w for w in graph.parameters() if w.requires_grad]
    average = [w.detach().clone() for w in weights]
    optimiser = torch.optim.AdamW(weights, lr=chosen.rate, weight_decay=0.01, betas=(0.9, 0.99))
    log = (chosen.out / "log.txt").open("a") if rank == 0 else None
    if log:
        print(f"{len(data.drawn)} drawn, {len(data.letters)} letters, {len(data.notebooks)} notebooks", file=log)
    begun, saved, losses, lines, step = time.monotonic(), time.monotonic(), [], 0, 0
    batches = Batches(data, classes, 100 * chosen.seed + rank, chosen.letters_part)
    for number, (x, targets, lengths) in enumerate(batches, 1):
        done = torch.tensor([min(1.0, (time.monotonic() - begun) / 60 / chosen.minutes)])
        # Twice as fast on a processor with bfloat16; weights, their gradients' sum and the loss stay in float32.
        with torch.autocast("cpu", torch.bfloat16):
            logits = graph(x.contiguous(memory_format=torch.channels_last)).float()
        steps = torch.full((len(x),), logits.shape[1])
        scores = logits.log_softmax(-1).transpose(0, 1)
        loss = fn.ctc_loss(scores, targets, steps, lengths, reduction="none", zero_infinity=True)
        # Per character, so that long lines do not outweigh the rest.
        (loss / lengths.sqrt()).mean().div(5 * chosen.batches).backward()
        losses.append(float(loss.detach().sum() / lengths.sum()))
        lines += len(x) * processes
        if number % chosen.batches:
            continue
        progress = share_gradients(weights, done, processes)
        torch.nn.utils.clip_grad_norm_(weights, 2.0)
        for group in optimiser.param_groups:
            cosine = (1 + math.cos(math.pi * progress)) / 2
            group["lr"] = chosen.rate * min(1.0, (step + 1) / 150) * (0.02 + 0.98 * cosine)
        optimiser.step()
        optimiser.zero_grad(set_to_none=False)
        step += 1
        decay = min(0.998, (1 + step) / (20 + step))
        torch._foreach_lerp_(average, [w.detach() for w in weights], 1 - decay)
        if log and step % 50 == 0:
            minutes = (time.monotonic() - begun) / 60
            mean = np.mean(losses[-50 * chosen.batches :])
            print(f"{minutes:6.1f} min step {step} lines {lines} loss {mean:.3f}", file=log, flush=True)
        if log and time.monotonic() - saved > 60 * chosen.every:
            saved = time.monotonic()
            watch(graph, weights, average, data, characters, log, f"step {step}")
            graph.save(chosen.out / "weights.npz")
            swap(weights, average)
        if progress >= 1:
            break
    if log:
        watch(graph, weights, average, data, characters, log, "end")
        graph.save(chosen.out / "weights.npz")
    dist.barrier()


def share_gradients(weights: list[torch.nn.Parameter], done: Tensor, processes: int) -> float:
    """Every process gets the mean of all gradients; the result is the mean of `done`, the same for all."""
    flat = torch.cat([done, *(w.grad.reshape(-1) if w.grad is not None else torch.zeros(w.numel()) for w in weights)])
    dist.all_reduce(flat)
    flat /= processes
    at = 1
    for w in weights:
        w.grad = flat[at : at + w.numel()].reshape(w.shape)
        at += w.numel()
    return float(flat[0])


def swap(weights: list[torch.nn.Parameter], others: list[Tensor]) -> None:
    """Exchanges the values of the two."""
    with torch.no_grad():
        for weight, other in zip(weights, others, strict=True):
            kept = weight.clone()
            weight.copy_(other)
            other.copy_(kept)


def watch(graph: Graph, weights: list, average: list, data: Data, characters: list[str], log, when: str) -> None:
    """Writes the error rate on lines never trained on. The averaged weights are in the graph afterwards."""
    swap(weights, average)
    for kind, lines in (("notebooks", data.checked), ("fonts never drawn with", data.checked_drawn[:50])):
        if lines:
            print(f"{when}: {kind} {100 * error_rate(graph, lines, characters):.1f} %", file=log, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plain", type=Path, required=True, help="the recogniser to start from")
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled folders")
    parser.add_argument("--drawn", type=Path, nargs="+", required=True, help="files of render.py")
    parser.add_argument("--watched", type=Path, help="a file of render.py --held-out, to watch the training by")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="weights.npz of an earlier run")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--every", type=float, default=6, help="minutes between two files of weights")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--letters-part", type=float, default=0.25, help="part of real lines drawn from the letters")
    parser.add_argument("--all-lines", action="store_true", help="also those of scored pages: no figures then")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--batches", type=int, default=1, help="batches of a process that make one step")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    chosen.out = chosen.out.resolve()
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / "meeting").unlink(missing_ok=True)
    torch.multiprocessing.spawn(work, (chosen.processes, chosen), nprocs=chosen.processes)


if __name__ == "__main__":
    main()
