"""Weights in fewer bits on disk. They are widened again once, when the model is loaded; sums run in float32.

onnxruntime folds constants at load: the Cast and Mul nodes that are put after the weights here cost nothing
per run.
"""

from __future__ import annotations

from enum import Enum

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

_SMALL = 1024  # weights with fewer numbers stay as they are: biases, norms, single numbers


class Bits(Enum):
    """How weights lie on disk."""

    HALF = 16
    BYTE = 8  # whole numbers from -127 to 127 times a factor for each output channel


def stored(model: onnx.ModelProto, bits: Bits) -> onnx.ModelProto:
    """A copy of `model` whose large float32 weights are kept in `bits`."""
    small = onnx.ModelProto()
    small.CopyFrom(model)
    graph = small.graph
    users = {name: node for node in graph.node for name in node.input}
    before: list[onnx.NodeProto] = []
    kept: list[onnx.TensorProto] = []
    for tensor in graph.initializer:
        array = numpy_helper.to_array(tensor)
        if array.dtype != np.float32 or array.size < _SMALL:
            kept.append(tensor)
            continue
        name, narrow = tensor.name, f"{tensor.name}_{bits.value}"
        cast = name if bits is Bits.HALF else f"{narrow}_cast"
        before.append(helper.make_node("Cast", [narrow], [cast], to=TensorProto.FLOAT))
        if bits is Bits.HALF:
            kept.append(numpy_helper.from_array(array.astype(np.float16), narrow))
        else:
            whole, factor = _whole(array, _output_axis(users[name], array.ndim))
            kept += [numpy_helper.from_array(whole, narrow), numpy_helper.from_array(factor, f"{narrow}_factor")]
            before.append(helper.make_node("Mul", [cast, f"{narrow}_factor"], [name]))
    nodes = [*before, *graph.node]
    del graph.node[:], graph.initializer[:]
    # Old files list their weights among the inputs too.
    known = {tensor.name for tensor in kept} | {name for node in before for name in node.output}
    inputs = [value for value in graph.input if value.name not in known]
    del graph.input[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept)
    graph.input.extend(inputs)
    return small


def _output_axis(node: onnx.NodeProto, rank: int) -> int:
    if node.op_type == "ConvTranspose":
        return 1
    if node.op_type in ("MatMul", "Gemm"):
        transposed = any(a.name == "transB" and a.i for a in node.attribute)
        return 0 if transposed else rank - 1
    return 0


def _whole(array: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    others = tuple(i for i in range(array.ndim) if i != axis)
    factor = np.abs(array).max(axis=others, keepdims=True) / 127
    factor[factor == 0] = 1
    return np.round(array / factor).astype(np.int8), factor.astype(np.float32)
