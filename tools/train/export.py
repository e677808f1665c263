"""Writes trained weights into the recogniser's own graph, as the file that the reader loads.

    python tools/train/export.py --plain PP-OCRv6_rec_small.onnx --weights FOLDER/weights.npz --out FILE.onnx \\
        [--scripts]

Weights are stored as float16 behind a Cast, which halves the file; onnxruntime folds the casts away when the
file is loaded, so that it runs in float32. The result is checked against PyTorch.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from graph import Graph
from latin import with_latin_head
from onnx import TensorProto, helper, numpy_helper
from scripts import with_script_head

_WORTH_HALVING = 256  # numbers; smaller tensors (biases, scales) stay as they are


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same model with its large weights in float16, cast back where they are used."""
    graph, casts, kept = model.graph, [], []
    for tensor in graph.initializer:
        array = numpy_helper.to_array(tensor)
        if array.dtype != np.float32 or array.size < _WORTH_HALVING:
            kept.append(tensor)
            continue
        small = array.astype(np.float16)
        small[np.abs(small) < np.finfo(np.float16).tiny] = 0
        kept.append(numpy_helper.from_array(small, tensor.name + ".half"))
        casts.append(helper.make_node("Cast", [tensor.name + ".half"], [tensor.name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    names = {tensor.name for tensor in kept}
    inputs = [entry for entry in graph.input if entry.name == "x" or entry.name in names]
    del graph.input[:]
    graph.input.extend(inputs)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plain", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scripts", action="store_true", help="weights of train_scripts.py, not of train.py")
    chosen = parser.parse_args()
    model = (with_script_head if chosen.scripts else with_latin_head)(onnx.load(chosen.plain))
    graph = Graph(model)
    graph.load(chosen.weights)
    graph.write_back(model)
    model = halved(model)
    onnx.checker.check_model(model)
    content = model.SerializeToString()
    x = np.random.default_rng(1).uniform(-1, 1, (1, 3, 48, 640)).astype(np.float32)
    found = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]
    with torch.inference_mode():
        wanted = graph(torch.from_numpy(x)).softmax(-1).numpy()
    print(f"{len(content) / 1e6:.1f} MB, probabilities differ by at most {np.abs(found - wanted).max():.4f}")
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_bytes(content)


if __name__ == "__main__":
    main()
