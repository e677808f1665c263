from __future__ import annotations

import threading

import pytest

from readstone.domain.refusals import Cancelled
from readstone.engines.protocols import never
from readstone.engines.read.cores import Cores


def test_results_come_in_order() -> None:
    assert Cores(2).each(lambda n: n * n, range(20), never) == [n * n for n in range(20)]


def test_a_lone_page_has_all_cores_and_pages_side_by_side_take_turns() -> None:
    cores = Cores(2)
    with cores.page():
        assert cores.one(lambda alone: (alone, threading.current_thread())) == (True, threading.current_thread())
        with cores.page():
            alone, thread = cores.one(lambda alone: (alone, threading.current_thread()))
            assert not alone
            assert thread is not threading.current_thread()
        assert cores.one(lambda alone: alone)


def test_work_that_fails_or_is_not_wanted_any_more_ends_the_page() -> None:
    cores = Cores(1)
    with pytest.raises(ZeroDivisionError), cores.page():
        cores.each(lambda n: 1 // n, [1, 0], never)
    with pytest.raises(Cancelled):
        cores.each(lambda n: n, [1, 2], lambda: True)
    with cores.page():
        assert cores.one(lambda alone: alone)
