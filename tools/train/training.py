"""The training that both recognisers of our own share: CTC, warm-up and cosine, a moving average of the weights.

Every process works on one core, and after each step all of them share the mean of their gradients. Runs on ordinary
processor cores.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import cv2
import numpy as np
import onnx
import torch
import torch.distributed as dist
import torch.nn.functional as fn
from graph import Graph
from latin import HEAD, characters_of
from lines import HEIGHT, Line
from rapidfuzz.distance import Levenshtein
from torch import Tensor

STEM = "Add.43"  # the strokes and edges of the first stage look the same in all writing
BACKBONE = "p2o.pd_op.pool2d.1.0"  # what the head and the layers before it work on
COLUMNS = 3600  # pixels of line width in one process's batch
LEAST_WIDTH = 320  # as the reader pads
_WARM_UP = 150  # steps

Pair = tuple[np.ndarray, str]


@dataclass(frozen=True)
class Lesson:
    """The network to start from, endless pairs of a line (RGB uint8, 48 rows) and its text, and what is watched."""

    model: onnx.ModelProto
    pairs: Iterator[Pair]
    watched: dict[str, list[Line]]


def batches(pairs: Iterator[Pair], classes: dict[str, int], rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
    """Endless batches of lines of similar width: pictures (n, 3, 48, width), all targets in one row, their lengths."""
    named = ((picture, text, [classes[c] for c in text if c in classes]) for picture, text in pairs)
    # Of a line without text all steps are to be blank; one of letters that the head lacks tells nothing.
    fitting = (
        (picture, found) for picture, text, found in named if bool(text) == bool(found) and _fits(picture, found)
    )
    while True:
        lines = sorted((next(fitting) for _ in range(64)), key=lambda line: line[0].shape[1])
        found: list[list[tuple[np.ndarray, list[int]]]] = [[]]
        for line in lines:
            if found[-1] and max(LEAST_WIDTH, line[0].shape[1]) * (len(found[-1]) + 1) > COLUMNS:
                found.append([])
            found[-1].append(line)
        rng.shuffle(found)
        for batch in found:
            width = max(LEAST_WIDTH, batch[-1][0].shape[1])
            x = np.zeros((len(batch), 3, HEIGHT, width), np.float32)
            for i, (picture, _) in enumerate(batch):
                x[i, :, :, : picture.shape[1]] = as_input(picture)
            targets = [letter for _, target in batch for letter in target]
            yield torch.from_numpy(x), torch.tensor(targets), torch.tensor([len(t) for _, t in batch])


def _fits(picture: np.ndarray, target: list[int]) -> bool:
    return len(target) * 1.2 < picture.shape[1] / 8


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


def train_only_behind(graph: Graph, value: str) -> None:
    """Only the weights that `value` is not worked out from are trained."""
    for weight in graph.parameters():
        weight.requires_grad_(True)
    for _, inputs, output in graph.steps:
        for name in inputs:
            if name in graph.weight_names:
                graph.weight(name).requires_grad_(False)
        if output == value:
            return
    raise ValueError(f"the graph has no value {value}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What every training can be told."""
    parser.add_argument("--plain", type=Path, required=True, help="the recogniser to start from")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="weights.npz of an earlier run")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--every", type=float, default=6, help="minutes between two files of weights")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--backbone-part", type=float, default=1.0, help="of the rate, at which the backbone learns")
    parser.add_argument("--head-first", type=int, default=0, help="steps in which the backbone does not learn")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--batches", type=int, default=1, help="batches of a process that make one step")
    parser.add_argument("--seed", type=int, default=1)


def run(lesson_of: Callable[[int, argparse.Namespace], Lesson], chosen: argparse.Namespace) -> None:
    """Train by the lesson that `lesson_of` makes for each process, 0 and up."""
    chosen.out = chosen.out.resolve()
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / "meeting").unlink(missing_ok=True)
    torch.multiprocessing.spawn(_work, (lesson_of, chosen), nprocs=chosen.processes)


