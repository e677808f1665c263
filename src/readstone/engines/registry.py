"""Readers by name. Third parties join through the entry point group `readstone.readers`."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Protocol

from readstone.engines.protocols import TextReader

GROUP = "readstone.readers"
DEFAULT = "default"


class ReaderFactory(Protocol):
    """Makes a reader; what an entry point of the group `readstone.readers` names."""

    def __call__(self, *, threads: int) -> TextReader:
        """A reader that uses at most `threads` cores. Raises when its models are unusable."""
        ...


class UnknownReaderError(LookupError):
    """No reader of that name is installed."""


def _default(*, threads: int) -> TextReader:
    # Imported late: onnxruntime and OpenCV take a moment, and other readers may need neither.
    from readstone.engines.read.reader import PageReader

    return PageReader(threads=threads)


def reader_names() -> tuple[str, ...]:
    """Names that `create_reader` knows, the built-in one first."""
    return (DEFAULT, *sorted({entry.name for entry in entry_points(group=GROUP)} - {DEFAULT}))


def create_reader(name: str = DEFAULT, *, threads: int) -> TextReader:
    """The reader called `name`, loaded and warm, using at most `threads` cores.

    Raises UnknownReaderError when there is none, ValueError when `threads` is below 1, and
    ModelUnusableError when the built-in reader's models are missing or altered.
    """
    if threads < 1:
        raise ValueError("a reader needs at least one thread")
    if name == DEFAULT:
        return _default(threads=threads)
    for entry in entry_points(group=GROUP, name=name):
        factory: ReaderFactory = entry.load()
        return factory(threads=threads)
    raise UnknownReaderError(f"no reader is called {name!r}; installed: {', '.join(reader_names())}")
