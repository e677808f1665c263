"""An engine that is loaded when it is first used and dropped again when nobody uses it."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from readstone.domain.refusals import Cancelled, Reason, Refusal
from readstone.engines.protocols import never

Engine = TypeVar("Engine")

_log = logging.getLogger("readstone.engines")
_GLANCE_SECONDS = 0.05


class Held(Generic[Engine]):
    """One engine for all callers, one at a time: a large model uses every core it is given by itself.

    `load` makes it, `idle_seconds` after its last use it is dropped (0: never), `name` is what logs call it.
    `release` is called once it is dropped, to give its memory back.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[], Engine],
        idle_seconds: float = 0.0,
        release: Callable[[], object] = gc.collect,
    ) -> None:
        self.name = name
        self._load = load
        self._idle = idle_seconds
        self._release = release
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._used = 0.0
        self._timer: threading.Timer | None = None
        self._closed = False

    @property
    def loaded(self) -> bool:
        """Whether it is in memory now."""
        return self._engine is not None

    @contextmanager
    def use(self, cancelled: Callable[[], bool] = never) -> Iterator[Engine]:
        """The engine, for the caller alone; waits until it is free, and while it is being loaded.

        Raises Cancelled when the caller leaves while waiting, and Refusal UNAVAILABLE when it cannot be loaded; the
        next caller tries again.
        """
        while not self._lock.acquire(timeout=_GLANCE_SECONDS):
            if cancelled():
                raise Cancelled
        try:
            if self._engine is None:
                self._engine = self._loaded()
            yield self._engine
        finally:
            self._used = time.monotonic()
            self._watch(self._idle)
            self._lock.release()

    def drop(self) -> None:
        """Forget the engine, once nobody uses it; the next use loads it anew."""
        with self._lock:
            self._forget()

    def close(self) -> None:
        """Forget the engine for good."""
        self._closed = True
        self.drop()

    def _loaded(self) -> Engine:
        started = time.monotonic()
        try:
            engine = self._load()
        except Exception:
            _log.exception("engine %s cannot be loaded", self.name)
            raise Refusal(Reason.UNAVAILABLE, "An engine that this needs is not available.") from None
        _log.info("engine %s is loaded, in %.1f s", self.name, time.monotonic() - started)
        return engine

    def _watch(self, seconds: float) -> None:
        """Look after `seconds` whether it is still in use; one timer at a time. The lock is held."""
        if self._idle > 0 and self._engine is not None and self._timer is None and not self._closed:
            self._timer = threading.Timer(seconds, self._drop_if_idle)
            self._timer.daemon = True
            self._timer.start()

    def _drop_if_idle(self) -> None:
        with self._lock:
            self._timer = None
            left = self._used + self._idle - time.monotonic()
            if left > 0:
                self._watch(left)
            elif self._engine is not None:
                self._forget()
                _log.info("engine %s was idle and is dropped", self.name)

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._engine is not None:
            self._engine = None
            self._release()
