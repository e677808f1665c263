"""Converts a TensorFlow.js graph model into ONNX without TensorFlow.

A transposition emits no node: each value remembers which axis of the ONNX tensor each axis of the
TensorFlow one is (`axes`), and convolutions, whose ONNX tensors are batch, channel, row, column, find that
order already there. In the same way padding waits in the value until a convolution or a pooling takes it, and
a factor until another one cancels it or a convolution takes it into its weights (so that
0.1666 * x * relu6(x + 3) is x * HardSigmoid(x), nearly for nothing). Only the operations of
the networks that we convert are known; any other raises NotImplementedError.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tfjs_model import Node

Shape = tuple[int | str, ...]
"""Sizes; a name stands for one that may differ from run to run."""
NHWC = (0, 2, 3, 1)  # where batch, rows, columns, channels lie in an ONNX tensor of four axes
_OPSET = 18


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor. `constant` is in TensorFlow's order; `pads` is by TensorFlow's axes.

    Its numbers are those of the ONNX tensor `name` times `factor`. `shifted` names the x of which this is x + 3.
    """

    name: str = ""
    axes: tuple[int, ...] = ()
    constant: NDArray[Any] | None = None
    pads: tuple[tuple[int, int], ...] | None = None
    factor: float = 1.0
    shifted: str = ""


