"""The child process that decodes strangers' image files: `python -m readstone.intake.decoder_child FD ...`.

Started by `DecoderPool`, which kills it when it takes too long. The child itself keeps a file from using
more processor time and memory than an honest file of the same size needs, so that most hostile files are
refused in a fraction of a second and the child lives on.
"""

from __future__ import annotations

import ctypes
import logging
import mmap
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from itertools import chain
from types import FrameType

import numpy as np

from readstone.domain.refusals import Reason, Refusal
from readstone.intake.decode import NOT_AN_IMAGE, ImageLimits, judge
from readstone.intake.decoder_wire import READY, TAKEN, HungUpError, packed, read, read_head

_MEGABYTE = 1 << 20

# Opening a file is reading its header: milliseconds and kilobytes for an honest one. A hostile one has
# millions of empty segments, comments or tags.
_HEADER_SECONDS = 0.5
_HEADER_BYTES = 64 * _MEGABYTE
# Measured, seconds a megapixel: 0.02 for progressive JPEG and WEBP, at most 0.18 for bitmaps with run-length
# coding, which Pillow decodes in Python.
_PIXELS_SECONDS = 1.0
_PIXELS_SECONDS_PER_MEGAPIXEL = 0.4

_TRIM_FROM_PIXELS = 1_000_000


class _TimeIsUp(BaseException):
    """Processor time spent; not an Exception, so that no handler inside Pillow swallows it."""


def main(descriptor: int, memory_bytes: int, seconds: float) -> None:
    """Serve requests from the socket `descriptor` until its other end closes."""
    _harmless_to_others()
    base = _address_space()
    with socket.socket(fileno=descriptor) as line, line.makefile("rb") as requests, suppress(HungUpError, OSError):
        line.sendall(READY)
        # Libraries write to standard error about broken files; nobody is to read a stranger's bytes there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        while True:
            head = read_head(requests)
            data = read(requests, int(head["bytes"]))
            line.sendall(TAKEN)
            limits = ImageLimits(frozenset(head["formats"]), head["min_side"], head["max_side"], head["max_pixels"])
            # Should the server die meanwhile, this ends the orphan even inside a C library.
            spent = resource.getrusage(resource.RUSAGE_SELF)
            _limit(resource.RLIMIT_CPU, int(spent.ru_utime + spent.ru_stime + seconds) + 2)
            pixels = _answer(line, data, limits, base + memory_bytes, seconds)
            del data
            _allow(base + memory_bytes)
            if pixels >= _TRIM_FROM_PIXELS:
                _give_memory_back()


def _answer(line: socket.socket, data: bytes, limits: ImageLimits, ceiling: int, seconds: float) -> int:
    """Decode and send the pixels, or the refusal; how many pixels were decoded.

    A fault after the first band ends the child, which is how the server learns of it.
    """
    pixels = 0
    try:
        now = _address_space() + 2 * len(data)
        _allow(min(ceiling, now + _HEADER_BYTES))
        _alarm(_HEADER_SECONDS)
        judged = judge(data, limits)
        pixels = judged.width * judged.height
        _allow(min(ceiling, now + _HEADER_BYTES + judged.bytes_needed))
        _alarm(min(seconds, _PIXELS_SECONDS + _PIXELS_SECONDS_PER_MEGAPIXEL * pixels / 1e6))
        found = judged.upright()
        first = next(found.bands)
    except _TimeIsUp:
        line.sendall(packed({"reason": Reason.IMAGE_FORMAT.name, "message": NOT_AN_IMAGE}))
    except Refusal as refusal:
        line.sendall(packed({"reason": refusal.reason.name, "message": refusal.message}))
    else:
        line.sendall(packed({"format": judged.format, "width": found.width, "height": found.height}))
        for band in chain([first], found.bands):
            line.sendall(np.ascontiguousarray(band).data)
    finally:
        _alarm(0)
    return pixels


def _harmless_to_others() -> None:
    """Set once what keeps this process from hurting anyone or leaving traces."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends its children itself
    signal.signal(signal.SIGPROF, _time_is_up)
    logging.disable()  # Pillow logs tag names and values of the file
    _limit(resource.RLIMIT_CORE, 0)  # a core dump would hold a caller's picture
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("900")  # the machine out of memory: this process first, not the server


def _time_is_up(_signal: int, _frame: FrameType | None) -> None:
    raise _TimeIsUp


def _alarm(seconds: float) -> None:
    """Raise _TimeIsUp after that much processor time, and again shortly after; 0 switches it off."""
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.25 if seconds else 0)


def _address_space() -> int:
    """Bytes of address space in use; 0 where the system does not say."""
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[0]) * mmap.PAGESIZE
    except OSError:
        return 0


def _allow(address_space: int) -> None:
    """Let this process have no more address space than that; where use is unknown, all it likes."""
    if _address_space():
        _limit(resource.RLIMIT_AS, address_space)


def _limit(which: int, soft: int) -> None:
    with suppress(OSError, ValueError):
        resource.setrlimit(which, (soft, resource.getrlimit(which)[1]))


def _give_memory_back() -> None:
    """Hand freed pages to the system (glibc keeps them otherwise)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
