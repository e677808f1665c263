"""`readstone read`: the text of images on standard output, without a server."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from readstone.api.vision import languages
from readstone.api.vision.wire import OCR_CODECS, encode_for
from readstone.cli.configuration import add_flags, settings_of
from readstone.cli.sources import Source, sources_of
from readstone.domain.options import ReadOptions
from readstone.domain.refusals import Cancelled, Refusal
from readstone.domain.text import Page
from readstone.engines.protocols import TextReader
from readstone.engines.registry import create_reader
from readstone.intake.decode import ImageLimits
from readstone.intake.decoder_process import DecoderPool

_ANY_IMAGE = ImageLimits(frozenset({"Jpeg", "Png", "Gif", "Bmp", "Webp", "Ico", "Tiff", "Mpo"}), 1, 65_500, 120_000_000)


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the command."""
    parser.add_argument("image", nargs="+", help="file, folder, glob, URL, or - for standard input")
    parser.add_argument("--json", action="store_true", help="print the answer that the API would give")
    parser.add_argument(
        "--api-version", choices=sorted(OCR_CODECS), default="v3.2", help="whose answer (default: v3.2)"
    )
    parser.add_argument("--language", choices=sorted(languages.OCR - {languages.UNKNOWN}), help="default: detected")
    parser.add_argument("--no-orientation", action="store_true", help="do not turn pages that lie on a side")
    add_flags(parser, ["workers"])
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Read every image, print results in the order asked; 1 when any could not be read."""
    settings = settings_of(arguments)
    sources = list(sources_of(arguments.image))
    if not sources:
        print("readstone: no image there", file=sys.stderr)
        return 1
    reader = create_reader(threads=settings.workers)
    decoder = DecoderPool(settings.workers)
    decoder.start()
    options = ReadOptions(arguments.language, detect_orientation=not arguments.no_orientation)
    work = _Work(decoder, reader, options)
    failures = 0
    console = Console(stderr=True)
    columns = (TextColumn("Reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True) if len(sources) > 1 and console.is_terminal else None
    with bar or nullcontext():
        task = bar.add_task("reading", total=len(sources)) if bar else None
        for source, outcome in _read_all(sources, work, settings.workers):
            if isinstance(outcome, Page):
                _print(source, outcome, arguments, several=len(sources) > 1)
            else:
                failures += 1
                print(f"readstone: {source.name}: {_sentence(outcome)}", file=sys.stderr)
            if bar and task is not None:
                bar.advance(task)
    decoder.close()
    return 1 if failures else 0


@dataclass(frozen=True, slots=True)
class _Work:
    """What it takes to get from a file to its page."""

    decoder: DecoderPool
    reader: TextReader
    options: ReadOptions

    def page(self, source: Source, stopped: Callable[[], bool]) -> Page:
        if stopped():
            raise Cancelled
        return self.reader.read(self.decoder.decode(source.load(), _ANY_IMAGE), self.options, stopped)


def _read_all(sources: list[Source], work: _Work, workers: int) -> Iterator[tuple[Source, Page | Exception]]:
    """Each source with its page or the exception in its way, in order, a few read at the same time."""
    stopped = threading.Event()

    executor = ThreadPoolExecutor(workers, thread_name_prefix="reading")
    waiting = iter(sources)
    try:
        # Only a few ahead of what is printed: thousands of files must not pile up in memory.
        ahead: deque[tuple[Source, Future[Page]]] = deque(
            (s, executor.submit(work.page, s, stopped.is_set)) for s in islice(waiting, 2 * workers)
        )
        while ahead:
            source, future = ahead.popleft()
            error = future.exception()
            if error is not None and not isinstance(error, Exception):
                raise error
            yield source, error or future.result()
            ahead.extend((s, executor.submit(work.page, s, stopped.is_set)) for s in islice(waiting, 1))
    finally:
        stopped.set()
        executor.shutdown(wait=True, cancel_futures=True)


def _print(source: Source, page: Page, arguments: argparse.Namespace, *, several: bool) -> None:
    if arguments.json:
        answer = json.loads(encode_for(arguments.api_version, page, arguments.language))
        print(json.dumps({"image": source.name, "result": answer} if several else answer, ensure_ascii=False))
    else:
        if several:
            print(f"==> {source.name} <==")
        print("\n\n".join("\n".join(line.text for line in region.lines) for region in page.regions))
    sys.stdout.flush()


def _sentence(error: Exception) -> str:
    if isinstance(error, Refusal):
        return error.message
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"{type(error).__name__}: {error}"
