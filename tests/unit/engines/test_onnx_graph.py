from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest

from readstone.engines.integer_products import are_exact_here
from readstone.engines.manifest import TEXT_DETECTOR, TEXT_RECOGNISER
from readstone.engines.onnx import Model
from readstone.engines.onnx_graph import before_last_layer, integer_product_model, linear_model
from readstone.engines.protobuf import content, fields, number, varint


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 2**31, 2**40])
def test_numbers_and_contents_are_read_as_written(value: int) -> None:
    message = number(3, value) + content(12, b"abc")
    first, second = fields(message, 0, len(message))
    assert (first.number, varint(message, first.first)[0]) == (3, value)
    assert (second.number, message[second.first : second.end]) == (12, b"abc")
    assert message[first.start : first.end] + message[second.start : second.end] == message


def test_a_cut_recogniser_and_its_last_layer_say_what_the_whole_says() -> None:
    content = TEXT_RECOGNISER.verified()
    cut = before_last_layer(content)
    assert cut.weights.shape == (120, 18710)
    assert cut.bias.shape == (18710,)
    assert len(cut.body) < len(content) - cut.weights.nbytes
    line = np.random.default_rng(0).uniform(-1, 1, (1, 3, 48, 320)).astype(np.float32)
    whole = Model(content, threads=1, arena=False).run(line)
    features = Model(cut.body, threads=1, arena=False).run(line)
    logits = Model(linear_model(cut.weights, cut.bias), threads=1, arena=False).run(features)
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    assert np.allclose(odds / odds.sum(axis=-1, keepdims=True), whole, atol=1e-4)


def test_a_model_without_a_linear_layer_cannot_be_cut() -> None:
    with pytest.raises(ValueError, match="no linear layer"):
        before_last_layer(TEXT_DETECTOR.verified())


def test_products_of_bytes_are_sums_of_products() -> None:
    weights = np.array([[1, -2], [3, 4]], np.int8)
    session = ort.InferenceSession(integer_product_model(weights), providers=["CPUExecutionProvider"])
    product = session.run(None, {"x": np.array([[5, 6]], np.uint8)})[0]
    assert product.tolist() == [[23, 14]]
    assert isinstance(are_exact_here(), bool)
