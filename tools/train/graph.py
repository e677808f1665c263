"""An ONNX recogniser as a PyTorch module, and back into the same graph.

The nodes are run one after another by the PyTorch operations of the same meaning, so nothing about the
network is written down twice; chains that PyTorch has one faster operation for (bias, GELU, layer norm,
swish) are found and joined. Weights keep the names they have in the file, which is how they find their way
back. Shapes: x float32 (lines, 3, 48, width), result float32 logits (lines, steps, classes).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
import torch.nn.functional as fn
from onnx import numpy_helper
from torch import Tensor, nn

Run = Callable[..., Tensor]


class Graph(nn.Module):
    """The network of `model` up to its logits (a last Softmax is left to the loss).

    Floating-point initializers are parameters, except the running statistics of batch norms and single
    numbers. Raises NotImplementedError for an operation that is not known here.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        super().__init__()
        graph = model.graph
        self.input = graph.input[0].name
        self.weights = nn.ParameterDict()
        self.fixed: dict[str, Any] = {}
        statistics = {n.input[i] for n in graph.node if n.op_type == "BatchNormalization" for i in (3, 4)}
        for tensor in graph.initializer:
            # The copy is writable, which from_numpy wants; denormals cost time and change nothing.
            array = np.array(numpy_helper.to_array(tensor))
            if array.dtype == np.float32 and array.size > 1 and tensor.name not in statistics:
                array[np.abs(array) < np.finfo(np.float32).tiny] = 0
                self.weights[_key(tensor.name)] = nn.Parameter(torch.from_numpy(array))
            elif array.dtype == np.float32:
                self.fixed[tensor.name] = torch.from_numpy(array) if array.size > 1 else float(array.reshape(-1)[0])
            else:
                self.fixed[tensor.name] = array.tolist()
        self._alias: dict[str, str] = {}
        nodes = []
        for node in graph.node:
            if node.op_type == "Identity":
                self._alias[node.output[0]] = self._name(node.input[0])
            else:
                nodes.append((node, [self._name(i) for i in node.input]))
        if nodes[-1][0].op_type == "Softmax":
            nodes.pop()
        self.output = nodes[-1][0].output[0]
        self._steps = self._planned(nodes)
        self._last = self._last_uses()

    def forward(self, x: Tensor, known: dict[str, Tensor] | None = None) -> Tensor:
        """Logits of `x`; `known` are values in the middle of the graph that need not be worked out again."""
        values: dict[str, Any] = {self.input: x, **(known or {})}
        for at, (run, inputs, output) in enumerate(self._steps):
            if output not in values:
                values[output] = run(*(self._value(values, name) for name in inputs))
            for name in self._last.get(at, ()):
                values.pop(name, None)
        return values[self.output]

    @property
    def steps(self) -> list[tuple[Run, list[str], str]]:
        """Operations in their order: what runs, the names of its inputs, the name of its output."""
        return self._steps

    @functools.cached_property
    def weight_names(self) -> frozenset[str]:
        """The names of the weights in the file."""
        return frozenset(name.replace("|", ".") for name in self.weights)

    def save(self, path: Path) -> None:
        """All weights into a .npz file, which is whole or not there."""
        partial = path.with_suffix(".part.npz")
        np.savez(partial, **{name: self.weight(name).detach().numpy() for name in self.weight_names})
        partial.replace(path)

    def load(self, path: Path) -> None:
        """The weights that save() wrote."""
        with np.load(path) as kept, torch.no_grad():
            for name in self.weight_names:
                self.weight(name).copy_(torch.from_numpy(kept[name]))

    def weight(self, name: str) -> nn.Parameter:
        """The weight called `name` in the file."""
        return self.weights[_key(name)]

    def write_back(self, model: onnx.ModelProto) -> None:
        """Put the weights as they are now into the initializers of `model`."""
        for tensor in model.graph.initializer:
            if _key(tensor.name) in self.weights:
                array = self.weight(tensor.name).detach().numpy()
                tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(array), tensor.name))

    def _name(self, name: str) -> str:
        return self._alias.get(name, name)

    def _value(self, values: dict[str, Any], name: str) -> Any:
        if name in values:
            return values[name]
        return self.weights[_key(name)] if _key(name) in self.weights else self.fixed[name]

    def _last_uses(self) -> dict[int, list[str]]:
        """After which step a value is used no more, so that inference does not keep them all."""
        last = {name: at for at, (_, inputs, _) in enumerate(self._steps) for name in inputs}
        gone: dict[int, list[str]] = {}
        for name, at in last.items():
            gone.setdefault(at, []).append(name)
        return gone

    def _planned(self, nodes: list[tuple[onnx.NodeProto, list[str]]]) -> list[tuple[Run, list[str], str]]:
        steps: list[tuple[Run, list[str], str]] = []
        at = 0
        while at < len(nodes):
            kinds = [node.op_type for node, _ in nodes[at : at + 9]]
            node, inputs = nodes[at]
            if kinds[:2] == ["Conv", "Add"] and _key(nodes[at + 1][1][1]) in self.weights and len(inputs) == 2:
                run = _convolution(node)
                steps.append((run, [*inputs, nodes[at + 1][1][1]], nodes[at + 1][0].output[0]))
                at += 2
            elif kinds[:5] == ["Div", "Erf", "Add", "Mul", "Mul"]:
                steps.append((fn.gelu, inputs[:1], nodes[at + 4][0].output[0]))
                at += 5
            elif kinds == ["ReduceMean", "Sub", "Pow", "ReduceMean", "Add", "Sqrt", "Div", "Mul", "Add"]:
                names = [inputs[0], nodes[at + 7][1][1], nodes[at + 8][1][1], nodes[at + 4][1][1]]
                steps.append((_layer_norm, names, nodes[at + 8][0].output[0]))
                at += 9
            elif kinds[:2] == ["Sigmoid", "Mul"] and inputs[0] in nodes[at + 1][1]:
                steps.append((fn.silu, inputs[:1], nodes[at + 1][0].output[0]))
                at += 2
            else:
                steps.append((_operation(node), inputs, node.output[0]))
                at += 1
        return steps


