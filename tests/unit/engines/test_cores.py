from __future__ import annotations

import threading

import pytest

from readstone.domain.refusals import Cancelled
from readstone.domain.standing import Standing, standing_as
from readstone.engines.protocols import never
from readstone.engines.read.cores import Cores


def test_results_come_in_order() -> None:
    assert Cores(2).each(lambda n: n * n, range(20), never) == [n * n for n in range(20)]


def test_a_lone_page_has_all_cores_and_pages_side_by_side_take_turns() -> None:
    cores = Cores(2)
    with cores.page():
        assert cores.one(lambda alone: alone, 1)
        with cores.page():
            assert not cores.one(lambda alone: alone, 1)
        assert cores.one(lambda alone: alone, 1)


def test_lines_of_a_page_that_stands_behind_hold_while_the_first_has_all_cores() -> None:
    cores, done = Cores(2), list[str]()
    inside, go_on = threading.Event(), threading.Event()

    def first(wide: bool) -> None:
        assert wide
        inside.set()
        assert go_on.wait(30)
        done.append("first")

    def read_behind() -> None:
        with standing_as(Standing(9)), cores.page():
            cores.each(done.append, ["behind"], never)

    def read_first() -> None:
        with cores.page():
            cores.one(first, 1)

    threads = [threading.Thread(target=read_first), threading.Thread(target=read_behind)]
    threads[0].start()
    assert inside.wait(30)
    threads[1].start()
    cores.each(done.append, ["as near the first"], never)
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert done == ["as near the first", "first", "behind"]


def test_work_that_fails_or_is_not_wanted_any_more_ends_the_page() -> None:
    cores = Cores(1)
    with pytest.raises(ZeroDivisionError), cores.page():
        cores.each(lambda n: 1 // n, [1, 0], never)
    with pytest.raises(Cancelled):
        cores.each(lambda n: n, [1, 2], lambda: True)
    with cores.page():
        assert cores.one(lambda alone: alone, 1)


def test_a_page_is_split_for_the_cores_that_others_leave_it() -> None:
    cores = Cores(4)
    with cores.page():
        assert cores.shares == 8
        with cores.page(), cores.page():
            assert cores.shares == 2