class Converter:
    """Emits ONNX nodes for the TensorFlow nodes that `outputs` need."""

    def __init__(self, nodes: Sequence[Node], weights: dict[str, NDArray[Any]], inputs: dict[str, Value]) -> None:
        self._nodes = {node.name: node for node in nodes}
        self._weights = weights
        self._values: dict[str, tuple[Value, ...]] = {name: (value,) for name, value in inputs.items()}
        self.emitted: list[onnx.NodeProto] = []
        self.initializers: dict[str, onnx.TensorProto] = {}

    def value(self, name: str) -> Value:
        """The value of a TensorFlow output such as "split:1"."""
        base, _, index = name.partition(":")
        if base not in self._values:
            self._values[base] = self._convert(self._nodes[base])
        return self._values[base][int(index or 0)]

    def laid_out(self, value: Value, axes: tuple[int, ...] | None = None) -> str:
        """Name of an ONNX tensor of `value` whose axes lie as `axes` (TensorFlow's own order by default)."""
        axes = axes or tuple(range(len(value.axes)))
        if value.constant is not None:
            order = np.argsort(axes) if value.constant.ndim == len(axes) else None
            return self._constant(value.constant if order is None else value.constant.transpose(order))
        if value.pads:
            raise NotImplementedError("padding before something that cannot take it")
        if value.factor != 1:
            factor = self._constant(np.array(value.factor, np.float32))
            value = replace(value, name=self._emit("Mul", [value.name, factor]), factor=1.0)
        if value.axes == axes:
            return value.name
        order = [value.axes[list(axes).index(i)] for i in range(len(axes))]
        return self._emit("Transpose", [value.name], perm=order)

    def _convert(self, node: Node) -> tuple[Value, ...]:
        if node.operation == "Const":
            return (Value(constant=self._weights[node.name]),)
        inputs = [self.value(name) for name in node.inputs]
        if all(v.constant is not None for v in inputs):
            return (Value(constant=_folded(node, [v.constant for v in inputs])),)
        for operations, convert in _CONVERSIONS.items():
            if node.operation in operations:
                found = convert(self, node, inputs)
                return found if isinstance(found, tuple) else (found,)
        raise NotImplementedError(f"{node.operation} ({node.name})")

    def convolution(self, node: Node, inputs: list[Value]) -> Value:
        image, kernel = inputs[0], inputs[1].constant
        assert kernel is not None
        kernel = kernel * np.float32(image.factor)
        depthwise = "Depthwise" in node.operation
        # TensorFlow: rows, columns, channels in, channels out (or multiplier); ONNX: out, in, rows, columns.
        if depthwise:
            rows, columns, channels, multiplier = kernel.shape
            weights = kernel.reshape(rows, columns, 1, channels * multiplier).transpose(3, 2, 0, 1)
        else:
            channels = 1
            weights = kernel.transpose(3, 2, 0, 1)
        attributes: dict[str, Any] = {
            "kernel_shape": kernel.shape[:2],
            "strides": node.attributes["strides"][1:3],
            "dilations": node.attributes.get("dilations", [1, 1, 1, 1])[1:3],
            "group": channels,
            **self._padding(node, image),
        }
        tensors = [self.laid_out(replace(image, pads=None, factor=1.0), NHWC), self._constant(weights)]
        fused = list(node.attributes.get("fused_ops", ()))
        if fused and fused.pop(0) == "BiasAdd":
            assert inputs[2].constant is not None
            tensors.append(self._constant(inputs[2].constant))
        name = self._emit("Conv", tensors, **attributes)
        for activation in fused:
            name = self._activation(activation, name)
        return Value(name, NHWC)

    def transposed_convolution(self, node: Node, inputs: list[Value]) -> Value:
        (_, kernel, image) = (value.constant for value in inputs)
        assert kernel is not None
        assert image is None
        strides = node.attributes["strides"][1:3]
        if list(kernel.shape[:2]) != list(strides):
            raise NotImplementedError("a transposed convolution whose pixels overlap")
        # TensorFlow: rows, columns, channels out, channels in; ONNX: in, out, rows, columns.
        weights = self._constant((kernel * np.float32(inputs[2].factor)).transpose(3, 2, 0, 1))
        tensors = [self.laid_out(replace(inputs[2], factor=1.0), NHWC), weights]
        return Value(self._emit("ConvTranspose", tensors, kernel_shape=kernel.shape[:2], strides=strides), NHWC)

    def pooling(self, node: Node, inputs: list[Value]) -> Value:
        operation = {"MaxPool": "MaxPool", "AvgPool": "AveragePool"}[node.operation]
        attributes = {
            "kernel_shape": node.attributes["ksize"][1:3],
            "strides": node.attributes["strides"][1:3],
            **self._padding(node, inputs[0]),
        }
        return Value(self._emit(operation, [self.laid_out(replace(inputs[0], pads=None), NHWC)], **attributes), NHWC)

    def pad(self, _: Node, inputs: list[Value]) -> Value:
        assert inputs[1].constant is not None
        # Both what a convolution pads with (zero) and a pooling (less than anything) are ONNX's own ways.
        return replace(inputs[0], pads=tuple((int(a), int(b)) for a, b in inputs[1].constant))

    def transpose(self, _: Node, inputs: list[Value]) -> Value:
        assert inputs[1].constant is not None
        order = [int(i) for i in inputs[1].constant]
        pads = inputs[0].pads
        return replace(
            inputs[0],
            axes=tuple(inputs[0].axes[i] for i in order),
            pads=tuple(pads[i] for i in order) if pads else None,
        )

    def elementwise(self, node: Node, inputs: list[Value]) -> Value:
        operation = {"AddV2": "Add", "AddN": "Sum"}.get(node.operation, node.operation)
        known = next(v for v in inputs if v.constant is None)
        names = [self.laid_out(self._spread(v, len(known.axes)), known.axes) for v in inputs]
        name = self._emit(operation, names)
        three = any(v.constant is not None and v.constant.ndim == 0 and v.constant == 3 for v in inputs)
        plain = operation == "Add" and three and known.factor == 1
        return Value(name, known.axes, shifted=known.name if plain else "")

    def multiply(self, node: Node, inputs: list[Value]) -> Value:
        known, other = sorted(inputs, key=lambda v: v.constant is not None)
        if other.constant is not None and other.constant.ndim == 0:
            return replace(known, factor=known.factor * float(other.constant), shifted="")
        product = self.elementwise(node, [replace(known, factor=1.0), replace(other, factor=1.0)])
        factor = known.factor * other.factor
        return replace(product, factor=1.0 if abs(factor - 1) < 1e-6 else factor)

    def unary(self, node: Node, inputs: list[Value]) -> Value:
        if node.operation == "Relu6" and inputs[0].shifted:
            name = self._emit("HardSigmoid", [inputs[0].shifted], alpha=1 / 6, beta=0.5)
            return Value(name, inputs[0].axes, factor=6.0)
        name = self.laid_out(inputs[0], inputs[0].axes)
        if node.operation == "LeakyRelu":
            name = self._emit("LeakyRelu", [name], alpha=float(node.attributes["alpha"]))
        else:
            name = self._activation(node.operation, name)
        return Value(name, inputs[0].axes)

    def mean(self, node: Node, inputs: list[Value]) -> Value:
        assert inputs[1].constant is not None
        assert node.attributes.get("keep_dims")
        axes = sorted(inputs[0].axes[int(i)] for i in np.atleast_1d(inputs[1].constant))
        tensors = [self.laid_out(inputs[0], inputs[0].axes), self._constant(np.array(axes, np.int64))]
        return Value(self._emit("ReduceMean", tensors, keepdims=1), inputs[0].axes)

    def resize(self, node: Node, inputs: list[Value]) -> Value:
        assert inputs[1].constant is not None
        if node.attributes.get("align_corners"):
            raise NotImplementedError("align_corners")
        mode = "half_pixel" if node.attributes.get("half_pixel_centers") else "asymmetric"
        image = self.laid_out(inputs[0], NHWC)
        sizes = self._constant(inputs[1].constant.astype(np.int64))
        how = {"mode": "linear", "coordinate_transformation_mode": mode, "axes": [2, 3]}
        name = self._emit("Resize", [image, "", "", sizes], **how)
        return Value(name, NHWC)

    def concatenate(self, _: Node, inputs: list[Value]) -> Value:
        axis = inputs[-1].constant
        assert axis is not None
        first = inputs[0]
        names = [self.laid_out(value, first.axes) for value in inputs[:-1]]
        return Value(self._emit("Concat", names, axis=first.axes[int(axis)]), first.axes)

    def split(self, _: Node, inputs: list[Value]) -> tuple[Value, ...]:
        value, lengths, axis = inputs[0], inputs[1].constant, inputs[2].constant
        assert lengths is not None
        assert axis is not None
        names = [f"split_{len(self.emitted)}_{i}" for i in range(len(lengths))]
        split = self._constant(lengths.astype(np.int64))
        source = self.laid_out(value, value.axes)
        self.emitted.append(helper.make_node("Split", [source, split], names, axis=value.axes[int(axis)]))
        return tuple(Value(name, value.axes) for name in names)

    def reshape(self, _: Node, inputs: list[Value]) -> Value:
        assert inputs[1].constant is not None
        shape = inputs[1].constant.astype(np.int64)
        name = self._emit("Reshape", [self.laid_out(inputs[0]), self._constant(shape)])
        return Value(name, tuple(range(len(shape))))

    def identity(self, _: Node, inputs: list[Value]) -> Value:
        return inputs[0]

    def _padding(self, node: Node, image: Value) -> dict[str, Any]:
        if node.attributes["padding"] == "SAME":
            if image.pads:
                raise NotImplementedError("padding twice")
            return {"auto_pad": "SAME_UPPER"}
        if node.attributes["padding"] != "VALID":
            raise NotImplementedError(node.attributes["padding"])
        (_, rows, columns, _) = image.pads or ((0, 0),) * 4
        return {"pads": [rows[0], columns[0], rows[1], columns[1]]}

    @staticmethod
    def _spread(value: Value, rank: int) -> Value:
        """Constants broadcast from the right in TensorFlow's order of axes."""
        if value.constant is None or value.constant.ndim in (0, rank):
            return value
        shape = (1,) * (rank - value.constant.ndim) + value.constant.shape
        return replace(value, constant=value.constant.reshape(shape))

    def _activation(self, kind: str, name: str) -> str:
        if kind == "Relu6":
            bounds = [self._constant(np.array(bound, np.float32)) for bound in (0, 6)]
            return self._emit("Clip", [name, *bounds])
        if kind not in ("Relu", "Sigmoid"):
            raise NotImplementedError(kind)
        return self._emit(kind, [name])

    def _emit(self, operation: str, inputs: Sequence[str], **attributes: Any) -> str:
        name = f"{operation.lower()}_{len(self.emitted)}"
        self.emitted.append(helper.make_node(operation, list(inputs), [name], name=name, **attributes))
        return name

    def _constant(self, array: NDArray[Any]) -> str:
        content = np.ascontiguousarray(array)
        key = f"{content.dtype}{content.shape}{content.tobytes()!r}" if content.size < 9 else ""
        for name, tensor in self.initializers.items() if key else ():
            if tensor.doc_string == key:
                return name
        name = f"constant_{len(self.initializers)}"
        tensor = numpy_helper.from_array(content, name)
        tensor.doc_string = key
        self.initializers[name] = tensor
        return name


