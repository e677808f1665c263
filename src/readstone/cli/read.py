"""`readstone read`: the text of images and documents on standard output, without a server."""

from __future__ import annotations

import argparse
import sys
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from itertools import islice

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from readstone.api.vision import languages
from readstone.api.vision.wire import OCR_CODECS
from readstone.cli.configuration import add_flags, settings_of
from readstone.cli.engines import chosen_engines
from readstone.cli.leaves import Leaf, Leaves, Unread
from readstone.cli.output import Output
from readstone.cli.partial import ReadPage
from readstone.cli.sources import sources_of
from readstone.domain.options import ReadOptions
from readstone.domain.refusals import Refusal
from readstone.intake.decoder_process import DecoderPool
from readstone.plugging import reader_of


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the command."""
    parser.add_argument("image", nargs="+", help="image, PDF, TIFF, folder, glob, URL, or - for standard input")
    parser.add_argument("--json", action="store_true", help="print the answer that the API would give")
    parser.add_argument(
        "--api-version", choices=sorted(OCR_CODECS), default="v3.2", help="whose answer (default: v3.2)"
    )
    parser.add_argument(
        "--operation",
        choices=("ocr", "read"),
        help="whose answer: /ocr, or the version's Read (default: ocr for images, read for documents)",
    )
    parser.add_argument("--pages", help="pages of PDF and TIFF files, like 1,3-5,9- (default: all)")
    parser.add_argument(
        "--reading-order", choices=("basic", "natural"), default="natural", help="rows, or columns one by one"
    )
    parser.add_argument("--language", choices=sorted(languages.OCR - {languages.UNKNOWN}), help="default: detected")
    parser.add_argument("--no-orientation", action="store_true", help="do not turn pages that lie on a side")
    add_flags(parser, ["workers", "data_dir"])
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Read everything, print results in the order asked; 1 when anything could not be read."""
    settings = settings_of(arguments)
    sources = list(sources_of(arguments.image))
    if not sources:
        print("readstone: no image there", file=sys.stderr)
        return 1
    options = ReadOptions(
        arguments.language,
        detect_orientation=not arguments.no_orientation,
        appearance=arguments.json,
    )
    plugged = chosen_engines(settings)
    decoder = DecoderPool(settings.workers)
    decoder.start()
    reader = reader_of(settings, plugged)
    leaves = Leaves(decoder, reader, options, settings.data_dir / "partial")
    output = Output(arguments, several=len(sources) > 1)
    failed = False
    console = Console(stderr=True)
    columns = (TextColumn("Reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    unfinished: Leaf | None = None
    try:
        with bar if len(sources) > 1 or console.is_terminal else nullcontext():
            task = bar.add_task("reading", total=len(sources))
            for leaf, outcome in _read_all(leaves.of(sources, arguments.pages), leaves, settings.workers):
                unfinished = leaf if isinstance(leaf, Leaf) and not leaf.last else None
                if isinstance(leaf, Leaf) and leaf.position == 0 and leaf.of > 1:
                    bar.update(task, total=(bar.tasks[0].total or 0) + leaf.of - 1)
                if isinstance(leaf, Leaf) and isinstance(outcome, ReadPage):
                    output.page(leaf, outcome)
                else:
                    failed = True
                    print(f"readstone: {_name(leaf)}: {_sentence(outcome)}", file=sys.stderr)
                bar.advance(task)
    except KeyboardInterrupt:
        if unfinished and unfinished.partial:
            kept = unfinished.partial.count()
            print(f"readstone: {kept} of {unfinished.of} pages are kept; the same command goes on", file=sys.stderr)
        raise
    finally:
        decoder.close()
    return 1 if failed else 0


def _read_all(
    leaves: Iterator[Leaf | Unread], work: Leaves, workers: int
) -> Iterator[tuple[Leaf | Unread, ReadPage | Exception]]:
    """Each page with its text or the exception in its way, in order, a few read at the same time."""
    stopped = threading.Event()
    executor = ThreadPoolExecutor(workers, thread_name_prefix="reading")

    def begin(leaf: Leaf | Unread) -> tuple[Leaf | Unread, Future[ReadPage] | None]:
        return leaf, executor.submit(work.read, leaf, stopped.is_set) if isinstance(leaf, Leaf) else None

    try:
        # Only a few ahead of what is printed: thousands of pages must not pile up in memory.
        ahead = deque(begin(leaf) for leaf in islice(leaves, 2 * workers))
        while ahead:
            leaf, future = ahead.popleft()
            if isinstance(leaf, Unread) or future is None:
                yield leaf, leaf.error if isinstance(leaf, Unread) else RuntimeError()
            else:
                yield leaf, _outcome(future)
            ahead.extend(begin(leaf) for leaf in islice(leaves, 1))
    finally:
        stopped.set()
        executor.shutdown(wait=True, cancel_futures=True)


def _outcome(future: Future[ReadPage]) -> ReadPage | Exception:
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, Exception):
        return error
    raise error


def _name(leaf: Leaf | Unread) -> str:
    if isinstance(leaf, Leaf) and leaf.of > 1:
        return f"{leaf.source.name}, page {leaf.number}"
    return leaf.source.name


def _sentence(error: object) -> str:
    if isinstance(error, Refusal):
        return error.message
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"{type(error).__name__}: {error}"
