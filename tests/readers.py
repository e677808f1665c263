"""Readers for tests of the wire: they answer what the test says, so that only the wire is under test."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from readstone.domain.geometry import Point, Quad
from readstone.domain.options import ReadOptions
from readstone.domain.picture import Picture
from readstone.domain.refusals import Cancelled
from readstone.domain.text import Line, Orientation, Page, Region, Word
from readstone.engines.protocols import never


def box(left: float, top: float, width: float, height: float) -> Quad:
    """An upright quad."""
    right, bottom = left + width, top + height
    return Quad(Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))


def two_word_page(picture: Picture) -> Page:
    """One region, one line, two words, whatever the picture shows."""
    words = (Word("Hello", box(10, 10, 20.4, 9.2), 0.99), Word("world", box(34, 11, 16, 9), 0.98))
    line = Line("Hello world", box(10, 10, 40, 10), words)
    return Page(picture.width, picture.height, 0.0, Orientation.UP, "en", (Region((line,)),))


@dataclass
class FixedReader:
    """Answers `page(picture)`; keeps the options it was called with."""

    page: Callable[[Picture], Page] = two_word_page
    asked: list[ReadOptions] = field(default_factory=list)

    def read(self, picture: Picture, options: ReadOptions, cancelled: Callable[[], bool] = never) -> Page:
        self.asked.append(options)
        return self.page(picture)


class HeldReader:
    """Works until it is told to go on, or its caller leaves."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.started = threading.Semaphore(0)
        self.dropped = threading.Semaphore(0)

    def read(self, picture: Picture, options: ReadOptions, cancelled: Callable[[], bool] = never) -> Page:
        self.started.release()
        while not self.go_on.wait(0.01):
            if cancelled():
                self.dropped.release()
                raise Cancelled
        return two_word_page(picture)


class BrokenReader:
    """Fails as a bug would."""

    def read(self, picture: Picture, options: ReadOptions, cancelled: Callable[[], bool] = never) -> Page:
        raise ZeroDivisionError("a bug, not to be told to the caller")