_CONVERSIONS: dict[tuple[str, ...], Callable[[Converter, Node, list[Value]], Value | tuple[Value, ...]]] = {
    ("Conv2D", "_FusedConv2D", "DepthwiseConv2dNative", "FusedDepthwiseConv2dNative"): Converter.convolution,
    ("Conv2DBackpropInput",): Converter.transposed_convolution,
    ("MaxPool", "AvgPool"): Converter.pooling,
    ("Pad", "PadV2"): Converter.pad,
    ("Transpose",): Converter.transpose,
    ("Add", "AddN", "AddV2", "Sub"): Converter.elementwise,
    ("Mul",): Converter.multiply,
    ("Relu", "Relu6", "Sigmoid", "LeakyRelu"): Converter.unary,
    ("Mean",): Converter.mean,
    ("ResizeBilinear",): Converter.resize,
    ("ConcatV2",): Converter.concatenate,
    ("SplitV",): Converter.split,
    ("Reshape",): Converter.reshape,
    ("Identity",): Converter.identity,
}


def _folded(node: Node, arrays: list[Any]) -> NDArray[Any]:
    if node.operation in ("Add", "AddV2"):
        return np.asarray(arrays[0] + arrays[1])
    if node.operation == "SparseToDense":
        dense = np.full(arrays[1], arrays[3])
        dense[tuple(arrays[0].T)] = arrays[2]
        return dense
    raise NotImplementedError(f"{node.operation} of constants ({node.name})")


