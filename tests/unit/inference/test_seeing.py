"""The viewer's slot: loaded once, when it is first needed."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from readstone.domain.refusals import Reason, Refusal
from readstone.engines.protocols import SceneViewer
from readstone.inference.seeing import ViewerSlot
from viewers import FixedViewer


def test_loaded_once_for_all_who_wait() -> None:
    made: list[SceneViewer] = []

    def make() -> SceneViewer:
        time.sleep(0.05)
        made.append(FixedViewer())
        return made[-1]

    slot = ViewerSlot(make)
    assert made == []
    start = threading.Barrier(8)

    def get() -> SceneViewer:
        start.wait(10)
        return slot.get()

    with ThreadPoolExecutor(8) as pool:
        got = [future.result() for future in [pool.submit(get) for _ in range(8)]]
    assert len(made) == 1
    assert all(viewer is made[0] for viewer in got)


def test_tried_again_after_a_failure() -> None:
    outcomes: list[SceneViewer | OSError] = [OSError("no such file"), FixedViewer()]

    def make() -> SceneViewer:
        outcome = outcomes.pop(0)
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    slot = ViewerSlot(make)
    with pytest.raises(Refusal) as refused:
        slot.get()
    assert refused.value.reason is Reason.UNAVAILABLE
    assert "file" not in refused.value.message
    assert isinstance(slot.get(), FixedViewer)
