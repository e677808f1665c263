"""What a decoder's child process sets on itself: limits of processor time and memory, and no trace left."""

from __future__ import annotations

import ctypes
import logging
import math
import mmap
import resource
import signal
from contextlib import suppress
from types import FrameType


class TimeIsUp(BaseException):
    """Processor time spent; not an Exception, so that no handler inside a library swallows it."""


def harmless_to_others() -> None:
    """Set once what keeps this process from hurting anyone or leaving traces."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends its children itself
    signal.signal(signal.SIGPROF, _time_is_up)
    logging.disable()  # Pillow logs tag names and values of the file
    _limit(resource.RLIMIT_CORE, 0)  # a core dump would hold a caller's picture
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("900")  # the machine out of memory: this process first, not the server


def _time_is_up(_signal: int, _frame: FrameType | None) -> None:
    raise TimeIsUp


def alarm(seconds: float) -> None:
    """Raise TimeIsUp after that much processor time, and again shortly after; 0 switches it off."""
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.25 if seconds else 0)


def address_space() -> int:
    """Bytes of address space in use; 0 where the system does not say."""
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[0]) * mmap.PAGESIZE
    except OSError:
        return 0


def allow(most: int) -> None:
    """Let this process have no more than `most` bytes of address space; where use is unknown, all it likes."""
    if address_space():
        _limit(resource.RLIMIT_AS, most)


def end_after(seconds: float) -> None:
    """Let the system end this process once it has used that much more processor time, up to a second late.

    This reaches into C libraries, where `alarm` does not, and an orphan whose server has died.
    """
    spent = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, math.ceil(spent.ru_utime + spent.ru_stime + seconds))


def end_sharply_after(seconds: float) -> None:
    """The same for the time spent outside the kernel, to the millisecond; 0 switches it off."""
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)  # nobody handles SIGVTALRM, so it ends the process


def _limit(which: int, soft: int) -> None:
    with suppress(OSError, ValueError):
        resource.setrlimit(which, (soft, resource.getrlimit(which)[1]))


def give_memory_back() -> None:
    """Hand freed pages to the system (glibc keeps them otherwise)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
