from __future__ import annotations

import pytest

from readstone.operations.operation import NEXT, NewOperation, State


def test_legal_steps() -> None:
    steps = {(before, after) for before, following in NEXT.items() for after in following}
    assert steps == {
        (State.NOT_STARTED, State.RUNNING),
        (State.RUNNING, State.SUCCEEDED),
        (State.RUNNING, State.FAILED),
    }
    assert set(NEXT) == set(State)
    assert [state for state in State if state.ended] == [State.SUCCEEDED, State.FAILED]
    assert State.FAILED.before == (State.RUNNING,)
    assert State.NOT_STARTED.before == ()


@pytest.mark.parametrize("pages", [(), (0,), (1, 2, 1), (-1,)])
def test_pages_that_make_no_sense(pages: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="pages"):
        NewOperation("v3.2", "read", b"", pages, b"")
