"""The server's side of one decoder child: start it, give it a file, take the pixels, end it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import suppress

import numpy as np

from readstone.domain.picture import Picture
from readstone.domain.refusals import Reason, Refusal
from readstone.intake.decode import ImageLimits
from readstone.intake.decoder_wire import (
    READY,
    TAKEN,
    HungUpError,
    packed,
    receive,
    receive_head,
    receive_into,
    socket_pair,
)

_START_SECONDS = 60.0

# What a child sees of the environment. Not the rest: keys and proxies' passwords are there.
_INHERITED = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "VIRTUAL_ENV")
_INHERITED_STARTS = ("PYTHON", "LD_", "DYLD_")
# One thread and one arena: less address space before the first file.
_FRUGAL = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}


class ChildGoneError(Exception):
    """The child is not there, or not sane; the file was not handed over."""


class ChildFailedError(Exception):
    """The child died over the file, or took too long; the message says which, nothing of the content."""


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
        until = time.monotonic() + self._seconds
        self._line.settimeout(self._seconds)
        with _as_gone():
            self._line.sendall(
                packed(
                    {
                        "bytes": len(data),
                        "formats": sorted(limits.formats),
                        "min_side": limits.min_side,
                        "max_side": limits.max_side,
                        "max_pixels": limits.max_pixels,
                    }
                )
            )
            self._line.sendall(data)
            if receive(self._line, 1, until) != TAKEN:
                raise ChildGoneError
        try:
            return self._received(limits, until)
        except TimeoutError as fault:
            raise ChildFailedError(f"took over {self._seconds:g} s") from fault
        except (HungUpError, OSError) as fault:
            raise ChildFailedError(f"ended, status {self._status()}") from fault
        except (KeyError, TypeError, ValueError) as fault:
            raise ChildFailedError("gave a senseless answer") from fault

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

    def _received(self, limits: ImageLimits, until: float) -> Picture:
        """The child's answer, checked: a file may have taken the child over."""
        head = receive_head(self._line, until)
        if "reason" in head:
            raise Refusal(Reason[head["reason"]], str(head["message"]))
        width, height, found = int(head["width"]), int(head["height"]), head["format"]
        if found not in limits.formats or not 0 < width * height <= limits.max_pixels:
            raise ValueError("outside the limits")
        pixels = np.empty((height, width, 3), np.uint8)
        receive_into(self._line, pixels.reshape(-1).data, until)
        return Picture(pixels, found)

    def _status(self) -> int | None:
        try:
            return self._process.wait(1)
        except subprocess.TimeoutExpired:
            return None


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