def _key(name: str) -> str:
    return name.replace(".", "|")  # ParameterDict takes no dots


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


def _padded(x: Tensor, kernel: list[int]) -> Tensor:
    """SAME_UPPER with a stride of one."""
    high, wide = kernel[0] - 1, kernel[1] - 1
    return fn.pad(x, (wide // 2, wide - wide // 2, high // 2, high - high // 2))


def _convolution(node: onnx.NodeProto) -> Run:
    its = _attributes(node)
    same, pads, kernel = its.get("auto_pad") == b"SAME_UPPER", its.get("pads", [0] * 4), its["kernel_shape"]

    def run(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        if same:
            x = _padded(x, kernel)
        flat = None if bias is None else bias.reshape(-1)
        return fn.conv2d(x, weight, flat, its["strides"], [0, 0] if same else pads[:2], 1, its["group"])

    return run


def _layer_norm(x: Tensor, weight: Tensor, bias: Tensor, epsilon: float) -> Tensor:
    return fn.layer_norm(x, (x.shape[-1],), weight, bias, epsilon)


def _slice(x: Any, start: list[int], end: list[int], axes: list[int], _steps: object = None) -> Any:
    if isinstance(x, list):
        return x[start[0] : end[0]]
    return x.narrow(axes[0], start[0], min(end[0], x.shape[axes[0]]) - start[0])


def _squeeze(x: Any, axis: int) -> Any:
    return x[0] if isinstance(x, list) else x.squeeze(axis)


def _concat(axis: int, *parts: Any) -> Any:
    return [side for part in parts for side in part] if isinstance(parts[0], list) else torch.cat(parts, axis)


def _reshape(x: Any, shape: list[int]) -> Any:
    if not isinstance(x, Tensor):
        return x
    return x.reshape([x.shape[i] if side == 0 else side for i, side in enumerate(shape)])


def _operation(node: onnx.NodeProto) -> Run:
    its = _attributes(node)
    kernel, strides = its.get("kernel_shape", []), its.get("strides", [])
    known: dict[str, Callable[[], Run]] = {
        "Add": lambda: lambda a, b: a + b,
        "Mul": lambda: lambda a, b: a * b,
        "MatMul": lambda: torch.matmul,
        "Relu": lambda: fn.relu,
        "Conv": lambda: _convolution(node),
        "HardSigmoid": lambda: lambda x: torch.clamp(x * its["alpha"] + its["beta"], 0, 1),
        "Sigmoid": lambda: torch.sigmoid,
        "ReduceMean": lambda: lambda x: x.mean(its["axes"], keepdim=bool(its.get("keepdims", 1))),
        "BatchNormalization": lambda: lambda x, w, b, m, v: fn.batch_norm(x, m, v, w, b, False, 0.0, its["epsilon"]),
        "Softmax": lambda: lambda x: x.softmax(its["axis"]),
        "Transpose": lambda: lambda x: x.permute(its["perm"]),
        "Concat": lambda: lambda *parts: _concat(its["axis"], *parts),
        "MaxPool": lambda: lambda x: fn.max_pool2d(_padded(x, kernel), kernel, strides),
        "AveragePool": lambda: lambda x: fn.avg_pool2d(x, kernel, strides),
        "Shape": lambda: lambda x: list(x.shape),
        "Slice": lambda: _slice,
        "Squeeze": lambda: lambda x: _squeeze(x, its["axes"][0]),
        "Unsqueeze": lambda: lambda x: [x],
        "Reshape": lambda: _reshape,
    }
    if node.op_type not in known:
        raise NotImplementedError(f"operation {node.op_type} of node {node.name}")
    return known[node.op_type]()
