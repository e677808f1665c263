"""EfficientNet-Lite2 as ONNX, from its PyTorch weights: batch norms joined to the convolutions before them.

Architecture: Tan and Le 2019, "EfficientNet", in the Lite variant (no squeeze and excitation, ReLU6, stem and
head of fixed width): https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite.
Kernel sizes, widths and repeats are those of the weights; only the strides are not written in them.
"""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SIDE = 260
_EPSILON = 1e-3
_STRIDES = {0: 1, 1: 2, 4: 2, 7: 2, 11: 1, 15: 2, 20: 1}  # of the first block of each stage; the others have 1


def efficientnet_lite2(weights: dict[str, NDArray[np.float32]]) -> onnx.ModelProto:
    """Input `image` float32 (1, 3, 260, 260), RGB, (0..255 - 127) / 128; output `probabilities` (1, 1000)."""
    nodes: list[onnx.NodeProto] = []
    initializers: list[onnx.TensorProto] = []

    def constant(name: str, array: NDArray[np.float32]) -> str:
        initializers.append(numpy_helper.from_array(np.ascontiguousarray(array, np.float32), name))
        return name

    def emit(operation: str, inputs: list[str], **attributes: object) -> str:
        name = f"{operation.lower()}_{len(nodes)}"
        nodes.append(helper.make_node(operation, inputs, [name], name=name, **attributes))
        return name

    def convolved(source: str, convolution: str, norm: str, *, stride: int = 1, active: bool = True) -> str:
        kernel = weights[f"{convolution}.weight"]
        scale = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + _EPSILON)
        bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
        depthwise = "depthwise" in convolution
        name = emit(
            "Conv",
            [
                source,
                constant(f"{convolution}.weight", kernel * scale[:, None, None, None]),
                constant(f"{convolution}.bias", bias),
            ],
            kernel_shape=kernel.shape[2:],
            strides=[stride, stride],
            group=kernel.shape[0] if depthwise else 1,
            auto_pad="SAME_UPPER",
        )
        return emit("Clip", [name, *bounds]) if active else name

    bounds = [constant("zero", np.array(0)), constant("six", np.array(6))]
    at = convolved("image", "_conv_stem", "_bn0", stride=2)
    blocks = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("_blocks."))
    for i in range(blocks):
        block, before = f"_blocks.{i}", at
        if f"{block}._expand_conv.weight" in weights:
            at = convolved(at, f"{block}._expand_conv", f"{block}._bn0")
        at = convolved(at, f"{block}._depthwise_conv", f"{block}._bn1", stride=_STRIDES.get(i, 1))
        at = convolved(at, f"{block}._project_conv", f"{block}._bn2", active=False)
        if i not in _STRIDES:
            at = emit("Add", [at, before])
    at = convolved(at, "_conv_head", "_bn1")
    at = emit("Flatten", [emit("GlobalAveragePool", [at])])
    head = [constant("_fc.weight", weights["_fc.weight"]), constant("_fc.bias", weights["_fc.bias"])]
    logits = emit("Gemm", [at, *head], transB=1)
    nodes.append(helper.make_node("Softmax", [logits], ["probabilities"], axis=1))
    graph = helper.make_graph(
        nodes,
        "efficientnet-lite2",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, (1, 3, SIDE, SIDE))],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, (1, 1000))],
        initializers,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
