"""Where accepted documents lie when machines share them, apart from the records; and what is left there by kills.

One suite of contract tests holds for every place.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterator
from pathlib import Path
from typing import Protocol

from readstone.operations.errors import StoreUnavailableError


class InputStore(Protocol):
    """Documents by name. All methods block and may be called from several threads at once."""

    def open(self) -> None:
        """Make ready. Raises StoreUnusableError when a person must change something, StoreUnavailableError."""
        ...

    def close(self) -> None:
        """Let go; what `get` gave out is gone then."""
        ...

    def put(self, document: bytes | Path) -> str:
        """Keep a document, given as bytes or as a complete file; on return it survives a power cut. Its name.

        A file may lie elsewhere afterwards, also when this raises. Raises StoreFullError, StoreUnavailableError;
        then nothing is kept, or what is kept is found by a later sweep.
        """
        ...

    def get(self, name: str) -> bytes | Path | None:
        """The document, or None when there is none of that name. Raises StoreUnavailableError.

        A path is to be used only while that very object is held: a copy made for it goes with its last holder.
        """
        ...

    def delete(self, name: str) -> None:
        """Remove it, if it is there. Never raises: what cannot be removed now, a later sweep finds."""
        ...

    def names(self) -> Iterator[tuple[str, ...]]:
        """All names, some hundred at a time, unfinished ones included. Raises StoreUnavailableError."""
        ...


Referenced = Callable[[tuple[str, ...]], Awaitable[Collection[str]]]
"""Which of these names an operation still needs."""


class LeftInputs:
    """Finds inputs that no operation refers to: left by a kill between an input and its record.

    An input is written before its record, also by other machines, so it is left behind only when two looks at
    least `seconds` apart found it unwanted. That takes no other clock than this process's own monotonic one; the
    storage's last-modified would need its clock and ours to agree, and a clock that is set would delete a document
    on its way in. Only what is unwanted is remembered, however many names there are.
    """

    def __init__(self, inputs: InputStore, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._inputs = inputs
        self._seconds = seconds
        self._clock = clock
        self._looked = float("-inf")
        self._seen: dict[str, float] = {}

    async def delete(self, referenced: Referenced) -> int:
        """Look, unless the last look was just now, and delete what is due; how many that were.

        Raises StoreUnavailableError, also when `referenced` does.
        """
        now = self._clock()
        if now - self._looked < self._seconds:  # a listing costs money and time where there are many
            return 0
        self._looked = now
        seen: dict[str, float] = {}
        batches = self._inputs.names()
        while names := await asyncio.to_thread(next, batches, ()):
            unwanted = set(names).difference(await referenced(names))  # asked after they were listed
            seen |= {name: self._seen.get(name, now) for name in unwanted}
        self._seen = seen
        due = [name for name, since in seen.items() if now - since >= self._seconds]
        for name in due:
            await asyncio.to_thread(self._inputs.delete, name)
            del seen[name]
        return len(due)


def unavailable(fault: BaseException) -> StoreUnavailableError:
    """What callers of a store are told: the kind of the fault, no path and no address."""
    return StoreUnavailableError(f"The input store does not answer ({type(fault).__name__}).")
