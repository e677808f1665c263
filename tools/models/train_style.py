"""Trains the classifier of handwriting and print: src/readstone/models/handwriting_style/handwriting_style.onnx.

The commands, the data and what came of it: src/readstone/models/handwriting_style/CARD.md.

What it learns from: lines drawn in handwriting and in print fonts (style_lines.py), and real cursive lines.
No page of the labelled folders is used, so that they measure the result. `--without PREFIX` leaves out real
lines whose file begins so: `stanford_` ones come from the very pages of handwriting_letters_1905.
Every seventh font family is kept back; the temperature that makes the answers probabilities is fitted there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from style_fonts import HAND, PRINT, Face, faces
from style_lines import line, paper_of
from style_net import ROWS, Grey, Style, disturbed, export, small, standard
from torch import Tensor, nn

WIDTHS = (24, 40, 64, 96, 128, 192, 256)
ODDS = (0.08, 0.14, 0.18, 0.18, 0.18, 0.14, 0.10)
KEPT_BACK = 7
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Pool:
    """Lines of one class from one source, narrowest first, so that those wide enough are a tail."""

    lines: list[Grey]
    widths: NDArray[np.int64]

    @staticmethod
    def of(lines: Sequence[Grey]) -> Pool:
        """Lines of any order."""
        ordered = sorted(lines, key=lambda image: image.shape[1])
        return Pool(ordered, np.array([image.shape[1] for image in ordered]))

    def draw(self, rng: np.random.Generator, width: int) -> Grey:
        """A random piece, `width` columns or a quarter more or less than that before it is stretched."""
        wanted = int(width * math.exp(rng.normal(0, 0.12)))
        first = int(np.searchsorted(self.widths, wanted))
        if first >= len(self.lines):
            first = len(self.lines) - 1
        image = self.lines[int(rng.integers(first, len(self.lines)))]
        # Whole short lines, and pieces from anywhere in long ones.
        start = int(rng.integers(max(1, image.shape[1] - wanted + 1)))
        piece = image[:, start : start + wanted]
        if rng.random() < 0.3:  # a looser or tighter crop
            cut = int(rng.integers(0, 4)), int(rng.integers(0, 4))
            piece = piece[cut[0] : ROWS - cut[1]]
        elif rng.random() < 0.2:
            more = int(rng.integers(0, 5)), int(rng.integers(0, 5))
            piece = cv2.copyMakeBorder(piece, *more, 0, 0, cv2.BORDER_REPLICATE)
        return np.asarray(cv2.resize(piece, (width, ROWS), interpolation=cv2.INTER_LINEAR), np.uint8)


def _draw_chunk(job: tuple[int, bool, list[list[Face]], list[Grey], int]) -> list[Grey]:
    cv2.setNumThreads(1)
    seed, hand, families, papers, count = job
    made = []
    for at in range(count):
        rng = np.random.default_rng([seed, int(hand), at])
        family = families[int(rng.integers(len(families)))]
        latin, others = [f for f in family if not f.letters], [f for f in family if f.letters]
        among = others if others and (not latin or rng.random() < 0.25) else latin
        made.append(small(line(rng, among[int(rng.integers(len(among)))], hand, papers)))
    return made


def drawn(seed: int, hand: bool, families: list[list[Face]], papers: list[Grey], count: int) -> list[Grey]:
    """`count` lines in the given fonts, every family equally often."""
    jobs = [(seed + at, hand, families, papers, CHUNK) for at in range(0, count, CHUNK)]
    with ProcessPoolExecutor(2) as workers:
        return [image for made in workers.map(_draw_chunk, jobs) for image in made]


def batch_of(rng: np.random.Generator, sources: list[tuple[Pool, float, int]], size: int) -> tuple[Tensor, Tensor]:
    """A batch of one width, its lines drawn from (pool, share, label)."""
    width = int(rng.choice(WIDTHS, p=ODDS))
    picks = rng.choice(len(sources), size=size, p=[share for _, share, _ in sources])
    lines = np.stack([sources[i][0].draw(rng, width) for i in picks])
    labels = torch.tensor([[float(sources[i][2])] for i in picks])
    return torch.from_numpy(lines).float()[:, None], labels


def train(sources: list[tuple[Pool, float, int]], seed: int, steps: int, size: int) -> Style:
    """AdamW, one cycle; prints the loss as it goes."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = Style()
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps, pct_start=0.1)
    running = 0.0
    for step in range(1, steps + 1):
        lines, labels = batch_of(rng, sources, size)
        loss = nn.functional.binary_cross_entropy_with_logits(
            model(standard(disturbed(lines, generator))), labels * 0.96 + 0.02
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        running += (loss.item() - running) / min(step, 100)
        if step % 250 == 0:
            print(f"step {step}: loss {running:.4f}", flush=True)
    return model.eval()


def calibrate(model: Style, sources: list[tuple[Pool, float, int]], seed: int) -> dict[str, float]:
    """Sets the temperature on fonts and pages kept back; says how well they are told apart."""
    rng = np.random.default_rng(seed)
    scores, truths = [], []
    with torch.no_grad():
        for _ in range(40):
            lines, labels = batch_of(rng, sources, 128)
            scores.append(model(standard(lines)))
            truths.append(labels)
    score, truth = torch.cat(scores), torch.cat(truths)
    best = min(
        (float(nn.functional.binary_cross_entropy_with_logits(score / t, truth)), t)
        for t in np.linspace(0.4, 4, 73).tolist()
    )
    model.temperature.fill_(best[1])  # type: ignore[operator]
    right = ((score > 0) == (truth > 0.5)).float()
    return {"accuracy": float(right.mean()), "loss": best[0], "temperature": best[1]}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--fonts", type=Path, required=True)
    options.add_argument("--lines", type=Path, required=True, help="folder of real cursive lines")
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--without", action="append", default=[], help="prefix of real lines to leave out")
    options.add_argument("--hand", type=int, default=26_000)
    options.add_argument("--print", type=int, default=34_000, dest="printed")
    options.add_argument("--steps", type=int, default=3_000)
    options.add_argument("--batch", type=int, default=128)
    options.add_argument("--seed", type=int, default=1905)
    options.add_argument("--keep", type=Path, help="where drawn lines are kept between runs")
    chosen = options.parse_args()
    torch.set_num_threads(2)

    real: dict[str, list[Grey]] = {}
    papers = []
    for path in sorted(chosen.lines.glob("*.jpg")):
        if any(path.name.startswith(prefix) for prefix in chosen.without):
            continue
        image = np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)
        real.setdefault(path.name.split("_")[0], []).append(small(image))
        papers.append(paper_of(image))
    drawings = _drawings(chosen, papers)
    sources: list[tuple[Pool, float, int]] = [
        (Pool.of(drawings["hand"]), 0.5 - 0.12 * len(real), 1),
        (Pool.of(drawings["print"]), 0.5, 0),
        *((Pool.of(lines), 0.12, 1) for lines in real.values()),
    ]
    model = train(sources, chosen.seed, chosen.steps, chosen.batch)
    held: list[tuple[Pool, float, int]] = [
        (Pool.of(drawings["hand, kept back"]), 0.5, 1),
        (Pool.of(drawings["print, kept back"]), 0.5, 0),
    ]
    found: dict[str, Any] = dict(calibrate(model, held, chosen.seed + 1))
    export(model, chosen.out)
    content = chosen.out.read_bytes()
    found |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    found["parameters"] = sum(p.numel() for p in model.parameters())
    print(json.dumps(found, indent=1))


