"""Readers and viewers by name.

Third parties join through the entry point groups `readstone.readers` and `readstone.viewers`.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

from readstone.engines.protocols import SceneViewer, Segmenter, TextReader

GROUP = "readstone.readers"
VIEWERS = "readstone.viewers"
DEFAULT = "default"


class ReaderFactory(Protocol):
    """Makes a reader; what an entry point of the group `readstone.readers` names."""

    def __call__(self, *, threads: int) -> TextReader:
        """A reader that uses at most `threads` cores. Raises when its models are unusable."""
        ...


class ViewerFactory(Protocol):
    """Makes a viewer; what an entry point of the group `readstone.viewers` names."""

    def __call__(self, *, threads: int) -> SceneViewer:
        """A viewer whose models use at most `threads` cores each. Raises when its models are unusable."""
        ...


class UnknownReaderError(LookupError):
    """No reader of that name is installed."""


class UnknownViewerError(LookupError):
    """No viewer of that name is installed."""


def _default(*, threads: int, tessdata: Path | None) -> TextReader:
    # Imported late: onnxruntime and OpenCV take a moment, and other readers may need neither.
    from readstone.engines.read.reader import PageReader

    return PageReader(threads=threads, tessdata=tessdata)


def reader_names() -> tuple[str, ...]:
    """Names that `create_reader` knows, the built-in one first."""
    return (DEFAULT, *sorted({entry.name for entry in entry_points(group=GROUP)} - {DEFAULT}))


def create_reader(name: str = DEFAULT, *, threads: int, tessdata: Path | None = None) -> TextReader:
    """The reader called `name`, loaded and warm, using at most `threads` cores.

    `tessdata`: folder of tesseract's language data for the built-in reader, None for the usual ones.

    Raises UnknownReaderError when there is none, ValueError when `threads` is below 1, and
    ModelUnusableError when the built-in reader's models are missing or altered.
    """
    if threads < 1:
        raise ValueError("a reader needs at least one thread")
    if name == DEFAULT:
        return _default(threads=threads, tessdata=tessdata)
    for entry in entry_points(group=GROUP, name=name):
        factory: ReaderFactory = entry.load()
        return factory(threads=threads)
    raise UnknownReaderError(f"no reader is called {name!r}; installed: {', '.join(reader_names())}")


def viewer_names() -> tuple[str, ...]:
    """Names that `create_viewer` knows, the built-in one first."""
    return (DEFAULT, *sorted({entry.name for entry in entry_points(group=VIEWERS)} - {DEFAULT}))


def create_viewer(name: str = DEFAULT, *, threads: int = 1) -> SceneViewer:
    """The viewer called `name`, loaded and warm; one run of a model uses at most `threads` cores.

    Raises UnknownViewerError when there is none, ValueError when `threads` is below 1, and
    ModelUnusableError when the built-in viewer's models are missing or altered.
    """
    if threads < 1:
        raise ValueError("a viewer needs at least one thread")
    if name == DEFAULT:
        # Imported late, as the default reader is.
        from readstone.engines.scene.viewer import PictureViewer

        return PictureViewer(threads=threads)
    for entry in entry_points(group=VIEWERS, name=name):
        factory: ViewerFactory = entry.load()
        return factory(threads=threads)
    raise UnknownViewerError(f"no viewer is called {name!r}; installed: {', '.join(viewer_names())}")


def create_segmenter(*, threads: int = 1) -> Segmenter:
    """The built-in segmenter, loaded and warm; one run of a network uses at most `threads` cores.

    Raises ValueError when `threads` is below 1, and ModelUnusableError when its models are missing or altered.
    """
    if threads < 1:
        raise ValueError("a segmenter needs at least one thread")
    # Imported late, as the default reader is.
    from readstone.engines.scene.segment.segmenter import PictureSegmenter

    return PictureSegmenter(threads=threads)
