"""An accepted document and its way through the house: states, the record, a page handed out for reading."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
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
    Raises ValueError when `pages` is empty, has a number twice or one below 1.
    """

    surface: str
    kind: str
    options: bytes
    pages: tuple[int, ...]
    input: bytes | Path
    owner: str = ""

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


@dataclass(frozen=True, slots=True)
class PageClaim:
    """One page handed out for reading: `position` is its index in `operation.pages`.

    `fence` grows with every claim of the page; only its last holder may store a result. `attempt` counts
    from 1 and is on disk before the work starts, so that a page which kills its worker is counted too.
    """

    operation: Operation
    position: int
    fence: int
    attempt: int

    @property
    def page(self) -> int:
        """The original 1-based page number."""
        return self.operation.pages[self.position]
