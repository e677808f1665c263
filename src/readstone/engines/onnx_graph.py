"""Cuts an ONNX recogniser before its last layer, and writes the small models that take the layer's place.

Without the `onnx` package, which is larger than all of this. Field numbers from onnx.proto3: ModelProto.ir_version
1, graph 7, opset_import 8; OperatorSetIdProto.version 2; GraphProto.node 1, name 2, initializer 5, input 11,
output 12; NodeProto.input 1, output 2, op_type 4; TensorProto.dims 1, data_type 2, name 8, raw_data 9;
ValueInfoProto.name 1, type 2; TypeProto.tensor_type 1; TypeProto.Tensor.elem_type 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from readstone.engines.protobuf import content, fields, number, varint

_NODE, _INITIALIZER, _INPUT, _OUTPUT, _GRAPH = 1, 5, 11, 12, 7
_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6}  # TensorProto.DataType
_OPSET = 13


@dataclass(frozen=True, slots=True)
class Cut:
    """A model up to the input of its last linear layer, and that layer.

    `body` is an ONNX file whose output are the features; `weights` float32 (features, classes), `bias`
    float32 (classes,).
    """

    body: bytes
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Node:
    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    raw: bytes


def before_last_layer(model: bytes) -> Cut:
    """Cut `model` before its last product with a constant matrix, whose bias is added right after.

    Raises ValueError when `model` is no ONNX file of that make.
    """
    outside, graph = _split(model, {_GRAPH})
    inside, parts = _split(graph[0][1], {_NODE, _INITIALIZER, _OUTPUT})
    nodes = [_node(raw) for which, raw in parts if which == _NODE]
    tensors = {_name(raw, 8): raw for which, raw in parts if which == _INITIALIZER}
    layers = [at for at, node in enumerate(nodes) if node.kind == "MatMul" and node.inputs[1] in tensors]
    if not layers:
        raise ValueError("the model has no linear layer")
    layer = nodes[layers[-1]]
    gone = {layer.outputs[0]}
    for node in nodes[layers[-1] + 1 :]:
        if gone & set(node.inputs):
            gone |= set(node.outputs)
    bias = next((i for n in nodes if n.kind == "Add" and gone & set(n.outputs) for i in n.inputs if i in tensors), None)
    if bias is None:
        raise ValueError("the model's last linear layer has no bias")
    kept = [node for node in nodes if not gone & set(node.outputs)]
    used = {name for node in kept for name in node.inputs}
    body = inside + b"".join(content(_NODE, node.raw) for node in kept)
    body += b"".join(content(_INITIALIZER, raw) for name, raw in tensors.items() if name in used)
    body += content(_OUTPUT, _value(layer.inputs[0], "float32"))
    return Cut(outside + content(_GRAPH, body), _array(tensors[layer.inputs[1]]), _array(tensors[bias]))


def linear_model(weights: NDArray[np.float32], bias: NDArray[np.float32]) -> bytes:
    """An ONNX file: float32 (..., features) to (..., classes), the product with `weights` plus `bias`."""
    nodes = _operation("MatMul", ("x", "weights"), "product") + _operation("Add", ("product", "bias"), "y")
    return _model(nodes, {"weights": weights, "bias": bias}, "float32", "float32")


def integer_product_model(weights: NDArray[np.int8]) -> bytes:
    """An ONNX file: the exact product of uint8 (rows, features) and `weights`, int32 (rows, classes)."""
    return _model(_operation("MatMulInteger", ("x", "weights"), "y"), {"weights": weights}, "uint8", "int32")


def _split(message: bytes, wanted: set[int]) -> tuple[bytes, list[tuple[int, bytes]]]:
    """The other fields of a message as they are, and number and value of the wanted ones."""
    rest, found = [], []
    for field in fields(message, 0, len(message)):
        if field.number in wanted:
            found.append((field.number, message[field.first : field.end]))
        else:
            rest.append(message[field.start : field.end])
    return b"".join(rest), found


def _node(raw: bytes) -> _Node:
    texts: dict[int, list[str]] = {1: [], 2: [], 4: []}
    for field in fields(raw, 0, len(raw)):
        if field.number in texts:
            texts[field.number].append(raw[field.first : field.end].decode())
    return _Node(texts[4][0], tuple(texts[1]), tuple(texts[2]), raw)


def _name(raw: bytes, which: int) -> str:
    return next(raw[f.first : f.end].decode() for f in fields(raw, 0, len(raw)) if f.number == which)


def _array(raw: bytes) -> NDArray[np.float32]:
    """A float32 tensor kept in `raw_data`."""
    dims: list[int] = []
    data = b""
    for field in fields(raw, 0, len(raw)):
        value = raw[field.first : field.end]
        if field.number == 1:
            # Packed or one by one: either way numbers follow each other.
            at = 0
            while at < len(value):
                dim, at = varint(value, at)
                dims.append(dim)
        elif field.number == 9:
            data = value
    return np.frombuffer(data, "<f4").reshape(dims).copy()


def _model(nodes: bytes, constants: dict[str, NDArray[Any]], takes: str, gives: str) -> bytes:
    graph = nodes + content(2, "graph")
    graph += b"".join(content(_INITIALIZER, _tensor(name, array)) for name, array in constants.items())
    graph += content(_INPUT, _value("x", takes)) + content(_OUTPUT, _value("y", gives))
    return number(1, 7) + content(_GRAPH, graph) + content(8, number(2, _OPSET))


def _operation(kind: str, inputs: tuple[str, ...], output: str) -> bytes:
    return content(_NODE, b"".join(content(1, name) for name in inputs) + content(2, output) + content(4, kind))


def _tensor(name: str, array: NDArray[Any]) -> bytes:
    dims = b"".join(number(1, side) for side in array.shape)
    return dims + number(2, _TYPES[array.dtype.name]) + content(8, name) + content(9, array.tobytes())


def _value(name: str, kind: str) -> bytes:
    return content(1, name) + content(2, content(1, number(1, _TYPES[kind])))
