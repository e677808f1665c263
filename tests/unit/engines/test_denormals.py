from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest

from readstone.engines.denormals import without_denormals
from readstone.engines.manifest import TEXT_DETECTOR


def field(number: int, content: bytes) -> bytes:
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


def tensor(weights: list[float], kind: int = 1) -> bytes:
    return bytes([2 << 3, kind]) + field(9, np.array(weights, "<f4").tobytes())


def test_only_denormals_become_zero_and_nothing_moves() -> None:
    model = field(7, field(5, tensor([1.5, 1e-39, -1e-40, 0.0, 1.2e-38])))
    expected = field(7, field(5, tensor([1.5, 0.0, 0.0, 0.0, 1.2e-38])))
    assert without_denormals(model) == expected


def test_constants_of_nodes_are_weights_too() -> None:
    model = field(7, field(1, field(5, field(5, tensor([1e-39])))))
    assert without_denormals(model) == field(7, field(1, field(5, field(5, tensor([0.0])))))


def test_other_types_are_left_alone() -> None:
    model = field(7, field(5, tensor([1e-39], kind=6)))
    assert without_denormals(model) == model


@pytest.mark.parametrize("broken", [b"\x3a\x7f\x00", b"\xff\xff", b"\x3b\x00"])
def test_what_is_no_protobuf_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError, match="protobuf"):
        without_denormals(broken)


def test_the_detector_answers_bit_for_bit_the_same() -> None:
    content = TEXT_DETECTOR.verified()
    patched = without_denormals(content)
    assert patched != content
    image = np.random.default_rng(0).uniform(-1, 1, (1, 3, 64, 96)).astype(np.float32)
    first, second = (
        ort.InferenceSession(c, providers=["CPUExecutionProvider"]).run(None, {"x": image})[0]
        for c in (content, patched)
    )
    assert np.array_equal(first, second)
