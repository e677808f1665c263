"""Who is told what becomes of pages and operations."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from readstone.operations.operation import Operation, PageClaim


class Witness(Protocol):
    """Is told by runners and sweepers, on their event loop. What it raises counts as a fault of the page."""

    def page(self, claim: PageClaim) -> AbstractContextManager[None]:
        """A context for all the work on a claimed page, its tasks included."""
        ...

    def ended(self, operation: Operation) -> None:
        """This process brought the operation to its end; `operation` is as of then."""
        ...


class Nobody:
    """Where nobody wants to know."""

    def page(self, _claim: PageClaim) -> AbstractContextManager[None]:
        """See `Witness.page`."""
        return nullcontext()

    def ended(self, _operation: Operation) -> None:
        """See `Witness.ended`."""


NOBODY = Nobody()
