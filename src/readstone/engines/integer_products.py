"""Whether this processor multiplies bytes exactly and fast.

x86 processors without VNNI add pairs of products in 16 bits, which overflow: models with 8-bit weights would read
other things there, and gain little. With VNNI, and on ARM, sums are exact.
"""

from __future__ import annotations

import functools

import numpy as np
import onnxruntime as ort

from readstone.engines.onnx_graph import integer_product_model

_FEATURES, _CLASSES = 64, 16


@functools.cache
def are_exact_here() -> bool:
    """Tried with the largest factors there are."""
    model = integer_product_model(np.full((_FEATURES, _CLASSES), 127, np.int8))
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    product = session.run(None, {"x": np.full((4, _FEATURES), 255, np.uint8)})[0]
    return bool((product == 255 * 127 * _FEATURES).all())
