"""The queueing simulation, judged by what queueing theory knows exactly."""

from __future__ import annotations

import json
import statistics
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import simpy
import yaml

from charts import CHART
from simulation import autoscaler, measured
from simulation.erlang import mean_wait, mean_wait_one_server, waiting_probability
from simulation.machine import Log, Processor
from simulation.run import Outcome, simulate
from simulation.scenario import Costs, Scenario, Statement

FREE = Statement(0.0, durable=False)
NO_COSTS = Costs(FREE, FREE, FREE, FREE, FREE, FREE, flush_seconds=0.0)
COSTS = Costs(
    accept=Statement(0.002),
    claim=Statement(0.001),
    complete=Statement(0.003),
    renew=Statement(0.0005),
    empty_claim=Statement(0.0004, durable=False),
    poll=Statement(0.0002, durable=False),
    flush_seconds=0.001,
)


def mean(values: tuple[float, ...]) -> float:
    return statistics.fmean(values)


# --- theory ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("servers", "load", "chance"), [(1, 0.5, 0.5), (2, 1.0, 1 / 3), (5, 3.0, 0.2361523)])
def test_erlang_c_has_the_values_of_the_tables(servers: int, load: float, chance: float) -> None:
    assert waiting_probability(servers, load) == pytest.approx(chance, rel=1e-5)


def test_a_load_that_cannot_be_served_has_no_wait() -> None:
    with pytest.raises(ValueError, match="below"):
        waiting_probability(2, 2.0)


@pytest.mark.parametrize(("servers", "used"), [(1, 0.6), (3, 0.8), (10, 0.8)])
def test_waits_are_those_of_erlang(servers: int, used: float) -> None:
    scenario = Scenario(
        servers, NO_COSTS, (1.0,), arrivals=servers * used, exponential=True, news="one",
        seconds=12_000 / (servers * used), warm_up=200.0,
    )  # fmt: skip
    waits = [mean(simulate(replace(scenario, seed=seed)).waits) for seed in range(3)]
    assert statistics.fmean(waits) == pytest.approx(mean_wait(servers, servers * used, 1.0), rel=0.12)


def test_one_server_with_recorded_times_waits_as_pollaczek_and_khinchine_say() -> None:
    recorded = (0.1, 0.2, 0.2, 0.5, 2.0)
    first, second = statistics.fmean(recorded), statistics.fmean(x * x for x in recorded)
    waits = [
        mean(simulate(Scenario(1, NO_COSTS, recorded, arrivals=1.1, seconds=12_000, warm_up=100, seed=seed)).waits)
        for seed in range(3)
    ]
    assert statistics.fmean(waits) == pytest.approx(mean_wait_one_server(1.1, first, second), rel=0.12)


# --- laws that hold whatever the times ---------------------------------------------------------------


@pytest.fixture(scope="module", params=["half loaded", "overloaded", "shared machine"])
def outcome(request: pytest.FixtureRequest) -> tuple[Scenario, Outcome]:
    base = Scenario(
        8,
        COSTS,
        (0.05, 0.1, 0.3),
        arrivals=26.0,
        jobs=2,
        worker_cores=2,
        database_cores=2,
        poll_every=0.5,
        seconds=300.0,
    )
    scenario = {
        "half loaded": base,
        "overloaded": replace(base, arrivals=200.0, poll_every=0.0, seconds=40.0),
        "shared machine": replace(base, processes=3, jobs=1, shared_cores=2, arrivals=8.0),
    }[request.param]
    return scenario, simulate(scenario)


def test_no_page_is_lost_or_made(outcome: tuple[Scenario, Outcome]) -> None:
    scenario, result = outcome
    assert result.accepted == result.waiting + result.reading + result.completed
    assert result.completed == result.pages == len(result.latencies)
    assert 0 <= result.reading <= scenario.processes * (scenario.jobs + 1)


def test_arrivals_are_as_many_as_asked_for(outcome: tuple[Scenario, Outcome]) -> None:
    scenario, result = outcome
    expected = scenario.arrivals * scenario.seconds
    assert abs(result.accepted - expected) < 5 * expected**0.5


def test_the_database_is_busy_for_its_statements_and_no_longer(outcome: tuple[Scenario, Outcome]) -> None:
    _, result = outcome
    each = {
        "accept": COSTS.accept, "claim": COSTS.claim, "complete": COSTS.complete, "renew": COSTS.renew,
        "empty claim": COSTS.empty_claim, "poll": COSTS.poll,
    }  # fmt: skip
    assert result.database_seconds == pytest.approx(sum(each[k].seconds * n for k, n in result.statements.items()))
    assert result.database_used < 1.02  # a call is counted when it begins


# --- capacities that can be worked out by hand -------------------------------------------------------


