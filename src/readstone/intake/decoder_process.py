"""Opening images and documents in disposable child processes: a hostile file costs one child, never the server."""

from __future__ import annotations

import logging
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from readstone.domain.document import Sheet
from readstone.domain.picture import Picture
from readstone.domain.refusals import Reason, Refusal
from readstone.intake.decode import NOT_AN_IMAGE, ImageLimits
from readstone.intake.decoder_handle import ChildFailedError, ChildGoneError, DecoderChild
from readstone.intake.judged_page import DAMAGED, DocumentInfo, DocumentLimits

logger = logging.getLogger("readstone.decode")

T = TypeVar("T")


class DecoderPool:
    """Child processes that run `decode`, `inspect` and `render`, one file each at a time; every method is thread-safe.

    `processes`: how many files are worked on at the same time; further callers wait.
    `memory_bytes`: the most a child may add to its address space for one file. A file's own share is
    smaller: what an honest file of its size needs (`Judged.bytes_needed`).
    `seconds`: wall clock from handing a file over to having the answer.
    """

    def __init__(self, processes: int = 1, *, memory_bytes: int = 2 << 30, seconds: float = 10.0) -> None:
        if processes < 1:
            raise ValueError("a pool needs a process")
        self._processes = processes
        self._memory_bytes = memory_bytes
        self._seconds = seconds
        # One seat a process; None in it: the next request starts the child. Last in, first out: the child
        # used last is still in the processor's caches.
        self._seats: queue.LifoQueue[DecoderChild | None] = queue.LifoQueue()
        self._lock = threading.Lock()  # guards what follows
        self._children: set[DecoderChild] = set()
        self._restarts: Counter[str] = Counter()
        self._started = self._closed = False

    def start(self) -> None:
        """Start the children and wait until they are warm. Raises RuntimeError when one does not start."""
        try:
            children = [self._new_child() for _ in range(self._processes)]
            for child in children:
                child.wait_ready()
        except ChildGoneError as fault:
            for started in list(self._children):
                self._discard(started)
            raise RuntimeError("the image decoder's process does not start") from fault
        self._started = True
        for child in children:
            self._seats.put(child)

    def pids(self) -> list[int]:
        """The children's process numbers, for watching them."""
        with self._lock:
            return [child.pid for child in self._children]

    def restarts(self) -> Mapping[str, int]:
        """How many children had to be replaced: over a file ("timeout", "died", "senseless"), or found "gone"."""
        with self._lock:
            return dict(self._restarts)

    def decode(self, data: bytes, limits: ImageLimits) -> Picture:
        """Decode in a child; blocks. The pixels are this process's own memory.

        Raises Refusal as `readstone.intake.decode.decode` does; a file that kills the decoder or keeps it
        too long is IMAGE_FORMAT; UNAVAILABLE when the pool is closed or no child can be started.
        """
        if not data:
            self._require_started()
            raise Refusal(Reason.IMAGE_FORMAT, NOT_AN_IMAGE)
        return self._served(lambda child: child.decode(data, limits), Refusal(Reason.IMAGE_FORMAT, NOT_AN_IMAGE))

    def inspect(self, data: bytes | Path, limits: DocumentLimits) -> DocumentInfo:
        """Look into a document in a child; blocks. A file is given by path where it lies on disk already.

        Raises Refusal as `readstone.intake.document.inspect` does; a file that kills the decoder or keeps it
        too long is INVALID_IMAGE; UNAVAILABLE as `decode`. Raises OSError when the path cannot be opened.
        """
        with _given(data) as handed:
            return self._served(lambda child: child.inspect(handed, limits), Refusal(Reason.INVALID_IMAGE, DAMAGED))

    def page(self, data: bytes | Path, number: int, limits: DocumentLimits) -> tuple[Picture, Sheet]:
        """Draw page `number` of a document in a child; blocks. The pixels are this process's own memory.

        Raises as `inspect` does, Refusal as `readstone.intake.document.render`.
        """
        with _given(data) as handed:
            failed = Refusal(Reason.INVALID_IMAGE, DAMAGED)
            return self._served(lambda child: child.page(handed, number, limits), failed)

    def close(self) -> None:
        """End all children; requests under way or waiting are refused as UNAVAILABLE. May be repeated."""
        with self._lock:
            self._closed = True
            children = list(self._children)
        for child in children:
            child.end()
        if self._started:
            # All seats at once: nobody uses a child any more. Then let those who wait find the pool closed.
            for seated in [self._seats.get() for _ in range(self._processes)]:
                self._discard(seated)
            for _ in range(self._processes):
                self._seats.put(None)

    def _require_started(self) -> None:
        if not self._started:
            raise RuntimeError("the pool is not started")

    def _served(self, job: Callable[[DecoderChild], T], failed: Refusal) -> T:
        """The job done by the next free child; `failed` is raised when the file was the child's end."""
        self._require_started()
        child: DecoderChild | None = self._seats.get()
        try:
            for _ in range(2):
                try:
                    child = child or self._new_child()
                    child.wait_ready()
                    return job(child)
                except ChildGoneError:
                    # It never had the file: killed by the operator, say. Once more, on a fresh one.
                    self._discard(child, "gone")
                    child = None
            raise Refusal(Reason.UNAVAILABLE, "The image decoder is not available.", retry_after=1)
        except ChildFailedError as failure:
            self._discard(child, failure.reason)
            child = None
            if self._closed:
                raise Refusal(Reason.UNAVAILABLE, "The image decoder is not available.") from failure
            logger.warning("image decoder %s; its file is refused", failure)
            with suppress(ChildGoneError):  # warm before the next request, if it can be
                child = self._new_child()
            raise failed from failure
        except Refusal:
            raise
        except BaseException:
            # Part of this answer may still be in the line, and must not become the next caller's.
            self._discard(child)
            child = None
            raise
        finally:
            self._seats.put(child)

    def _new_child(self) -> DecoderChild:
        """A child that is starting. Raises ChildGoneError."""
        with self._lock:
            if self._closed:
                raise ChildGoneError
            try:
                child = DecoderChild(self._memory_bytes, self._seconds)
            except OSError as fault:  # no memory, processes or descriptors left
                logger.warning("image decoder does not start: %s", fault.strerror)
                raise ChildGoneError from fault
            self._children.add(child)
            return child

    def _discard(self, child: DecoderChild | None, reason: str = "") -> None:
        if child is not None:
            child.close()
            with self._lock:
                self._children.discard(child)
                if reason and not self._closed:
                    self._restarts[reason] += 1


@contextmanager
def _given(data: bytes | Path) -> Iterator[bytes | int]:
    """The file as a child is handed it: its bytes, or a descriptor, open meanwhile."""
    if isinstance(data, bytes):
        yield data
        return
    with data.open("rb") as file:
        yield file.fileno()
