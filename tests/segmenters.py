"""Segmenters for tests of the wire: they answer what the test says, so that only the wire is under test."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readstone.domain.picture import Picture
from readstone.domain.refusals import Cancelled
from readstone.engines.protocols import never


def left_half(picture: Picture) -> NDArray[np.float32]:
    """The left half is foreground, the column beside it half so; as large as the picture."""
    alpha = np.zeros((picture.height, picture.width), np.float32)
    middle = picture.width // 2
    alpha[:, :middle], alpha[:, middle] = 1, 0.5
    return alpha


@dataclass
class FixedSegmenter:
    """Answers `alpha(picture)`."""

    alpha: Callable[[Picture], NDArray[np.float32]] = left_half

    def foreground(self, picture: Picture, cancelled: Callable[[], bool] = never) -> NDArray[np.float32]:
        return self.alpha(picture)


class HeldSegmenter:
    """Works until it is told to go on, or its caller leaves."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.started = threading.Semaphore(0)
        self.dropped = threading.Semaphore(0)

    def foreground(self, picture: Picture, cancelled: Callable[[], bool] = never) -> NDArray[np.float32]:
        self.started.release()
        while not self.go_on.wait(0.01):
            if cancelled():
                self.dropped.release()
                raise Cancelled
        return left_half(picture)


class BrokenSegmenter:
    """Fails as a bug would."""

    def foreground(self, picture: Picture, cancelled: Callable[[], bool] = never) -> NDArray[np.float32]:
        raise ZeroDivisionError("a bug, not to be told to the caller")