def test_a_backlog_on_a_shared_machine_takes_all_cores() -> None:
    """Two cores, 20 ms of reading and 5 of the database a page: 80 pages a second, also with more processes."""
    costs = replace(NO_COSTS, claim=Statement(0.002, durable=False), complete=Statement(0.003, durable=False))
    scenario = Scenario(1, costs, (0.02,), backlog=2000, shared_cores=2, seconds=1e6)
    assert simulate(scenario).per_second == pytest.approx(1 / 0.025, rel=0.02)
    for processes in (2, 4, 8):
        assert simulate(replace(scenario, processes=processes)).per_second == pytest.approx(80, rel=0.03)


def test_cores_that_slow_each_other_down() -> None:
    scenario = Scenario(2, NO_COSTS, (0.02,), backlog=1000, shared_cores=2, together=1.25, seconds=1e6)
    assert simulate(scenario).per_second == pytest.approx(80, rel=0.03)
    assert simulate(replace(scenario, processes=1)).per_second == pytest.approx(50, rel=0.03)


def test_the_database_saturates_where_its_cores_say() -> None:
    """Four cores and 6 ms a page are 667 pages a second, however many workers ask."""
    costs = replace(COSTS, accept=Statement(0.0), accept_document=0.002)
    scenario = Scenario(
        64, costs, (0.01,), arrivals=2000.0, jobs=4, worker_cores=4, database_cores=4, servers=8, seconds=5.0
    )
    result = simulate(scenario)
    assert result.database_used == pytest.approx(1, abs=0.08)  # a call is counted when it begins
    assert result.per_second < 4 / 0.006


def test_a_lock_that_all_take_is_the_limit_whatever_the_cores() -> None:
    alone = Statement(0.002, durable=False, alone=0.001)
    scenario = Scenario(64, replace(NO_COSTS, claim=alone), (0.001,), backlog=4000, database_cores=64, seconds=1e6)
    assert simulate(scenario).per_second == pytest.approx(1000, rel=0.02)


def test_news_that_wakes_everybody_costs_a_look_of_each() -> None:
    scenario = Scenario(50, COSTS, (0.01,), arrivals=20.0, seconds=20.0, idle_seconds=1e6)
    herd, one = simulate(scenario), simulate(replace(scenario, news="one"))
    assert one.statements.get("empty claim", 0) <= one.pages * 0.1
    assert herd.statements["empty claim"] > 20 * herd.pages


def test_documents_that_come_together_are_accepted_together() -> None:
    """One transaction at a time of 20 ms and 1 ms for each document: 50 a second alone, many more among others."""
    costs = replace(NO_COSTS, accept=Statement(0.02, durable=False), accept_document=0.001)
    scenario = Scenario(100, costs, (0.001,), arrivals=500.0, seconds=20.0, idle_seconds=0.1)
    result = simulate(scenario)
    assert result.per_second == pytest.approx(500, rel=0.05)
    assert result.statements["accept"] < 20 / 0.02
    assert result.accepted > 15 * result.statements["accept"]


def test_each_listener_costs_the_database_something_for_each_transaction() -> None:
    costs = replace(NO_COSTS, notify_listener=0.00004)
    scenario = Scenario(99, costs, (0.001,), arrivals=20.0, seconds=20.0)
    result = simulate(scenario)
    assert result.database_seconds == pytest.approx(100 * 0.00004 * result.statements["accept"])
    assert simulate(replace(scenario, news="none", idle_seconds=0.2)).database_seconds == 0


def test_commits_share_a_flush() -> None:
    env = simpy.Environment()
    log, done = Log(env, 0.01), []

    def commit(after: float) -> object:
        yield env.timeout(after)
        yield log.commit()
        done.append(env.now)

    for after in (0.0, 0.001, 0.002, 0.009, 0.05):
        env.process(commit(after))  # type: ignore[arg-type]
    env.run()
    assert done == pytest.approx([0.01, 0.02, 0.02, 0.02, 0.06])
    assert log.flushes == 3


def test_turns_share_a_core_evenly() -> None:
    env = simpy.Environment()
    core, ended = Processor(env, 1, turn=0.001), {}

    def job(name: str, seconds: float) -> object:
        yield from core.work(seconds)
        ended[name] = env.now

    env.process(job("long", 0.1))  # type: ignore[arg-type]
    env.process(job("short", 0.01))  # type: ignore[arg-type]
    env.run()
    assert ended["short"] == pytest.approx(0.02, abs=0.0011)
    assert ended["long"] == pytest.approx(0.11)
    assert core.busy_seconds == pytest.approx(0.11)


