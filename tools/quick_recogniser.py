"""Writes the quick text recogniser: the recogniser of the manifest up to its last layer, most weights in 8 bits.

    python -m pip install onnx && python tools/quick_recogniser.py [FILE.onnx]

Nothing is trained and no data is used. The 26 pointwise convolutions, four fifths of the work, become products of
8-bit integers: weights rounded per output channel, to the clipping of least squared error; activations quantised
when they come (DynamicQuantizeMatMul of onnxruntime). Everything else stays as it is.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from readstone.engines.denormals import without_denormals
from readstone.engines.manifest import QUICK_TEXT_RECOGNISER, TEXT_RECOGNISER
from readstone.engines.onnx_graph import before_last_layer

_CLIPPINGS = np.linspace(0.7, 1.0, 13)


def quick(content: bytes) -> onnx.ModelProto:
    """The model with its pairs of pointwise convolutions, a GELU between them, in 8 bits."""
    model = onnx.load_from_string(content)
    graph = model.graph
    nodes = _without_identities(graph)
    uses: dict[str, list[Any]] = {}
    for node in nodes:
        for name in node.input:
            uses.setdefault(name, []).append(node)
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    gone: set[int] = set()
    instead: dict[int, list[Any]] = {}
    for node in nodes:
        if not _is_pointwise(node, tensors):
            continue
        bias = uses[node.output[0]][0]
        gelu = _gelu_after(bias.output[0], uses)
        if gelu is None:
            continue
        second = uses[gelu[-1].output[0]][0]
        second_bias = uses[second.output[0]][0]
        name = f"pair{len(instead)}"
        first_y = _product(graph, f"{name}.first", f"{name}.rows", _matrix(tensors, node), _bias(tensors, bias))
        second_y = _product(
            graph, f"{name}.second", f"{name}.gelu", _matrix(tensors, second), _bias(tensors, second_bias)
        )
        instead[id(node)] = [
            helper.make_node("Transpose", [node.input[0]], [f"{name}.rows"], perm=[0, 2, 3, 1]),
            first_y,
            helper.make_node("Gelu", [first_y.output[0]], [f"{name}.gelu"], domain="com.microsoft"),
            second_y,
            helper.make_node("Transpose", [second_y.output[0]], [second_bias.output[0]], perm=[0, 3, 1, 2]),
        ]
        gone |= {id(n) for n in (node, bias, *gelu, second, second_bias)}
    new = [made for node in nodes for made in (instead.get(id(node)) or ([] if id(node) in gone else [node]))]
    used = {name for node in new for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in new]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(copies)
    graph.initializer.extend(kept)
    del model.metadata_props[:]
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return model


def _without_identities(graph: Any) -> list[Any]:
    other = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "Identity"}

    def source(name: str) -> str:
        while name in other:
            name = other[name]
        return name

    nodes = [node for node in graph.node if node.op_type != "Identity"]
    for node in nodes:
        for at, name in enumerate(node.input):
            node.input[at] = source(name)
    for output in graph.output:
        output.name = source(output.name)
    return nodes


def _is_pointwise(node: Any, tensors: dict[str, NDArray[Any]]) -> bool:
    return node.op_type == "Conv" and tensors[node.input[1]].shape[2:] == (1, 1)


def _gelu_after(name: str, uses: dict[str, list[Any]]) -> list[Any] | None:
    """x / sqrt 2, erf, + 1, times x, / 2: the five nodes, None when something else follows."""
    after = {node.op_type: node for node in uses[name]}
    if set(after) != {"Div", "Mul"}:
        return None
    chain = [after["Div"]]
    for kind in ("Erf", "Add", "Mul", "Mul"):
        chain.append(uses[chain[-1].output[0]][0])
        if chain[-1].op_type != kind:
            return None
    return chain


def _matrix(tensors: dict[str, NDArray[Any]], convolution: Any) -> NDArray[np.float32]:
    """Weights of a pointwise convolution as (channels in, channels out)."""
    return np.ascontiguousarray(tensors[convolution.input[1]][:, :, 0, 0].T)


def _bias(tensors: dict[str, NDArray[Any]], add: Any) -> NDArray[np.float32]:
    return np.asarray(next(tensors[name] for name in add.input if name in tensors).reshape(-1), np.float32)


def _product(graph: Any, name: str, rows: str, weights: NDArray[np.float32], bias: NDArray[np.float32]) -> Any:
    rounded, scale = _rounded(weights)
    for what, array in (("weights", rounded), ("scale", scale), ("bias", bias)):
        graph.initializer.append(numpy_helper.from_array(array, f"{name}.{what}"))
    inputs = [rows, f"{name}.weights", f"{name}.scale", "", f"{name}.bias"]
    return helper.make_node("DynamicQuantizeMatMul", inputs, [f"{name}.y"], domain="com.microsoft")


def _rounded(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Weights in -127..127 and the scale of each column."""
    widest = np.abs(weights).max(axis=0) / 127
    widest[widest == 0] = 1
    best, least = widest.copy(), np.full(widest.shape, np.inf)
    for clipping in _CLIPPINGS:
        scale = widest * clipping
        error = ((np.clip(np.round(weights / scale), -127, 127) * scale - weights) ** 2).sum(axis=0)
        better = error < least
        best[better], least[better] = scale[better], error[better]
    return np.clip(np.round(weights / best), -127, 127).astype(np.int8), best.astype(np.float32)


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else QUICK_TEXT_RECOGNISER.locate()
    model = quick(without_denormals(before_last_layer(TEXT_RECOGNISER.verified()).body))
    assert model.graph.output[0].type.tensor_type.elem_type == TensorProto.FLOAT
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(model.SerializeToString())


if __name__ == "__main__":
    main()