def tfjs_to_onnx(
    nodes: Sequence[Node],
    weights: dict[str, NDArray[Any]],
    *,
    source: tuple[str, str, Shape],
    outputs: dict[str, tuple[str, Shape]],
) -> onnx.ModelProto:
    """An ONNX model whose input and outputs are laid out batch, channel, row, column where TensorFlow's
    were images, and as they were otherwise.

    `source`: TensorFlow's name of the input, ours, and its shape in ONNX; a placeholder of four axes that
    ends in channels is taken for batch, row, column, channel. `outputs`: TensorFlow's names to ours and their
    shapes.
    """
    theirs, ours, shape = source
    placeholder = next(node for node in nodes if node.name == theirs)
    last = int(placeholder.attributes["shape"]["dim"][-1]["size"])
    axes = NHWC if last == shape[1] else (0, 1, 2, 3)
    converter = Converter(nodes, weights, {theirs: Value(ours, axes)})
    ends = []
    for name, (our_name, our_shape) in outputs.items():
        value = converter.value(name)
        end = converter.laid_out(value, value.axes if value.axes == NHWC else None)
        converter.emitted.append(helper.make_node("Identity", [end], [our_name]))
        ends.append(helper.make_tensor_value_info(our_name, TensorProto.FLOAT, our_shape))
    for tensor in converter.initializers.values():
        tensor.ClearField("doc_string")
    begin = helper.make_tensor_value_info(ours, TensorProto.FLOAT, shape)
    graph = helper.make_graph(converter.emitted, "scene", [begin], ends, list(converter.initializers.values()))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
