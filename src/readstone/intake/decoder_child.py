"""The child process that opens strangers' files: `python -m readstone.intake.decoder_child FD ...`.

Started by `DecoderPool`, which kills it when it takes too long. The child itself keeps a file from using
more processor time and memory than an honest file of the same size needs, so that most hostile files are
refused in a fraction of a second and the child lives on. pdfium cannot be stopped within a call nor told
that there is no memory: a PDF that goes too far ends the child.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedReader
from itertools import chain
from typing import Any

import numpy as np

from readstone.domain.picture import RgbPixels
from readstone.domain.refusals import Reason, Refusal
from readstone.intake.decode import NOT_AN_IMAGE, judge
from readstone.intake.decoder_guards import (
    TimeIsUp,
    address_space,
    alarm,
    allow,
    end_after,
    end_sharply_after,
    give_memory_back,
    harmless_to_others,
)
from readstone.intake.decoder_heads import document_limits, image_limits, packed_info, packed_sheet
from readstone.intake.decoder_wire import READY, TAKEN, HungUpError, Request, packed, read_request
from readstone.intake.document import damage_refused, inspect, judged_page, load_what_it_takes, may_be_pdf
from readstone.intake.judged_page import DAMAGED, FileBytes
from readstone.intake.upright import Upright

_MEGABYTE = 1 << 20

# Opening a file is reading its header: milliseconds and kilobytes for an honest one. A hostile one has
# millions of empty segments, comments or tags.
_HEADER_SECONDS = 0.5
_HEADER_BYTES = 64 * _MEGABYTE
# Before a PDF page is judged its drawing instructions are parsed: for each megabyte of the file that much
# longer, and unpacked they are about that many times as long.
_PDF_HEADER_SECONDS = 1.0
_PDF_HEADER_SECONDS_PER_MEGABYTE = 0.1
_PDF_UNPACKED = 16

# Between a stage's end as Python code sees it and the end of a process that is inside a library.
_GRACE = 0.5

_TRIM_FROM_PIXELS = 1_000_000


@dataclass(frozen=True, slots=True)
class _Answer:
    """What goes back to the server: a head, then pixels; `work` says how many pixels were decoded for it."""

    head: dict[str, Any]
    bands: Iterator[RgbPixels] = field(default_factory=lambda: iter(()))
    work: int = 0


class _Guard:
    """The limits of one file's stages, none beyond the child's own. Both count from here on."""

    def __init__(self, data: FileBytes, ceiling: int, seconds: float) -> None:
        self._start = address_space() + 2 * len(data)
        self._ceiling, self._seconds = ceiling, seconds

    def permit(self, seconds: float, more_bytes: int, *, uninterruptible: bool = False) -> None:
        """Processor time from now, and address space beside the file. Where a library cannot be interrupted,
        the process ends a little after the time is up."""
        allow(min(self._ceiling, self._start + more_bytes))
        seconds = min(seconds, self._seconds)
        alarm(seconds)
        end_sharply_after(seconds + _GRACE if uninterruptible else 0)


def main(descriptor: int, memory_bytes: int, seconds: float) -> None:
    """Serve requests from the socket `descriptor` until its other end closes."""
    harmless_to_others()
    base = address_space()
    with socket.socket(fileno=descriptor) as line, line.makefile("rb") as requests, suppress(HungUpError, OSError):
        line.sendall(READY)
        # Libraries write to standard error about broken files; nobody is to read a stranger's bytes there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        while True:
            pixels = _serve(line, requests, base + memory_bytes, seconds)
            allow(base + memory_bytes)
            if pixels >= _TRIM_FROM_PIXELS:
                give_memory_back()


def _serve(line: socket.socket, requests: BufferedReader, ceiling: int, seconds: float) -> int:
    """Take one request and answer it; how many pixels were decoded for it."""
    request = read_request(line, requests)
    line.sendall(TAKEN)
    # Should the server die meanwhile, this ends the orphan even inside a C library.
    end_after(seconds + 1)
    job, time_up = _JOBS[request.job]
    if job is not _decoded:
        load_what_it_takes(request.data)
    try:
        answer = job(request, _Guard(request.data, ceiling, seconds))
        # A fault after the first band ends the child, which is how the server learns of it.
        first = next(answer.bands, None)
    except TimeIsUp:
        answer, first = _Answer(_refused(time_up)), None
    except Refusal as refusal:
        answer, first = _Answer(_refused(refusal)), None
    try:
        line.sendall(packed(answer.head))
        for band in chain(() if first is None else (first,), answer.bands):
            line.sendall(np.ascontiguousarray(band).data)
    finally:
        alarm(0)
        end_sharply_after(0)
    return answer.work


def _refused(refusal: Refusal) -> dict[str, Any]:
    return {"reason": refusal.reason.name, "message": refusal.message}


def _decoded(request: Request, guard: _Guard) -> _Answer:
    guard.permit(_HEADER_SECONDS, _HEADER_BYTES)
    judged = judge(request.data[:], image_limits(request.head))
    guard.permit(judged.seconds_needed, _HEADER_BYTES + judged.bytes_needed)
    found = judged.upright()
    return _pixels(judged.format, found, {}, judged.width * judged.height)


def _inspected(request: Request, guard: _Guard) -> _Answer:
    _permit_header(request.data, guard)
    return _Answer(packed_info(inspect(request.data, document_limits(request.head))))


def _drawn(request: Request, guard: _Guard) -> _Answer:
    header_bytes = _permit_header(request.data, guard)
    limits, number = document_limits(request.head), int(request.head["number"])
    with judged_page(request.data, number, limits) as judged:
        more = header_bytes + judged.bytes_needed
        guard.permit(judged.seconds_needed, more, uninterruptible=judged.format == "Pdf")
        with damage_refused():
            found, sheet = judged.draw()
    return _pixels(judged.format, found, {"sheet": packed_sheet(sheet)}, judged.pixels)


def _pixels(format_: str, found: Upright, more: dict[str, Any], work: int) -> _Answer:
    return _Answer({"format": format_, "width": found.width, "height": found.height} | more, found.bands, work)


def _permit_header(data: FileBytes, guard: _Guard) -> int:
    """Permit what opening the document takes; the bytes of it."""
    if not may_be_pdf(data):
        guard.permit(_HEADER_SECONDS, _HEADER_BYTES)
        return _HEADER_BYTES
    more = _HEADER_BYTES + _PDF_UNPACKED * len(data)
    seconds = _PDF_HEADER_SECONDS + _PDF_HEADER_SECONDS_PER_MEGABYTE * len(data) / _MEGABYTE
    guard.permit(seconds, more, uninterruptible=True)
    return more


# What to do by a request's name, and the refusal when it takes too long.
_JOBS: dict[str, tuple[Callable[[Request, _Guard], _Answer], Refusal]] = {
    "decode": (_decoded, Refusal(Reason.IMAGE_FORMAT, NOT_AN_IMAGE)),
    "inspect": (_inspected, Refusal(Reason.INVALID_IMAGE, DAMAGED)),
    "page": (_drawn, Refusal(Reason.INVALID_IMAGE, DAMAGED)),
}

if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
