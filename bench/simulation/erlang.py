"""What queueing theory knows exactly, to judge the simulation by.

Formulas: Leonard Kleinrock, Queueing Systems, volume 1 (1975), chapter 3 (M/M/c) and 5 (M/G/1).
"""

from __future__ import annotations


def waiting_probability(servers: int, load: float) -> float:
    """Erlang's C: the chance that an arrival waits. `load` is arrivals times service time, below `servers`."""
    if not 0 <= load < servers:
        raise ValueError("the load must be below the number of servers")
    blocked = 1.0  # Erlang's B by its recursion, which does not overflow as the factorials would
    for busy in range(1, servers + 1):
        blocked = load * blocked / (busy + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def mean_wait(servers: int, rate: float, service_seconds: float) -> float:
    """Mean seconds before service begins: Poisson arrivals, exponential service, first come first served."""
    load = rate * service_seconds
    return waiting_probability(servers, load) * service_seconds / (servers - load)


def mean_wait_one_server(rate: float, mean: float, second_moment: float) -> float:
    """The same for one server and any service times: Pollaczek and Khinchine."""
    return rate * second_moment / (2 * (1 - rate * mean))
