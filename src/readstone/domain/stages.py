"""Stages of the work on a request or a page, told to whoever watches it.

Who does a stage's work says so (`with stage(Stage.DECODE, "decoder"): ...`) and knows nothing of metrics or
traces. Who wants to know sets a watch for what runs in its context (`watched_by`); without one, nothing happens.
The context goes with asyncio's tasks by itself; `readstone.inference` takes it along to its threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from enum import StrEnum
from typing import Protocol


class Stage(StrEnum):
    """What is done to an image or document on its way. DETECT, RECOGNISE and ORDER are parts of READ."""

    FETCH = "fetch"
    INSPECT = "inspect"
    ACCEPT = "accept"
    DECODE = "decode"
    READ = "read"
    DETECT = "detect"
    RECOGNISE = "recognise"
    ORDER = "order"
    SEE = "see"
    ENCODE = "encode"
    PUBLISH = "publish"


class PageKind(StrEnum):
    """What was done with a page or image."""

    READ = "read"
    SEEN = "seen"
    ANALYSED = "analysed"
    THUMBNAIL = "thumbnail"
    SEGMENTED = "segmented"


class Watch(Protocol):
    """Is told of stages and pages, from any thread."""

    def stage(self, stage: Stage, engine: str) -> AbstractContextManager[None]:
        """A context that lasts as long as the stage; `engine` names the part that does the work."""
        ...

    def done(self, kind: PageKind) -> None:
        """A page or image is done."""
        ...


class _Nobody:
    def stage(self, _stage: Stage, _engine: str) -> AbstractContextManager[None]:
        return _NOTHING

    def done(self, _kind: PageKind) -> None:
        return


_NOTHING = nullcontext()
_watch: ContextVar[Watch] = ContextVar("readstone_watch", default=_Nobody())  # noqa: B039 - it has no state


def stage(name: Stage, engine: str) -> AbstractContextManager[None]:
    """The context of a stage: `engine` is a name of ours or of an installed engine, never anything of a document."""
    return _watch.get().stage(name, engine)


def page_done(kind: PageKind) -> None:
    """Say that a page or image is done."""
    _watch.get().done(kind)


@contextmanager
def watched_by(watch: Watch) -> Iterator[None]:
    """Have everything inside, and the tasks started inside, tell `watch`."""
    token = _watch.set(watch)
    try:
        yield
    finally:
        _watch.reset(token)


def engine_name(engine: object) -> str:
    """The name that an engine gives itself (`name`), else that of its class."""
    name = getattr(engine, "name", None)
    return name if isinstance(name, str) else type(engine).__name__
