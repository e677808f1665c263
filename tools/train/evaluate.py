"""Error rates of recognisers, line by line, on lines that the training left out.

    python tools/train/evaluate.py --data ../shared/data/ocr --watched HELD.npz PP-OCRv6_rec_small.onnx FILE.onnx

Four kinds of lines: letters (from scored pages), notebooks (training split, kept back by train.py), and lines
in fonts never drawn with. Whole pages, with detection and the choice between the two recognisers, are measured
by bench/accuracy_ocr.py.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnxruntime
from lines import HEIGHT, Line, plain, real_lines
from rapidfuzz.distance import Levenshtein
from training import LEAST_WIDTH, as_input

from train import data_of


class Recogniser:
    """An ONNX recogniser of lines."""

    def __init__(self, path: Path) -> None:
        self._session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        characters = self._session.get_modelmeta().custom_metadata_map["character"].split("\n")
        self._characters = ["", *characters, " "]

    def read(self, line: Line) -> str:
        """The text of `line`, by greedy CTC."""
        x = np.zeros((1, 3, HEIGHT, max(LEAST_WIDTH, line.picture.shape[1])), np.float32)
        x[0, :, :, : line.picture.shape[1]] = as_input(line.picture)
        best = self._session.run(None, {"x": x})[0][0].argmax(axis=1).tolist()
        found = (self._characters[c] for c, before in zip(best, [0, *best], strict=False) if c and c != before)
        return plain("".join(found))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--watched", type=Path)
    parser.add_argument("recognisers", type=Path, nargs="+")
    chosen = parser.parse_args()
    data = data_of(chosen.data, [], chosen.watched, all_lines=False)
    known = {line.name for line in (*data.letters, *data.notebooks, *data.checked)}
    every = real_lines(chosen.data / "handwriting_train_lines")
    kinds = {
        "letters": [line for line in every if line.name not in known and line.name.startswith("stanford")],
        "notebooks": data.checked,
        "fonts": data.checked_drawn,
    }
    for path in chosen.recognisers:
        recogniser = Recogniser(path)
        for kind, lines in kinds.items():
            if lines:
                wrong = sum(Levenshtein.distance(recogniser.read(line), line.text) for line in lines)
                rate = 100 * wrong / sum(len(line.text) for line in lines)
                print(f"{path.name} {kind}: CER {rate:.1f} % of {len(lines)} lines")


if __name__ == "__main__":
    main()