# --- from what was measured --------------------------------------------------------------------------


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """As bench/statement_costs.py writes it."""
    empty = {
        "accept, 1 caller": 2.5, "accept, 64 callers": 1.5, "accept 2 kB, 64 callers": 0.2, "claim": 1.0, "input": 0.5,
        "complete": 0.8, "renew": 0.3, "empty claim": 0.2, "find": 0.1, "page_bodies": 0.4,
    }  # fmt: skip
    written = {
        "log: accept 250 kB": 260_000.0, "log: accept 2 kB": 4000.0, "log: claim": 5000.0, "log: complete 8 kB": 9000.0,
        "disk: finished operation": 30_000.0,
    }  # fmt: skip
    table = {"empty": empty, "150 listening": {**empty, "accept, 1 caller": 8.5}, "bytes": written}
    path = tmp_path / "costs.json"
    path.write_text(json.dumps({"milliseconds": table, "flush_ms": 2.0}), "utf-8")
    return path


def test_measured_milliseconds_become_costs(recorded: Path) -> None:
    inside, outside = (measured.costs(recorded, inputs_in_database=where) for where in (True, False))
    assert inside.accept.seconds == pytest.approx(0.001)
    assert (inside.accept_document, outside.accept_document) == pytest.approx((0.0015, 0.0002))
    assert (inside.claim.seconds, outside.claim.seconds) == pytest.approx((0.0015, 0.001))
    assert inside.notify_listener == pytest.approx(0.006 / 150)
    assert inside.flush_seconds == 0.002
    assert inside.page_seconds(polls=2) == pytest.approx(0.0015 + 0.0015 + 0.0008 + 2 * 0.0001 + 0.0004)
    assert measured.volumes(recorded).log == 274_000
    assert measured.volumes(recorded, inputs_in_database=False).log == 18_000


def test_costs_are_scaled_to_a_run(recorded: Path) -> None:
    """So that claim, completion and one poll together take what the run's server took for a page."""
    costs = measured.scaled_to(measured.costs(recorded), {"server_ms": 4.8})
    assert costs.claim.seconds + costs.complete.seconds + costs.poll.seconds == pytest.approx(0.0048)
    assert costs.claim.seconds / costs.complete.seconds == pytest.approx(1.5 / 0.8)


def test_what_is_kept_in_the_repository_can_be_simulated() -> None:
    costs, times = measured.costs(), measured.page_times()
    assert all(0 < seconds < 60 for seconds in times)
    result = simulate(Scenario(4, costs, times, arrivals=1.0, worker_cores=2, seconds=60.0, poll_every=1.0))
    assert result.pages > 20


# --- the chart's autoscaler --------------------------------------------------------------------------


def test_a_step_in_the_load_is_answered_and_let_go_of_slowly() -> None:
    """Two workers of 1.5 pages a second; 2 pages a second, then 15 for half an hour, then 2 again."""
    moments = autoscaler.run(
        autoscaler.Policy(), lambda second: 15.0 if 300 <= second < 2100 else 2.0, per_worker=1.5, seconds=5400
    )
    assert max(m.workers for m in moments[:300]) == 2
    assert moments[2099].ready >= 10
    assert max(m.age for m in moments[900:2100]) == 0
    assert min(m.workers for m in moments[2100:2700]) >= 10  # ten minutes, for the load may come again
    assert moments[-1].workers == 2


def test_a_steady_load_keeps_its_workers_only_with_the_second_figure() -> None:
    def changes(policy: autoscaler.Policy) -> int:
        moments = autoscaler.run(policy, lambda _: 14.0, per_worker=1.5, seconds=4 * 3600)[3600:]
        return sum(b.workers != a.workers for a, b in pairwise(moments))

    assert changes(autoscaler.Policy()) == 0
    assert changes(autoscaler.Policy(keeps_readers=False)) > 20


def test_a_load_that_the_fleet_can_do_is_left_alone() -> None:
    moments = autoscaler.run(autoscaler.Policy(), lambda _: 2.9, per_worker=1.5, seconds=3600)
    assert {m.workers for m in moments} == {2}
    assert max(m.age for m in moments) <= 1


def test_more_than_the_largest_fleet_can_do_stays_at_the_largest() -> None:
    moments = autoscaler.run(autoscaler.Policy(maximum=5), lambda _: 20.0, per_worker=1.5, seconds=3600)
    assert moments[-1].workers == 5
    assert moments[-1].waiting == pytest.approx(20 * 3600 - sum(m.ready for m in moments) * 1.5, rel=0.01)


def test_the_simulated_policy_is_the_charts() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))["autoscaling"]
    policy = autoscaler.Policy()
    assert (policy.minimum, policy.maximum) == (values["minReplicas"], values["maxReplicas"])
    assert policy.target_seconds == values["targetAgeSeconds"]
    template = (CHART / "templates/autoscaling.yaml").read_text("utf-8")
    for line in (
        f"{{type: Percent, value: {policy.up_percent}, periodSeconds: 60}}",
        f"{{type: Pods, value: {policy.up_pods}, periodSeconds: 60}}",
        f"{{type: Percent, value: {policy.down_percent}, periodSeconds: 60}}",
        f"stabilizationWindowSeconds: {policy.down_window_seconds}",
    ):
        assert line in template
