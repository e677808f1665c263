"""The server's side of one decoder child: start it, give it a file, take the pixels, end it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from readstone.domain.document import Sheet
from readstone.domain.picture import Picture
from readstone.domain.refusals import Reason, Refusal
from readstone.intake.decode import ImageLimits
from readstone.intake.decoder_heads import checked_info, checked_sheet, packed_limits
from readstone.intake.decoder_wire import (
    READY,
    TAKEN,
    HungUpError,
    receive,
    receive_head,
    receive_into,
    send_request,
    socket_pair,
)
from readstone.intake.judged_page import DRAWN_LONGEST, DocumentInfo, DocumentLimits

_START_SECONDS = 60.0
# The child keeps to `seconds` of processor time. A page's caller has gone already, so on a busy machine
# there is no hurry, and giving up would fail a good document.
_PAGE_PATIENCE = 3

# What a child sees of the environment. Not the rest: keys and proxies' passwords are there.
_INHERITED = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "VIRTUAL_ENV")
_INHERITED_STARTS = ("PYTHON", "LD_", "DYLD_")
# One thread and one arena: less address space before the first file.
_FRUGAL = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}


class ChildGoneError(Exception):
    """The child is not there, or not sane; the file was not handed over."""


class ChildFailedError(Exception):
    """The child died over the file, or took too long; the message says which, nothing of the content.

    `reason` is that in one word: "timeout", "died" or "senseless".
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class DecoderChild:
    """One child process; the constructor does not wait for it, and raises OSError when it cannot start one.

    Not thread-safe, except `end`.
    """

    def __init__(self, memory_bytes: int, seconds: float) -> None:
        self._seconds = seconds
        self._ready = False
        self._line, childs_end = socket_pair()
        with childs_end:
            # -P: not the folder the server happens to run in, where a file named PIL.py might lie.
            command = [sys.executable, "-P", "-m", "readstone.intake.decoder_child"]
            try:
                self._process = subprocess.Popen(  # noqa: S603 - nothing in it comes from outside
                    [*command, str(childs_end.fileno()), str(memory_bytes), str(seconds)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[childs_end.fileno()],
                    start_new_session=True,  # a terminal's Ctrl-C is for the server alone
                    env=_environment(),
                )
            except OSError:
                self._line.close()
                raise

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def wait_ready(self) -> None:
        """Wait until it has started. Raises ChildGoneError."""
        if self._ready:
            return
        with _as_gone():
            self._ready = receive(self._line, 1, time.monotonic() + _START_SECONDS) == READY
        if not self._ready:
            raise ChildGoneError

    def decode(self, data: bytes, limits: ImageLimits) -> Picture:
        """Have it decode the file.

        Raises Refusal as `readstone.intake.decode.decode` does, ChildGoneError, ChildFailedError; after the latter
        two the child is of no more use.
        """
        until = self._ask({"do": "decode"} | packed_limits(limits), data)
        with self._as_failed():
            return self._picture(_answer_of(self._line, until), limits, until)

    def inspect(self, data: bytes | int, limits: DocumentLimits) -> DocumentInfo:
        """Have it look into the document, given as bytes or as an open file's descriptor.

        Raises as `decode` does, Refusal as `readstone.intake.document.inspect`.
        """
        until = self._ask({"do": "inspect"} | packed_limits(limits), data)
        with self._as_failed():
            return checked_info(_answer_of(self._line, until), limits)

    def page(self, data: bytes | int, number: int, limits: DocumentLimits) -> tuple[Picture, Sheet]:
        """Have it draw one page of the document, given as bytes or as an open file's descriptor.

        Raises as `decode` does, Refusal as `readstone.intake.document.render`.
        """
        request = {"do": "page", "number": number} | packed_limits(limits)
        until = self._ask(request, data, _PAGE_PATIENCE * self._seconds)
        with self._as_failed():
            head = _answer_of(self._line, until)
            sheet = checked_sheet(head["sheet"], number)
            return self._picture(head, limits, until), sheet

    def end(self) -> None:
        """Kill it and wait until it is gone. A `decode` under way raises."""
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it and free the socket; nobody may be using it."""
        self.end()
        self._line.close()

    def _ask(self, head: dict[str, Any], data: bytes | int, seconds: float | None = None) -> float:
        """Hand the file over; until when the answer must be there. Raises ChildGoneError."""
        seconds = seconds or self._seconds
        until = time.monotonic() + seconds
        self._line.settimeout(seconds)
        with _as_gone():
            send_request(self._line, head, data)
            if receive(self._line, 1, until) != TAKEN:
                raise ChildGoneError
        return until

    def _picture(self, head: dict[str, Any], limits: ImageLimits | DocumentLimits, until: float) -> Picture:
        """The picture that follows an answer's head, checked: a file may have taken the child over."""
        width, height, found = int(head["width"]), int(head["height"]), head["format"]
        most = max(limits.max_pixels, DRAWN_LONGEST**2) if found == "Pdf" else limits.max_pixels
        if found not in limits.formats or not 0 < width * height <= most:
            raise ValueError("outside the limits")
        pixels = np.empty((height, width, 3), np.uint8)
        receive_into(self._line, pixels.reshape(-1).data, until)
        return Picture(pixels, found)

    @contextmanager
    def _as_failed(self) -> Iterator[None]:
        """Turn every way of failing over a file into ChildFailedError."""
        try:
            yield
        except TimeoutError as fault:
            raise ChildFailedError(f"took over {self._seconds:g} s", "timeout") from fault
        except (HungUpError, OSError) as fault:
            raise ChildFailedError(f"ended, status {self._status()}", "died") from fault
        except (KeyError, TypeError, ValueError) as fault:
            raise ChildFailedError("gave a senseless answer", "senseless") from fault

    def _status(self) -> int | None:
        try:
            return self._process.wait(1)
        except subprocess.TimeoutExpired:
            return None


def _answer_of(line: socket.socket, until: float) -> dict[str, Any]:
    """The head of the child's answer. Raises the Refusal that it is, HungUpError, TimeoutError, OSError, KeyError."""
    head = receive_head(line, until)
    if "reason" in head:
        raise Refusal(Reason[head["reason"]], str(head["message"]))
    return head


class _as_gone:  # noqa: N801 - used like a function
    """Turn every way of losing the line into ChildGoneError."""

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, fault: BaseException | None, _trace: object) -> None:
        if isinstance(fault, HungUpError | OSError):
            raise ChildGoneError from fault


def _environment() -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if name in _INHERITED or name.startswith(_INHERITED_STARTS)
    }
    return inherited | _FRUGAL