def _drawings(chosen: argparse.Namespace, papers: list[Grey]) -> dict[str, list[Grey]]:
    kept = chosen.keep
    if kept is not None and kept.exists():
        with np.load(kept) as file:
            found: dict[str, list[Grey]] = {}
            for name in [key for key in file.files if not key.endswith(" widths")]:
                cuts = np.cumsum(file[f"{name} widths"])[:-1]
                found[name] = np.split(file[name], cuts, axis=1)
            return found
    made: dict[str, list[Grey]] = {}
    for hand, name, names, count in ((True, "hand", HAND, chosen.hand), (False, "print", PRINT, chosen.printed)):
        by_family = faces(chosen.fonts, names)
        families = [by_family[family] for family in sorted(by_family)]
        back = families[::KEPT_BACK]
        used = [family for at, family in enumerate(families) if at % KEPT_BACK]
        made[name] = drawn(chosen.seed * 1000, hand, used, papers, count)
        made[f"{name}, kept back"] = drawn(chosen.seed * 2000, hand, back, papers, 2_000)
        print(f"{name}: {len(made[name])} lines in {len(used)} families, {len(back)} kept back", flush=True)
    if kept is not None:
        arrays = {name: np.concatenate(lines, axis=1) for name, lines in made.items()}
        arrays |= {f"{name} widths": np.array([i.shape[1] for i in lines]) for name, lines in made.items()}
        np.savez(kept, **arrays)
    return made


if __name__ == "__main__":
    main()
