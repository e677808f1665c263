"""A plugged-in network that tells foreground from background, in the built-in segmenter's place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import Picture
from readstone.engines.large.held import Held
from readstone.engines.large.plugged import Plugged
from readstone.engines.protocols import Segmenter, never
from readstone.engines.registry import create_segmenter


class PluggedSegmenter:
    """A `Segmenter` whose network is loaded when it is first used and dropped again when it is idle."""

    def __init__(self, held: Held[Any]) -> None:
        self.name = "background"
        self._held = held

    def foreground(self, picture: Picture, cancelled: Callable[[], bool] = never) -> NDArray[np.float32]:
        """See `Segmenter`. Raises Refusal UNAVAILABLE when the network is unusable."""
        with self._held.use(cancelled) as network:
            found: NDArray[np.float32] = network.foreground(picture, cancelled)
        return found


def segmenter_of(plugged: Plugged, threads: int) -> Segmenter:
    """The plugged-in network where there is one, else the built-in segmenter, loaded and warm."""
    return PluggedSegmenter(plugged.background) if plugged.background else create_segmenter(threads=threads)
