"""An engine that is loaded when somebody first needs it, and then kept."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from readstone.domain.refusals import Reason, Refusal

Engine = TypeVar("Engine")

_log = logging.getLogger("readstone.engines")


class Slot(Generic[Engine]):
    """Who never needs the engine never pays its memory. `make` loads it, `what` is what the log calls it."""

    def __init__(self, make: Callable[[], Engine], what: str) -> None:
        self._make = make
        self._what = what
        self._lock = threading.Lock()
        self._engine: Engine | None = None

    def get(self) -> Engine:
        """The engine; blocks while it is being loaded, so for worker threads only.

        Raises Refusal UNAVAILABLE when it cannot be loaded; the next caller tries again.
        """
        with self._lock:
            if self._engine is None:
                try:
                    self._engine = self._make()
                except Exception:
                    _log.exception("%s cannot be loaded", self._what)
                    raise Refusal(Reason.UNAVAILABLE, "Image analysis is not available.") from None
            return self._engine
