"""The mean of several trainings of the accented letters' columns, which errs less than any of them.

    python tools/train/accents_mean.py --margin 0.4 --out FILE.npz RUN1.npz RUN2.npz ...

Letters that one of them lacks are left out. `--margin` is taken off the biases: accented letters are rarer on most
pages than on the lines of the training. Where that leaves a letter in doubt, the models of letters decide.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--margin", type=float, default=0.4, help="natural logarithm")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("runs", type=Path, nargs="+")
    chosen = parser.parse_args()
    runs = [np.load(path) for path in chosen.runs]
    known = [str(run["letters"]) for run in runs]
    letters = [letter for letter in known[0] if all(letter in others for others in known)]
    places = [[others.index(letter) for letter in letters] for others in known]
    weights = np.mean([run["weights"][:, at] for run, at in zip(runs, places, strict=True)], axis=0, dtype=np.float32)
    bias = np.mean([run["bias"][at] for run, at in zip(runs, places, strict=True)], axis=0, dtype=np.float32)
    np.savez(chosen.out, letters=np.array("".join(letters)), weights=weights, bias=bias - np.float32(chosen.margin))
    print(f"{len(letters)} letters: {''.join(letters)}")


if __name__ == "__main__":
    main()
