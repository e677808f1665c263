import asyncio
import threading
from collections.abc import Callable

import pytest

from readstone.domain.refusals import Cancelled, Reason, Refusal
from readstone.domain.standing import Standing, standing, standing_as
from readstone.inference.pool import WorkPool


def test_results_and_errors_come_back() -> None:
    async def main() -> None:
        pool = WorkPool(2, 2)
        assert await pool.run(lambda _: 7) == 7
        with pytest.raises(ZeroDivisionError):
            await pool.run(lambda _: 1 // 0)
        assert await pool.run(lambda _: 8) == 8  # a failed call frees its place
        pool.close()

    asyncio.run(main())


def test_a_full_line_is_refused_with_whole_seconds() -> None:
    async def main() -> None:
        pool, go_on = WorkPool(1, 1), threading.Event()
        running = [asyncio.create_task(pool.run(lambda _: go_on.wait(10))) for _ in range(2)]
        await asyncio.sleep(0.05)
        refusals = []
        with pytest.raises(Refusal) as refused:
            pool.check_room()
        refusals.append(refused.value)
        with pytest.raises(Refusal) as refused:
            await pool.run(lambda _: True)
        refusals.append(refused.value)
        for refusal in refusals:
            assert refusal.reason is Reason.TOO_MANY_REQUESTS
            assert isinstance(refusal.retry_after, int)
            assert refusal.retry_after >= 1
        go_on.set()
        assert await asyncio.gather(*running) == [True, True]
        pool.check_room()
        pool.close()

    asyncio.run(main())


def test_a_waiting_call_whose_caller_left_never_runs() -> None:
    async def main() -> None:
        pool, go_on, ran = WorkPool(1, 5), threading.Event(), threading.Event()
        first = asyncio.create_task(pool.run(lambda _: go_on.wait(10)))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(pool.run(lambda _: ran.set()))
        await asyncio.sleep(0.05)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        go_on.set()
        await first
        pool.close()
        assert not ran.is_set()

    asyncio.run(main())


def test_a_running_call_learns_that_its_caller_left() -> None:
    async def main() -> None:
        pool, started, dropped = WorkPool(1, 0), threading.Event(), threading.Event()

        def work(cancelled: Callable[[], bool]) -> None:
            started.set()
            while not cancelled():
                threading.Event().wait(0.005)
            dropped.set()
            raise Cancelled

        task = asyncio.create_task(pool.run(work))
        await asyncio.to_thread(started.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(dropped.wait, 5)
        pool.close()
        pool.check_room()  # its place is free again

    asyncio.run(main())


def test_the_event_loop_is_never_held() -> None:
    async def main() -> None:
        pool, go_on = WorkPool(1, 0), threading.Event()
        task = asyncio.create_task(pool.run(lambda _: go_on.wait(10)))
        for _ in range(50):
            await asyncio.sleep(0)  # would hang here
        go_on.set()
        assert await task
        pool.close()

    asyncio.run(main())


def test_clients_do_not_wait_behind_patient_calls_nor_lose_their_places_to_them() -> None:
    async def main() -> None:
        pool, go_on = WorkPool(1, 0, patient=2), threading.Event()
        pages = [asyncio.create_task(pool.run(lambda _: go_on.wait(10), patient=True)) for _ in range(4)]
        await asyncio.sleep(0)
        pool.check_room()
        assert await pool.run(lambda _: 7) == 7
        assert await pool.run(lambda _: 8) == 8
        go_on.set()
        assert await asyncio.gather(*pages) == [True] * 4
        pool.close()

    asyncio.run(main())


def test_a_patient_call_learns_that_its_caller_left() -> None:
    async def main() -> None:
        pool, started, go_on = WorkPool(1, 0), threading.Event(), threading.Event()
        left: list[bool] = []

        def work(cancelled: Callable[[], bool]) -> None:
            started.set()
            assert go_on.wait(10)
            left.append(cancelled())

        task = asyncio.create_task(pool.run(work, patient=True))
        waiting = asyncio.create_task(pool.run(lambda _: left.append(False), patient=True))
        await asyncio.to_thread(started.wait, 5)
        for one in (task, waiting):
            one.cancel()
            with pytest.raises(asyncio.CancelledError):
                await one
        go_on.set()
        await asyncio.to_thread(pool.close)
        assert left == [True]

    asyncio.run(main())


def test_a_call_stands_as_its_caller_does() -> None:
    async def main() -> None:
        pool = WorkPool(1, 0)
        with standing_as(Standing(7)):
            assert await pool.run(lambda _: standing().rank, patient=True) == 7
        assert await pool.run(lambda _: standing().rank) == 0
        pool.close()

    asyncio.run(main())
