"""Image decoding in disposable child processes: a hostile file costs one child, never the server."""

from __future__ import annotations

import logging
import queue
import threading
from contextlib import suppress

from readstone.domain.picture import Picture
from readstone.domain.refusals import Reason, Refusal
from readstone.intake.decode import NOT_AN_IMAGE, ImageLimits
from readstone.intake.decoder_handle import ChildFailedError, ChildGoneError, DecoderChild

logger = logging.getLogger("readstone.decode")


class DecoderPool:
    """Child processes that run `decode`, one file each at a time; every method is thread-safe.

    `processes`: how many files are decoded at the same time; further callers wait.
    `memory_bytes`: the most a child may add to its address space for one file. A file's own share is
    smaller: what an honest file of its size needs (`Judged.bytes_needed`).
    `seconds`: wall clock from handing a file over to having its pixels.
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

    def decode(self, data: bytes, limits: ImageLimits) -> Picture:
        """Decode in a child; blocks. The pixels are this process's own memory.

        Raises Refusal as `readstone.intake.decode.decode` does; a file that kills the decoder or keeps it
        too long is IMAGE_FORMAT; UNAVAILABLE when the pool is closed or no child can be started.
        """
        if not self._started:
            raise RuntimeError("the pool is not started")
        if not data:
            raise Refusal(Reason.IMAGE_FORMAT, NOT_AN_IMAGE)
        child: DecoderChild | None = self._seats.get()
        try:
            for _ in range(2):
                try:
                    child = child or self._new_child()
                    child.wait_ready()
                    return child.decode(data, limits)
                except ChildGoneError:
                    # It never had the file: killed by the operator, say. Once more, on a fresh one.
                    self._discard(child)
                    child = None
            raise Refusal(Reason.UNAVAILABLE, "The image decoder is not available.", retry_after=1)
        except ChildFailedError as failure:
            self._discard(child)
            child = None
            if self._closed:
                raise Refusal(Reason.UNAVAILABLE, "The image decoder is not available.") from failure
            logger.warning("image decoder %s; its file is refused", failure)
            with suppress(ChildGoneError):  # warm before the next request, if it can be
                child = self._new_child()
            raise Refusal(Reason.IMAGE_FORMAT, NOT_AN_IMAGE) from failure
        except Refusal:
            raise
        except BaseException:
            # Part of this answer may still be in the line, and must not become the next caller's.
            self._discard(child)
            child = None
            raise
        finally:
            self._seats.put(child)

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

    def _discard(self, child: DecoderChild | None) -> None:
        if child is not None:
            child.close()
            with self._lock:
                self._children.discard(child)
