"""An accepted document and its way through the house: states, the record, a page handed out for reading."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path


class State(StrEnum):
    """Where an operation stands."""

    NOT_STARTED = "not started"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return not NEXT[self]

    @property
    def before(self) -> tuple[State, ...]:
        """The states from which this one is reached."""
        return tuple(state for state in State if self in NEXT[state])


# An operation never returns to "not started": clients have seen "running", and Azure never takes that back.
NEXT: dict[State, frozenset[State]] = {
    State.NOT_STARTED: frozenset({State.RUNNING}),
    State.RUNNING: frozenset({State.SUCCEEDED, State.FAILED}),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
}
"""Every legal step."""


@dataclass(frozen=True, slots=True)
class NewOperation:
    """What is to be accepted.

    `surface` and `kind` name the API version and operation ("v3.2", "read"); `options` and `owner` (a
    fingerprint of the caller's key) are the API's own and only kept here. `pages` are the original 1-based
    page numbers to read, in the order of the answer. `input` is the document: its bytes, or a file that is
    complete and nobody else's, which the store moves away or copies; what is left of it is the caller's to remove.
    `trace` is the W3C traceparent of the request that brought it, empty when there is none.
    Raises ValueError when `pages` is empty, has a number twice or one below 1.
    """

    surface: str
    kind: str
    options: bytes
    pages: tuple[int, ...]
    input: bytes | Path
    owner: str = ""
    trace: str = ""

    def __post_init__(self) -> None:
        if not self.pages or min(self.pages) < 1 or len(set(self.pages)) < len(self.pages):
            raise ValueError("an operation needs pages, each a number from 1 on and each once")


@dataclass(frozen=True, slots=True)
class Operation:
    """An accepted document. `id` is a lower-case uuid4; `created` and `updated` are UTC seconds since 1970.

    `updated` changes when a page is done or the state changes, and is never before `created`.
    """

    id: str
    surface: str
    kind: str
    options: bytes
    owner: str
    state: State
    created: float
    updated: float
    pages: tuple[int, ...]
    trace: str = ""


@dataclass(frozen=True, slots=True)
class PageClaim:
    """One page handed out for reading: `position` is its index in `operation.pages`.

    `fence` grows with every claim of the page; only its last holder may store a result. `attempt` counts
    from 1 and is on disk before the work starts, so that a page which kills its worker is counted too.
    `left_behind`: somebody had the page before and neither finished it nor gave it back.
    """

    operation: Operation
    position: int
    fence: int
    attempt: int
    left_behind: bool = False

    @property
    def page(self) -> int:
        """The original 1-based page number."""
        return self.operation.pages[self.position]


class Kept(IntEnum):
    """What became of a page's result: false in a condition when it was not taken."""

    STALE = 0
    """The claim was no longer its holder's, or the operation had ended; nothing changed."""
    TAKEN = 1
    PUBLISHED = 2
    """It was the last page: the operation has succeeded."""