def _work(rank: int, lesson_of: Callable[[int, argparse.Namespace], Lesson], chosen: argparse.Namespace) -> None:
    """One process of the training."""
    processes = chosen.processes
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    dist.init_process_group("gloo", init_method=f"file://{chosen.out}/meeting", rank=rank, world_size=processes)
    lesson = lesson_of(rank, chosen)
    graph = Graph(lesson.model)
    if chosen.start:
        load(graph, chosen.start)
    train_only_behind(graph, STEM)
    weights = [w for w in graph.parameters() if w.requires_grad]
    train_only_behind(graph, BACKBONE)
    behind = [w for w in weights if w.requires_grad]
    before = [w for w in weights if not w.requires_grad]
    if not chosen.head_first:
        train_only_behind(graph, STEM)
    characters = ["", *characters_of(lesson.model), " "]
    classes = {letter: i for i, letter in enumerate(characters) if i}
    average = [w.detach().clone() for w in weights]
    # The backbone knows writing already; what is new to it is mostly the letters' names.
    groups = [{"params": behind, "rate": chosen.rate}, {"params": before, "rate": chosen.rate * chosen.backbone_part}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01, betas=(0.9, 0.99))
    log = (chosen.out / "log.txt").open("a") if rank == 0 else None
    begun, saved, losses, lines, step = time.monotonic(), time.monotonic(), [], 0, 0
    rng = np.random.default_rng(1000 * chosen.seed + rank)
    for number, (x, targets, lengths) in enumerate(batches(lesson.pairs, classes, rng), 1):
        done = torch.tensor([min(1.0, (time.monotonic() - begun) / 60 / chosen.minutes)])
        # Twice as fast on a processor with bfloat16; weights, their gradients' sum and the loss stay in float32.
        with torch.autocast("cpu", torch.bfloat16):
            logits = graph(x.contiguous(memory_format=torch.channels_last)).float()
        steps = torch.full((len(x),), logits.shape[1])
        scores = logits.log_softmax(-1).transpose(0, 1)
        loss = fn.ctc_loss(scores, targets, steps, lengths, reduction="none", zero_infinity=True)
        # Per character, so that long lines do not outweigh the rest; five blanks where there is none weigh as much.
        (loss / torch.where(lengths > 0, lengths, steps / 5).sqrt()).mean().div(5 * chosen.batches).backward()
        losses.append(float(loss.detach().sum() / lengths.sum().clamp(min=1)))
        lines += len(x) * processes
        if number % chosen.batches:
            continue
        progress = share_gradients(weights, done, processes)
        torch.nn.utils.clip_grad_norm_(weights, 2.0)
        since = step - chosen.head_first if step >= chosen.head_first else step
        for group in optimiser.param_groups:
            cosine = (1 + math.cos(math.pi * progress)) / 2
            group["lr"] = group["rate"] * min(1.0, (since + 1) / _WARM_UP) * (0.02 + 0.98 * cosine)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        step += 1
        if step == chosen.head_first:
            train_only_behind(graph, STEM)
        decay = min(0.998, (1 + step) / (20 + step))
        torch._foreach_lerp_(average, [w.detach() for w in weights], 1 - decay)
        if log and step % 50 == 0:
            minutes = (time.monotonic() - begun) / 60
            mean = np.mean(losses[-50 * chosen.batches :])
            print(f"{minutes:6.1f} min step {step} lines {lines} loss {mean:.3f}", file=log, flush=True)
        if log and time.monotonic() - saved > 60 * chosen.every:
            saved = time.monotonic()
            watch(graph, weights, average, lesson.watched, characters, log, f"step {step}")
            graph.save(chosen.out / "weights.npz")
            swap(weights, average)
        if progress >= 1:
            break
    if log:
        watch(graph, weights, average, lesson.watched, characters, log, "end")
        graph.save(chosen.out / "weights.npz")
    dist.barrier()


def load(graph: Graph, path: Path) -> None:
    """The weights of an earlier run, which may have had a smaller head: letters are added behind the others."""
    with np.load(path) as kept, torch.no_grad():
        for name in graph.weight_names:
            weight, old = graph.weight(name), torch.from_numpy(kept[name])
            if name in HEAD and old.shape != weight.shape:
                weight[..., : old.shape[-1] - 1] = old[..., :-1]
                weight[..., -1] = old[..., -1]  # the space is the last class
            else:
                weight.copy_(old)


def share_gradients(weights: list[torch.nn.Parameter], done: Tensor, processes: int) -> float:
    """Every process gets the mean of all gradients; the result is the mean of `done`, the same for all."""
    flat = torch.cat([done, *(w.grad.reshape(-1) if w.grad is not None else torch.zeros(w.numel()) for w in weights)])
    dist.all_reduce(flat)
    flat /= processes
    at = 1
    for w in weights:
        w.grad = flat[at : at + w.numel()].reshape(w.shape) if w.requires_grad else None
        at += w.numel()
    return float(flat[0])


def swap(weights: list[torch.nn.Parameter], others: list[Tensor]) -> None:
    """Exchanges the values of the two."""
    with torch.no_grad():
        for weight, other in zip(weights, others, strict=True):
            kept = weight.clone()
            weight.copy_(other)
            other.copy_(kept)


def watch(
    graph: Graph,
    weights: list[torch.nn.Parameter],
    average: list[Tensor],
    watched: dict[str, list[Line]],
    characters: list[str],
    log: TextIO,
    when: str,
) -> None:
    """Writes the error rate on lines never trained on. The averaged weights are in the graph afterwards."""
    swap(weights, average)
    for kind, lines in watched.items():
        if lines:
            print(f"{when}: {kind} {100 * error_rate(graph, lines, characters):.1f} %", file=log, flush=True)
