"""From sources to single pages: an image is one, a PDF or TIFF as many as it has or as were asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from readstone.cli.partial import PartialResults, ReadPage
from readstone.cli.sources import Source
from readstone.domain.document import Sheet, Unit
from readstone.domain.options import ReadOptions
from readstone.domain.refusals import Cancelled
from readstone.engines.protocols import TextReader
from readstone.intake.decode import ImageLimits
from readstone.intake.decoder_process import DecoderPool
from readstone.intake.document import DocumentLimits
from readstone.intake.page_range import select_pages

_PIXELS = 120_000_000
ANY_IMAGE = ImageLimits(frozenset({"Jpeg", "Png", "Gif", "Bmp", "Webp", "Ico", "Tiff", "Mpo"}), 1, 65_500, _PIXELS)
_ANY_DOCUMENT = DocumentLimits(frozenset({"Pdf", "Tiff"}), 1, 65_500, _PIXELS, 200.0, 100_000)
_DOCUMENT_SIGNS = (b"%PDF-", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page to read. `position` counts from 0 among the `of` pages that are read of its source.

    `partial` is None for images: they are read again sooner than they are looked up.
    """

    source: Source
    data: bytes
    number: int = 1
    position: int = 0
    of: int = 1
    partial: PartialResults | None = None

    @property
    def last(self) -> bool:
        """Whether the source is done with it."""
        return self.position == self.of - 1


@dataclass(frozen=True, slots=True)
class Unread:
    """A source that could not be opened."""

    source: Source
    error: Exception


class Leaves:
    """Opens sources and reads their pages; every method may be called from several threads."""

    def __init__(self, decoder: DecoderPool, reader: TextReader, options: ReadOptions, folder: Path) -> None:
        self._decoder = decoder
        self._reader = reader
        self._options = options
        self._folder = folder

    def of(self, sources: Iterable[Source], pages: str | None) -> Iterator[Leaf | Unread]:
        """The pages of every source, each source opened when its turn comes."""
        for source in sources:
            try:
                yield from self._opened(source, pages)
            except Exception as error:
                yield Unread(source, error)

    def _opened(self, source: Source, pages: str | None) -> Iterator[Leaf]:
        data = source.load()
        if not data.lstrip()[:1024].startswith(_DOCUMENT_SIGNS):
            yield Leaf(source, data)
            return
        info = self._decoder.inspect(data, _ANY_DOCUMENT)
        numbers = select_pages(pages, info.page_count, _ANY_DOCUMENT.max_pages)
        partial = PartialResults(self._folder, data, repr(self._options)) if len(numbers) > 1 else None
        for position, number in enumerate(numbers):
            yield Leaf(source, data, number, position, len(numbers), partial)

    def read(self, leaf: Leaf, stopped: Callable[[], bool]) -> ReadPage:
        """The page's text, from an earlier run if it was kept there."""
        if stopped():
            raise Cancelled
        if leaf.partial and (kept := leaf.partial.find(leaf.number)):
            return kept
        if leaf.data.lstrip()[:1024].startswith(_DOCUMENT_SIGNS):
            picture, sheet = self._decoder.page(leaf.data, leaf.number, _ANY_DOCUMENT)
        else:
            picture = self._decoder.decode(leaf.data, ANY_IMAGE)
            sheet = Sheet(1, Unit.PIXEL, picture.width, picture.height, 1.0)
        page = ReadPage(sheet, self._reader.read(picture, self._options, stopped))
        if leaf.partial:
            leaf.partial.keep(leaf.number, page)
        return page
