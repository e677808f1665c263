"""The input on which two builds of a model are compared: the same numbers on every machine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_PATCH = 40


def fixed_input(shape: tuple[int, ...], low: float, high: float) -> NDArray[np.float32]:
    """Patches of one colour with some grain, from `low` to `high`: areas and edges, as pictures have."""
    random = np.random.default_rng(5)
    coarse = random.uniform(low, high, [-(-size // _PATCH) if size > 3 else size for size in shape])
    for axis, size in enumerate(shape):
        if size > 3:
            coarse = np.repeat(coarse, _PATCH, axis=axis).take(range(size), axis=axis)
    grain = random.uniform(low, high, shape)
    return (0.9 * coarse + 0.1 * grain).astype(np.float32)
